//! The phone company around one call: asks the gateway what to do, runs its document, carries its stream, reports.
//!
//! ```text
//! Dialled -> Asking(voice) -> running verbs -> Opening -> Streaming -> Asking(action) -> running verbs ... -> Over
//!               |  bad answer                                             |  bad answer
//!               +-> Asking(fallback)                                      +-> Asking(fallback)
//! ```
//! The caller may hang up, and REST may end the call, in every state.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use crate::sim::caller::Caller;
use crate::sim::carrier::knobs::{CompanyKnobs, PhoneKnobs};
use crate::sim::carrier::phone::{Phone, PhoneOut};
use crate::sim::carrier::twiml::{Connect, Verb};
use crate::sim::carrier::wire::Violation;
use crate::sim::clock::{Agenda, earlier};
use crate::types::{LegId, Mono, StreamId};

mod ask;
mod live;
mod plan;
mod report;
mod requests;
mod streams;
mod talk;
mod verbs;

pub use plan::{CallEnd, CallPlan, CompanyConfig, CompanyOut, EndedBy, SocketNo, WebAnswer, WebFailure, WebhookId};
pub use report::{CallReport, WebhookKind, WebhookLog};
pub use talk::{Talk, Turn};

/// One call. Every input appends what follows from it to `out`; call `advance` when `next_deadline` has come.
pub struct CompanyCall {
    config: Arc<CompanyConfig>,
    leg: LegId,
    from: String,
    to: String,
    caller: Box<dyn Caller>,
    phone_knobs: PhoneKnobs,
    knobs: CompanyKnobs,
    capture: bool,
    rng: Rng,
    stage: Stage,
    dialled_at: Mono,
    answered_at: Option<Mono>,
    ended: Option<CallEnd>,
    told_over: bool,
    /// What is left of the document, and where it came from.
    verbs: VecDeque<Verb>,
    document_url: String,
    /// The stream's verb, while it runs.
    connect: Option<Connect>,
    phones: Vec<Phone>,
    phone_out: Vec<PhoneOut>,
    /// The caller's next frame.
    tick_at: Option<Mono>,
    heard: Vec<u8>,
    later: Agenda<Later>,
    /// Callbacks in `later`.
    posts_left: u32,
    pending: BTreeMap<WebhookId, Pending>,
    next_webhook: u32,
    status_sequence: u32,
    voice_answer: Option<WebAnswer>,
    repeated_answer: Option<WebAnswer>,
    webhooks: Vec<WebhookLog>,
    violations: Vec<Violation>,
    said: Vec<String>,
    talk: Talk,
}

enum Stage {
    New,
    /// Something is in `later`.
    Waiting,
    Asking {
        id: WebhookId,
        ask: Ask,
        tries: u8,
        deadline: Mono,
    },
    /// `<Say>` (`aloud`) or `<Pause>`.
    Saying {
        until: Mono,
        aloud: bool,
    },
    Opening {
        deadline: Mono,
    },
    Streaming,
    Over,
}

/// A request for a document.
#[derive(Clone)]
enum Ask {
    Voice,
    Fallback { code: u32, url: String },
    AfterStream { url: String },
    Redirect { url: String },
}

enum Later {
    Ask(Ask, u8),
    RepeatVoice,
    Open,
    Post(Post),
    GiveUp,
}

/// A callback: nothing depends on its answer.
#[derive(Clone)]
struct Post {
    kind: WebhookKind,
    url: String,
    pairs: Vec<(String, String)>,
}

struct Pending {
    kind: WebhookKind,
    deadline: Mono,
}

impl CompanyCall {
    /// A call that `start` dials. The same plan and seed give the same call.
    pub fn new(config: Arc<CompanyConfig>, plan: CallPlan, mut rng: Rng) -> Self {
        let CallPlan { from, to, caller, phone, company, capture } = plan;
        Self {
            leg: sid(&mut rng, "CA").parse().expect("a prefix and 32 hex digits"),
            config,
            from,
            to,
            caller,
            phone_knobs: phone,
            knobs: company,
            capture,
            rng,
            stage: Stage::New,
            dialled_at: Mono::ZERO,
            answered_at: None,
            ended: None,
            told_over: false,
            verbs: VecDeque::new(),
            document_url: String::new(),
            connect: None,
            phones: Vec::new(),
            phone_out: Vec::new(),
            tick_at: None,
            heard: Vec::new(),
            later: Agenda::new(),
            posts_left: 0,
            pending: BTreeMap::new(),
            next_webhook: 0,
            status_sequence: 0,
            voice_answer: None,
            repeated_answer: None,
            webhooks: Vec::new(),
            violations: Vec::new(),
            said: Vec::new(),
            talk: Talk::default(),
        }
    }

    /// The caller has dialled.
    pub fn start(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        self.dialled_at = now;
        self.report_progress(now, "initiated");
        self.report_progress(now, "ringing");
        self.ask_later(now, Ask::Voice, 0);
        if self.knobs.repeat_voice {
            let after = self.knobs.ask.draw(&mut self.rng) + REPEAT_AFTER;
            self.later.add(now + after, Later::RepeatVoice);
        }
        if let Some(after) = self.knobs.hang_up_after {
            self.later.add(now + after, Later::GiveUp);
        }
        self.advance(now, out);
    }

