//! What a leg is doing, what it has asked, and what it will do later.
//!
//! One stage at a time; what is planned for later carries what it needs to know whether it still makes sense.

use crate::sim::carrier::company::calling::Calling;
use crate::sim::carrier::company::gather::Gathering;
use crate::sim::carrier::company::habits::Check;
use crate::sim::carrier::company::record::Recording;
use crate::sim::carrier::company::{WebhookId, WebhookKind};
use crate::sim::carrier::person::AnsweredBy;
use crate::types::Mono;

pub(super) enum Stage {
    New,
    /// Something is in `later`.
    Waiting,
    /// A call that the company places: not answered yet.
    Calling {
        queued: bool,
    },
    Asking {
        id: WebhookId,
        ask: Ask,
        tries: u8,
        deadline: Mono,
    },
    /// `<Say>` and `<Play>` (`aloud`) or `<Pause>`.
    Saying {
        until: Mono,
        aloud: bool,
    },
    Gathering(Gathering),
    Recording(Recording),
    Opening {
        deadline: Mono,
    },
    Streaming,
    /// In the hands of the exchange: somebody's phone rings, in a room, or connected.
    Together {
        until: Option<Mono>,
    },
    Over,
}

/// A request for a document.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) kind: WebhookKind,
    pub(super) url: String,
    /// Behind what every request carries.
    pub(super) extra: Vec<(String, String)>,
}

pub(super) enum Later {
    /// Only in this epoch.
    Ask(Ask, u8, u32),
    RepeatVoice,
    /// The same request once more, as a retry that the gateway cannot tell from the first.
    Repeat(Ask),
    /// Somebody repeats the request after the stream, while there is one.
    Replay,
    /// A redirect that took its time.
    Redirect(String),
    /// Only in this epoch.
    Open(u32),
    Post(Post),
    GiveUp,
    Calling(Calling),
    Detected(AnsweredBy),
    Press(char),
    Leave(Check),
}

/// A callback: nothing depends on its answer.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) kind: WebhookKind,
    pub(super) url: String,
    pub(super) pairs: Vec<(String, String)>,
}

pub(super) struct Pending {
    pub(super) kind: WebhookKind,
    pub(super) deadline: Mono,
}
