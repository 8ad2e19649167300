//! The phone company around one leg: asks the gateway what to do, runs its document, carries its stream, reports.
//!
//! ```text
//! Calling -> answered --+ (who is called)
//!                       v
//! Dialled -> Asking(document) -> running verbs -> Opening -> Streaming -> Asking(action) -> running verbs ... -> Over
//!               |  bad answer      ^  |   +-> Saying, Gathering, Recording -+    |  bad answer
//!               +-> Asking(fallback)  +-> Together (a `<Dial>`: the exchange's) -+ +-> Asking(fallback)
//! ```
//! The one whose phone it is may hang up, and REST may end the call or put it elsewhere, in every state.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use crate::sim::caller::Caller;
use crate::sim::carrier::knobs::{CompanyKnobs, PhoneKnobs};
use crate::sim::carrier::person::Habits;
use crate::sim::carrier::phone::{Phone, PhoneOut};
use crate::sim::carrier::twiml::{Connect, Dial, Verb};
use crate::sim::carrier::wire::Violation;
use crate::sim::clock::{Agenda, earlier};
use crate::types::{LegId, Mono, StreamId};

mod ask;
mod calling;
mod dialling;
mod facts;
mod gather;
mod habits;
mod hold;
mod live;
mod look;
mod plan;
mod record;
mod report;
mod requests;
mod stage;
mod streams;
mod talk;
mod verbs;

use gather::Gathering;
use habits::Check;
use hold::Hold;
use plan::Origin;
use stage::{Ask, Later, Pending, Post, Stage};

pub(in crate::sim::carrier) use dialling::{Apart, Together, Wish};
pub(in crate::sim::carrier) use plan::{Amd, First, Kit, Outbound};
pub(in crate::sim::carrier) use requests::TWIML_CHARS_MAX;

pub use plan::{CallEnd, CallPlan, CompanyConfig, CompanyOut, EndedBy, SocketNo, WebAnswer, WebFailure, WebhookId};
pub use report::{Beat, CallReport, Moment, WebhookKind, WebhookLog};
pub use talk::{Talk, Turn};

/// One leg: a caller's, or that of somebody who is called. Every input appends what follows from it to `out`; call
/// `advance` when `next_deadline` has come.
pub struct CompanyCall {
    config: Arc<CompanyConfig>,
    leg: LegId,
    from: String,
    to: String,
    origin: Origin,
    /// The one whose phone it is. `None`: says nothing by itself.
    caller: Option<Box<dyn Caller>>,
    habits: Habits,
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
    /// The document came in a request: its URLs have nothing to be relative to.
    from_request: bool,
    /// The stream's verb, while it runs.
    connect: Option<Connect>,
    /// The `<Dial>` that runs, and what is heard in a room that has not started.
    dial: Option<Dial>,
    hold: Option<Hold>,
    together: Together,
    /// What this leg wants of the exchange. Without one nobody reads it.
    wishes: Vec<Wish>,
    has_exchange: bool,
    phones: Vec<Phone>,
    phone_out: Vec<PhoneOut>,
    /// The caller's next frame.
    tick_at: Option<Mono>,
    limit_at: Option<Mono>,
    heard: Vec<u8>,
    later: Agenda<Later>,
    /// Counts the times that the leg was put elsewhere: what was planned before does not happen.
    epoch: u32,
    /// `<Gather>`s so far.
    gathers: usize,
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
    story: Vec<Moment>,
    talk: Talk,
}

impl CompanyCall {
    /// A caller's call that `start` dials. The same plan and seed give the same call.
    pub fn new(config: Arc<CompanyConfig>, plan: CallPlan, mut rng: Rng) -> Self {
        let CallPlan { from, to, caller, habits, phone, company, capture } = plan;
        let leg = sid(&mut rng, "CA").parse().expect("a prefix and 32 hex digits");
        let kit = Kit { phone, company, capture };
        Self::with(config, leg, (from, to), Origin::Inbound, Some(caller), habits, kit, rng)
    }

    #[expect(clippy::too_many_arguments, reason = "one private constructor behind two public ones")]
    fn with(
        config: Arc<CompanyConfig>,
        leg: LegId,
        (from, to): (String, String),
        origin: Origin,
        caller: Option<Box<dyn Caller>>,
        habits: Habits,
        kit: Kit,
        rng: Rng,
    ) -> Self {
        Self {
            leg,
            config,
            from,
            to,
            origin,
            caller,
            habits,
            phone_knobs: kit.phone,
            knobs: kit.company,
            capture: kit.capture,
            rng,
            stage: Stage::New,
            dialled_at: Mono::ZERO,
            answered_at: None,
            ended: None,
            told_over: false,
            verbs: VecDeque::new(),
            document_url: String::new(),
            from_request: false,
            connect: None,
            dial: None,
            hold: None,
            together: Together::default(),
            wishes: Vec::new(),
            has_exchange: false,
            phones: Vec::new(),
            phone_out: Vec::new(),
            tick_at: None,
            limit_at: None,
            heard: Vec::new(),
            later: Agenda::new(),
            epoch: 0,
            gathers: 0,
            posts_left: 0,
            pending: BTreeMap::new(),
            next_webhook: 0,
            status_sequence: 0,
            voice_answer: None,
            repeated_answer: None,
            webhooks: Vec::new(),
            violations: Vec::new(),
            said: Vec::new(),
            story: Vec::new(),
            talk: Talk::default(),
        }
    }

