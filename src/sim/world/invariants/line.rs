//! What is known about the line, to be fair to it.

use std::time::Duration;

use crate::sim::carrier::knobs::{PhoneKnobs, StreamStart};
use crate::sim::world::meeting::HELD_MAX;
use crate::sim::world::plan::Settings;

/// A line may stand still for so long without shifting what was heard.
const STALL_MAX: Duration = Duration::from_millis(4500);

pub(super) struct Line {
    pub(super) up: Duration,
    pub(super) down: Duration,
    pub(super) model: Duration,
    pub(super) stalls: bool,
    /// It stands still no longer than what is heard can be known.
    pub(super) stalls_little: bool,
    pub(super) bursts: bool,
    /// How long the caller's end may go unheard of, marks and the end of the stream included.
    pub(super) held: Duration,
    pub(super) proper_start: bool,
    pub(super) marks_doubtful: bool,
}

impl Line {
    pub(super) fn of(phone: &PhoneKnobs, settings: &Settings) -> Self {
        Self {
            up: phone.uplink.max() + if settings.coincident { HELD_MAX } else { Duration::ZERO },
            down: phone.downlink.max(),
            model: settings.model_delay,
            stalls: phone.stall.is_some(),
            stalls_little: phone.stall.is_some_and(|(_, lasts)| lasts <= STALL_MAX),
            bursts: phone.burst_frames > 0,
            held: if phone.burst_frames > 0 { phone.burst_for } else { Duration::ZERO },
            proper_start: phone.start == StreamStart::Proper,
            marks_doubtful: phone.lose_marks > 0 || phone.late_marks > 0,
        }
    }
}