    /// The caller puts the phone down.
    pub fn hang_up(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let status = if self.answered_at.is_some() { "completed" } else { "no-answer" };
        self.end(now, EndedBy::Caller, status, out);
    }

    /// Time passed.
    pub fn advance(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        while let Some(at) = self.tick_at.filter(|at| *at <= now) {
            self.tick_at = Some(at + FRAME);
            self.advance_streams(at, out);
            self.tick(at, out);
        }
        self.advance_streams(now, out);
        while let Some((at, later)) = self.later.pop_due(now) {
            self.perform(at, later, out);
        }
        match self.stage {
            Stage::Asking { deadline, .. } if deadline <= now => self.answer_missing(now, out),
            Stage::Saying { until, .. } if until <= now => self.run(until, out),
            Stage::Opening { deadline } if deadline <= now => self.opening_failed(now, 31901, out),
            Stage::New
            | Stage::Waiting
            | Stage::Asking { .. }
            | Stage::Saying { .. }
            | Stage::Opening { .. }
            | Stage::Streaming
            | Stage::Over => {}
        }
        self.expire_callbacks(now);
        self.tell_over(out);
    }

    /// When `advance` is due at the latest. `None` after `CallOver`.
    pub fn next_deadline(&self) -> Option<Mono> {
        if self.told_over {
            return None;
        }
        let stage = match self.stage {
            Stage::Asking { deadline, .. } | Stage::Opening { deadline } => Some(deadline),
            Stage::Saying { until, .. } => Some(until),
            Stage::New | Stage::Waiting | Stage::Streaming | Stage::Over => None,
        };
        let streams = self.phones.iter().filter_map(Phone::next_deadline).min();
        let callbacks = self.pending.values().map(|pending| pending.deadline).min();
        let own = earlier(self.later.next_deadline(), self.tick_at);
        earlier(earlier(stage, streams), earlier(callbacks, own))
    }

    pub const fn leg(&self) -> &LegId {
        &self.leg
    }

    /// How the call ended, as soon as it has.
    pub const fn ended(&self) -> Option<CallEnd> {
        self.ended
    }

    /// `CallOver` was told.
    pub const fn is_over(&self) -> bool {
        self.told_over
    }

    /// All streams of the call so far, the current one last.
    pub fn streams(&self) -> &[Phone] {
        &self.phones
    }

    /// What the gateway did wrong outside its streams; see `Phone::violations` for the rest.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Who spoke when.
    pub const fn talk(&self) -> &Talk {
        &self.talk
    }

    pub fn webhooks(&self) -> &[WebhookLog] {
        &self.webhooks
    }

    /// Ends the call, whatever it is doing.
    fn end(&mut self, now: Mono, by: EndedBy, status: &'static str, out: &mut Vec<CompanyOut>) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(CallEnd { at: now, by, status });
        let streaming = matches!(self.stage, Stage::Streaming);
        self.stage = Stage::Over;
        self.tick_at = None;
        self.verbs.clear();
        if streaming {
            self.end_stream(now, out);
            self.report_stream(now, "stream-stopped", None);
        }
        let action = self.connect.take().and_then(|connect| connect.action);
        if let (true, EndedBy::Caller, Some(action)) = (self.knobs.action_after_hang_up, by, action) {
            let url = self.resolve(now, &action);
            let pairs = self.pairs();
            self.post(now, Post { kind: WebhookKind::AfterStream, url, pairs }, false);
        }
        self.report_final(now);
        self.tell_over(out);
    }

    fn tell_over(&mut self, out: &mut Vec<CompanyOut>) {
        let quiet = self.posts_left == 0 && self.pending.is_empty();
        let silent = self.phones.iter().all(|phone| phone.is_closed() || phone.is_idle());
        if self.ended.is_some() && quiet && silent && !self.told_over {
            self.told_over = true;
            out.push(CompanyOut::CallOver);
        }
    }

    fn perform(&mut self, now: Mono, later: Later, out: &mut Vec<CompanyOut>) {
        if let Later::Post(post) = later {
            self.posts_left -= 1;
            self.send_post(now, post, out);
            return;
        }
        if self.ended.is_some() {
            return;
        }
        match later {
            Later::Ask(ask, tries) => self.ask(now, ask, tries, out),
            Later::RepeatVoice => self.repeat_voice(now, out),
            Later::Open => self.open_stream(now, out),
            Later::GiveUp => self.hang_up(now, out),
            Later::Post(_) => {}
        }
    }

    fn violation(&mut self, at: Mono, code: u32, what: String) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { at, code, what });
        }
    }
}

/// A name as the carrier makes them: a prefix and 32 hex digits.
pub fn sid(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}{:032x}", rng.u128(..))
}

fn stream_sid(rng: &mut Rng) -> StreamId {
    sid(rng, "MZ").parse().expect("a prefix and 32 hex digits")
}

/// Length of a caller's frame.
pub const FRAME: Duration = Duration::from_millis(20);

/// Bytes of a caller's frame.
pub const FRAME_BYTES: usize = 160;

/// How long the company waits for a document.
const ANSWER_WAIT: Duration = Duration::from_secs(15);

/// How long the company waits for a stream to open.
const OPEN_WAIT: Duration = Duration::from_secs(10);

const REPEAT_AFTER: Duration = Duration::from_millis(300);

const VIOLATIONS_MAX: usize = 256;