    /// The caller has dialled, or the company begins to place the call.
    pub fn start(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        self.dialled_at = now;
        if matches!(self.origin, Origin::Outbound(_)) {
            self.place(now);
            return self.advance(now, out);
        }
        self.report_progress(now, "initiated");
        self.report_progress(now, "ringing");
        let voice = Ask { kind: WebhookKind::Voice, url: self.config.voice_url.clone(), extra: Vec::new() };
        self.ask_later(now, voice, 0);
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
        // Who is called cannot put a phone down that rings: an unanswered one is rejected.
        let status = match (&self.origin, self.answered_at) {
            (_, Some(_)) => "completed",
            (Origin::Inbound, None) => "no-answer",
            (Origin::Outbound(_), None) => "busy",
        };
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
            Stage::Gathering(Gathering { until, .. }) if until <= now => self.gather_on(until, out),
            Stage::Recording(ref recording) if recording.until() <= now => self.recording_over(now, None, out),
            Stage::Together { until: Some(until) } if until <= now => {
                self.stage = Stage::Together { until: None };
                self.wishes.push(Wish::TimeUp);
            }
            Stage::New
            | Stage::Waiting
            | Stage::Calling { .. }
            | Stage::Asking { .. }
            | Stage::Saying { .. }
            | Stage::Gathering(_)
            | Stage::Recording(_)
            | Stage::Opening { .. }
            | Stage::Streaming
            | Stage::Together { .. }
            | Stage::Over => {}
        }
        self.advance_hold(now, out);
        if self.limit_at.is_some_and(|at| at <= now) {
            self.limit_at = None;
            self.end(now, EndedBy::Limit, "completed", out);
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
            Stage::Gathering(Gathering { until, .. }) => Some(until),
            Stage::Recording(ref recording) => Some(recording.until()),
            Stage::Together { until } => earlier(until, self.hold.as_ref().and_then(Hold::deadline)),
            Stage::New | Stage::Waiting | Stage::Calling { .. } | Stage::Streaming | Stage::Over => None,
        };
        let streams = self.phones.iter().filter_map(Phone::next_deadline).min();
        let callbacks = self.pending.values().map(|pending| pending.deadline).min();
        let own = earlier(earlier(self.later.next_deadline(), self.tick_at), self.limit_at);
        earlier(earlier(stage, streams), earlier(callbacks, own))
    }

    fn tell(&mut self, at: Mono, beat: Beat) {
        if self.story.len() < STORY_MAX {
            self.story.push(Moment { at, beat });
        }
    }

    /// Ends the call, whatever it is doing.
    fn end(&mut self, now: Mono, by: EndedBy, status: &'static str, out: &mut Vec<CompanyOut>) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(CallEnd { at: now, by, status });
        self.keep_recording(now, by);
        let streaming = matches!(self.stage, Stage::Streaming);
        self.stage = Stage::Over;
        self.tick_at = None;
        self.limit_at = None;
        self.hold = None;
        self.verbs.clear();
        if streaming {
            self.end_stream(now, out);
            self.report_stream(now, "stream-stopped", None);
        }
        let connect = self.connect.take().and_then(|connect| connect.action);
        let dial = self.dial.take().and_then(|dial| dial.action);
        if self.knobs.action_after_hang_up && by == EndedBy::Caller {
            self.ask_for_nothing(now, connect, dial);
        }
        self.wishes.push(Wish::Over { status });
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
            Later::Ask(ask, tries, epoch) if epoch == self.epoch => self.ask(now, ask, tries, out),
            Later::RepeatVoice => self.repeat_voice(now, out),
            Later::Repeat(ask) => self.repeat(now, ask, out),
            Later::Replay => self.replay(now, out),
            Later::Redirect(text) => {
                // Whether it can be done was answered long ago.
                let _ = self.redirect_to(now, &text, out);
            }
            Later::Open(epoch) if epoch == self.epoch => self.open_stream(now, out),
            Later::GiveUp => self.hang_up(now, out),
            Later::Calling(step) => self.on_calling(now, step, out),
            Later::Detected(found) => self.on_detected(now, found, out),
            Later::Press(key) => self.press(now, key, out),
            Later::Leave(check) if self.holds(check) => self.hang_up(now, out),
            Later::Ask(..) | Later::Open(_) | Later::Leave(_) | Later::Post(_) => {}
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

const STORY_MAX: usize = 1000;
