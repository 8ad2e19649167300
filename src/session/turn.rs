//! The floor: whether the caller speaks, and which response is active, asked for or wanted.
//!
//! The server answers a committed turn by itself; everything else the core asks for. At most one request is
//! un-answered, and none is sent while a response is active, whoever made it.

use crate::session::effect::{RequestNo, RespondKind};
use crate::types::{ItemId, Mono, ResponseId};

#[derive(Default)]
pub(crate) struct Turn {
    /// Since when the caller speaks.
    pub(crate) speaking: Option<Mono>,
    /// End of the caller's last speech, until the first sound of an answer to it.
    pub(crate) speech_ended: Option<Mono>,
    /// The server owes a response to a committed turn.
    pub(crate) auto_due: bool,
    pub(crate) active: Option<Active>,
    /// A create of ours that the server has not answered.
    pub(crate) asked: Option<Asked>,
    /// A create that was given up as unanswered, and asked again.
    pub(crate) replaced: Option<RequestNo>,
    /// What to ask for as soon as that is possible.
    pub(crate) wanted: Option<RespondKind>,
    /// Responses that failed in a row.
    pub(crate) failures: u32,
    /// Responses that the server cut and that were asked to go on, since the caller's last turn.
    pub(crate) went_on: u32,
    /// The one retry of a late answer was used.
    pub(crate) retried: bool,
    /// The caller called a farewell off; the next one is final.
    pub(crate) called_off: bool,
    /// The newest turn of the caller, and whether it is known to hold no words.
    pub(crate) newest: Option<ItemId>,
    pub(crate) wordless: bool,
    /// The last failure was an answer of the server's own without a sound.
    pub(crate) empty: bool,
}

/// A response that the server is making.
pub(crate) struct Active {
    pub(crate) response: ResponseId,
    /// What we asked for; `None`: the server began it by itself.
    pub(crate) kind: Option<RespondKind>,
    pub(crate) cancelled: bool,
    pub(crate) tools: u32,
    /// The name of a tool call of it that was cut off.
    pub(crate) cut_tool: Option<String>,
}

pub(crate) struct Asked {
    pub(crate) no: RequestNo,
    pub(crate) kind: RespondKind,
}

impl Turn {
    /// Wants a response. What must be said is not displaced by a bare wish.
    pub(crate) fn want(&mut self, kind: RespondKind) {
        let displaces = match (&self.wanted, &kind) {
            (None, _) | (Some(RespondKind::Bare), _) | (_, RespondKind::Farewell) => true,
            (Some(RespondKind::Say(_) | RespondKind::Farewell), RespondKind::Bare | RespondKind::Say(_)) => false,
        };
        if displaces {
            self.wanted = Some(kind);
        }
    }

    /// The caller's turn was committed: the server answers it, so a bare wish is fulfilled.
    pub(crate) fn committed(&mut self) {
        self.auto_due = true;
        self.retried = false;
        self.went_on = 0;
        if self.wanted == Some(RespondKind::Bare) {
            self.wanted = None;
        }
    }

    /// Whether a create may be sent now, if there is one to send.
    pub(crate) fn is_free(&self) -> bool {
        self.active.is_none() && self.asked.is_none() && !self.auto_due && self.speaking.is_none()
    }

    /// A response began. `about`: the request that it answers, if the server tells.
    pub(crate) fn started(&mut self, response: ResponseId, about: Option<RequestNo>) {
        let ours = match (&self.asked, about) {
            // The answer to the first try, after the second: what it says need not be said twice.
            (Some(asked), Some(no)) => asked.no == no || self.replaced == Some(no),
            (Some(_), None) => !self.auto_due,
            (None, _) => false,
        };
        let kind = if ours { self.asked.take().map(|asked| asked.kind) } else { None };
        if !ours {
            self.auto_due = false;
        }
        self.active = Some(Active { response, kind, cancelled: false, tools: 0, cut_tool: None });
    }

    /// A response ended. Returns it if it was the active one.
    pub(crate) fn ended(&mut self, response: &ResponseId) -> Option<Active> {
        self.active.take_if(|active| active.response == *response)
    }

    /// Something of the model's is on its way, or ought to be.
    pub(crate) fn is_owed(&self) -> bool {
        self.auto_due || self.active.is_some() || self.asked.is_some() || self.wanted.is_some()
    }
}
