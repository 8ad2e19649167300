//! Looks at the model's key at start and every minute: a key that was taken back shows in health before a call fails.

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::{Access, Config};
use crate::net::{Net, Place};
use crate::realtime::{KeyProbe, KeyState};
use crate::telemetry::{Trouble, Troubles};

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The question, where there is one: not to the built-in model, and only to a REST interface on the model's own host.
pub(super) fn key_probe(config: &Config, net: Net) -> anyhow::Result<Option<KeyProbe>> {
    let Access::Key(key) = &config.model.access else {
        return Ok(None);
    };
    let host = |url: &str| Place::parse(url).map(|place| place.host().to_owned());
    let (base, realtime) = (config.model.base_url.as_str(), config.model.realtime_url.as_str());
    if host(base).is_none() || host(base) != host(realtime) {
        return Ok(None);
    }
    KeyProbe::new(net, base, key).map(Some).context("OPENAI_BASE_URL")
}

/// Looks for ever.
pub(super) async fn watch_key(probe: KeyProbe, troubles: Troubles) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Only what was raised here is cleared here: a call may know better.
    let mut raised = None;
    loop {
        tick.tick().await;
        let found = match probe.look().await {
            KeyState::Accepted => None,
            KeyState::Refused => Some((Trouble::ModelRefused, "key")),
            KeyState::Unreachable => Some((Trouble::ModelUnreachable, "models")),
            KeyState::Unknown => continue,
        };
        if let Some(before) = raised.filter(|before| found.is_none_or(|(trouble, _)| trouble != *before)) {
            troubles.clear(before);
        }
        if let Some((trouble, cause)) = found {
            troubles.raise(trouble, cause);
        }
        raised = found.map(|(trouble, _)| trouble);
    }
}
