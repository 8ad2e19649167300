//! What a call of the phone company is made of: its plan, what the company wants done, and what it is told.

use std::time::Duration;

use crate::sim::caller::Caller;
use crate::sim::carrier::knobs::{CompanyKnobs, PhoneKnobs};
use crate::sim::carrier::person::{Habits, Person};
use crate::sim::carrier::twiml::{Callback, Verb};
use crate::types::{AccountId, LegId, Mono, Wall};

/// What the company knows about the number that is called.
#[derive(Clone, Debug)]
pub struct CompanyConfig {
    pub account: AccountId,
    /// Where a call begins, for example `https://gw.test/twilio/voice`.
    pub voice_url: String,
    pub status_url: Option<String>,
    pub fallback_url: Option<String>,
    /// The wall clock at `Mono::ZERO`.
    pub epoch: Wall,
}

impl CompanyConfig {
    /// A number whose webhooks are the gateway's, at this public origin (`https://gw.test`).
    pub fn new(public_base: &str, account: AccountId) -> Self {
        Self {
            account,
            voice_url: format!("{public_base}/twilio/voice"),
            status_url: Some(format!("{public_base}/twilio/status")),
            fallback_url: Some(format!("{public_base}/twilio/fallback")),
            epoch: EPOCH,
        }
    }
}

/// A call to be placed.
pub struct CallPlan {
    /// As the carrier would write it: E.164, `anonymous`, a SIP address, or empty.
    pub from: String,
    pub to: String,
    pub caller: Box<dyn Caller>,
    /// What the caller does by plan, besides what `caller` does by ear.
    pub habits: Habits,
    pub phone: PhoneKnobs,
    pub company: CompanyKnobs,
    /// Keep everything that was played.
    pub capture: bool,
}

impl CallPlan {
    /// A call without faults, on a perfect line.
    pub fn new(caller: Box<dyn Caller>) -> Self {
        Self {
            from: "+15550100001".to_owned(),
            to: "+15550100199".to_owned(),
            caller,
            habits: Habits::default(),
            phone: PhoneKnobs::default(),
            company: CompanyKnobs::default(),
            capture: false,
        }
    }
}

/// A request of the company; its answer is owed by this number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WebhookId(pub u32);

/// A media socket of one call, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketNo(pub u32);

/// What the company wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CompanyOut {
    /// A signed form POST. Answer with `webhook_answered` or `webhook_failed`.
    Webhook {
        id: WebhookId,
        url: String,
        pairs: Vec<(String, String)>,
    },
    /// A signed GET, its parameters in the URL's query. Answer like a webhook.
    Fetch {
        id: WebhookId,
        url: String,
    },
    /// Open a signed WebSocket. Answer with `stream_opened` or `stream_refused`.
    OpenStream {
        socket: SocketNo,
        url: String,
    },
    StreamText {
        socket: SocketNo,
        text: String,
    },
    /// Close the socket; nothing follows on it.
    CloseStream {
        socket: SocketNo,
        code: u16,
    },
    /// Break the socket without a close; nothing follows on it.
    ResetStream {
        socket: SocketNo,
    },
    /// The call has ended and the company has nothing more to say about it.
    CallOver,
}

/// The answer to a webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebAnswer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// No answer to a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebFailure {
    /// Nobody listens.
    Refused,
    /// The connection broke before the answer.
    Broken,
}

/// Who ended a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndedBy {
    /// The one whose phone it is: the caller, or who was called.
    Caller,
    /// The gateway's document: a hang-up, or nothing left to do.
    Document,
    /// The gateway's document refused the call.
    Reject,
    /// The gateway's request.
    Rest,
    /// Neither the gateway's answer nor its fallback's could be used.
    Broken,
    /// Busy, not answered in time, or not to be reached.
    Unreached,
    /// A time limit of the gateway's.
    Limit,
    /// The leg that this one was dialled for, or the one it was connected with, has ended.
    Other,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallEnd {
    pub at: Mono,
    pub by: EndedBy,
    /// The carrier's final status.
    pub status: &'static str,
}

/// Whose call it is.
pub(super) enum Origin {
    Inbound,
    Outbound(Box<Outbound>),
}

/// A call that the company places for the gateway.
pub(in crate::sim::carrier) struct Outbound {
    /// The leg whose `<Dial>` rings this one.
    pub parent: Option<LegId>,
    pub first: First,
    pub person: Person,
    /// How long it rings.
    pub ring: Duration,
    pub limit: Option<Duration>,
    pub callback: Callback,
    pub fallback_url: Option<String>,
    pub amd: Option<Amd>,
    pub answered_by: Option<&'static str>,
}

/// What an answered party hears first.
#[derive(Clone)]
pub(in crate::sim::carrier) enum First {
    Url(String),
    Document(Vec<Verb>),
    /// Connected at once.
    Nothing,
}

/// Answering machine detection of one call.
#[derive(Clone)]
pub(in crate::sim::carrier) struct Amd {
    pub message_end: bool,
    /// Told there while the call goes on; `None`: the first document waits for the result.
    pub callback: Option<String>,
    pub wait: Duration,
}

/// The faults of a leg.
#[derive(Clone)]
pub(in crate::sim::carrier) struct Kit {
    pub phone: PhoneKnobs,
    pub company: CompanyKnobs,
    pub capture: bool,
}

/// 2026-11-01T00:00:00Z.
const EPOCH: Wall = Wall(1_793_491_200_000_000);
