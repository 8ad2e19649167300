//! `config.outbound`: calls that the organization places.
//!
//! Switched off unless the organization switches it on: a phone that rings by itself must be somebody's decision.

use super::SENTENCE_CHARS_MAX;
use crate::assistant::check::{Problems, Section};
use crate::types::org::OutboundSettings;

pub(super) fn outbound(config: &Section<'_>, problems: &mut Problems) -> OutboundSettings {
    let Some(section) = config.section("outbound", problems) else {
        return OutboundSettings::default();
    };
    let mut text = |key| section.text(key, SENTENCE_CHARS_MAX, problems).unwrap_or_default();
    let (machine_message, greeting) = (text("machine_message"), text("greeting"));
    OutboundSettings { enabled: section.boolean("enabled", problems).unwrap_or(false), machine_message, greeting }
}
