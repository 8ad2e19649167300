//! `after_hours_policy` when it is one of the seed's words: then it acts. Any other text is told to the assistant.

use crate::types::Fallback;

/// What happens outside business hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AfterHours {
    /// Who asks for a person leaves a message.
    Voicemail,
    /// Who asks for a person is called back.
    Callback,
    /// Only emergencies are put through.
    Emergency,
    /// Callers hear that nobody is there, and what to do in an emergency.
    Reject,
}

impl AfterHours {
    /// `None`: no word that acts.
    pub(super) fn of(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "voicemail" => Some(Self::Voicemail),
            "callback" => Some(Self::Callback),
            "emergency" => Some(Self::Emergency),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }

    /// What becomes of a wish for a person that is no emergency; emergencies know no hours.
    pub(super) const fn fallback(self) -> Fallback {
        match self {
            Self::Voicemail => Fallback::Voicemail,
            Self::Callback | Self::Emergency | Self::Reject => Fallback::Callback,
        }
    }

    /// What the assistant is told.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Voicemail => "callers who need a person can leave a message",
            Self::Callback => "callers who need a person are called back in business hours",
            Self::Emergency => "only emergencies are put through to a person; others are called back in business hours",
            Self::Reject => "calls are not taken",
        }
        .to_owned()
    }
}
