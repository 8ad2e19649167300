//! Which faults of one call are faults of the whole installation: the next caller meets them as well.

use crate::session::effect::{Event, Record};
use crate::session::input::{FaultKind, LostCause, ModelInput};
use crate::telemetry::{Trouble, Troubles};

/// Reports what the model's connection says about the installation.
pub(super) fn of_model(troubles: &Troubles, input: &ModelInput) {
    match input {
        ModelInput::Fault { kind: FaultKind::Fatal, code, .. } => troubles.raise(Trouble::ModelRefused, code),
        ModelInput::Lost(LostCause::Refused) => troubles.raise(Trouble::ModelRefused, "closed"),
        _ => {}
    }
}

/// Reports why a connection to the model could not be opened.
pub(super) fn of_opening(troubles: &Troubles, cause: LostCause) {
    match cause {
        LostCause::Refused => troubles.raise(Trouble::ModelRefused, "connect"),
        LostCause::Unreachable | LostCause::Broken => troubles.raise(Trouble::ModelUnreachable, "connect"),
    }
}

/// Reports what a call wrote down.
pub(super) fn of_record(troubles: &Troubles, record: &Record) {
    match record {
        Record::Event(Event::NotTranscribed { code }) => troubles.raise(Trouble::Transcription, code),
        Record::Event(Event::SettingRefused { field }) => troubles.raise(Trouble::ModelSetting, field),
        _ => {}
    }
}
