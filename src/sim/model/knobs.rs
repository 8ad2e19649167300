//! What can be set or broken at the simulated model: all off by default, each on demand or at random by a seed.

use std::time::Duration;

use crate::sim::scenario::Scenario;

/// How a connection is refused before it is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Nothing answers.
    Connection,
    /// The upgrade is answered with this HTTP status.
    Status(u16),
}

/// What a wrong key looks like from outside; both were seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadKey {
    /// The upgrade succeeds, then comes an error and close code 3000.
    Close,
    /// The upgrade is answered 401.
    Http,
}

/// How fast audio is made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// 4 to 6 times real time, chosen anew for each response.
    Natural,
    /// Everything at once.
    Burst,
    /// So many times real time.
    Times(f32),
}

/// What the server does when a turn is committed while a response is active.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BusyCommit {
    /// It answers when the active response is done.
    Queue,
    /// It says `conversation_already_has_active_response` and leaves it at that.
    Refuse,
}

/// What goes wrong with one response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResponseFault {
    /// `response.done` says failed, with this code.
    Failed(&'static str),
    /// `response.done` says incomplete, for this reason, about half way.
    Incomplete(&'static str),
    /// It asks for a person, and is cut in the middle of that.
    CutCall,
    /// The request is never answered.
    Swallowed,
    /// "Already active", although nothing is.
    SpuriousActive,
    /// Each delta of audio comes twice.
    DuplicateDeltas,
    /// All audio in one delta of 500 KB.
    HugeDelta,
    /// The connection breaks in the middle of the audio.
    Reset,
    /// The response also asks for two tools.
    TwoCalls,
    /// It asks for one tool, and says so twice.
    CallTwice,
    /// It asks for a tool with arguments that are no JSON.
    BrokenArguments,
    /// It asks for a tool that does not exist.
    UnknownTool,
}

/// What goes wrong with one turn of the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TurnFault {
    /// `transcription.failed`.
    TranscriptFailed,
    /// Neither text nor failure.
    TranscriptNever,
    /// The text comes 5 s late.
    TranscriptLate,
    /// The text comes after that of the next turn.
    TranscriptSwapped,
}

/// What comes out of the blue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Noise {
    UnknownEvent,
    /// A text that is no JSON.
    Malformed,
    /// JSON that nests too deep for any parser.
    Nested,
    /// A binary frame.
    Binary,
    /// `server_error`, about nothing in particular.
    ServerError,
    /// "Already active", about nothing in particular.
    SpuriousActive,
    /// Audio of a response and an item that nobody knows.
    StrayDelta,
}

/// Settings and faults of one connection.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelKnobs {
    pub refuse: Option<Refusal>,
    /// From the attempt to the open socket.
    pub connect_delay: Duration,
    /// From the open socket to `session.created`.
    pub created_delay: Duration,
    /// From `session.update` to its answer; `None`: 5 to 40 ms.
    pub updated_delay: Option<Duration>,
    /// The one key that is right; `None`: any.
    pub key: Option<String>,
    pub bad_key: BadKey,
    /// The URL's model is unknown.
    pub unknown_model: bool,
    /// Unix time at `Mono::ZERO`, for `expires_at`.
    pub unix_secs: i64,
    /// The longest session, as `expires_at` announces it.
    pub session_secs: u32,
    /// `session_expired` and close 1001 this long after the socket opened.
    pub expire_after: Option<Duration>,
    /// This long after the socket opened nothing is heard or said any more, and the socket stays open.
    pub hang_after: Option<Duration>,
    pub pace: Pace,
    /// One delta in five is followed by 500 ms of nothing.
    pub stalls: bool,
    /// Quiet that ends a turn, with semantic turn detection.
    pub semantic_silence: Duration,
    /// Earliest and latest text of a turn, after it was committed.
    pub transcript_delay: (Duration, Duration),
    pub busy_commit: BusyCommit,
    /// Two more deltas after the `response.done` of a cancelled response.
    pub late_deltas: bool,
    /// A field that no client knows in every event.
    pub unknown_fields: bool,
    /// Errors come this much later than they should.
    pub error_delay: Duration,
    /// By number of the response, from 0.
    pub on_response: Vec<(u32, ResponseFault)>,
    /// By number of the committed turn, from 0.
    pub on_turn: Vec<(u32, TurnFault)>,
    /// No turn is transcribed: each fails with this code.
    pub deaf: Option<&'static str>,
    /// A field of the session that this model does not know, as a path: an update that has it is refused whole.
    pub unknown_setting: Option<&'static str>,
    /// Since the socket opened.
    pub noise: Vec<(Duration, Noise)>,
}

impl Default for ModelKnobs {
    fn default() -> Self {
        Self {
            refuse: None,
            connect_delay: Duration::ZERO,
            created_delay: Duration::ZERO,
            updated_delay: None,
            key: None,
            bad_key: BadKey::Close,
            unknown_model: false,
            unix_secs: 1_800_000_000,
            session_secs: 3600,
            expire_after: None,
            hang_after: None,
            pace: Pace::Natural,
            stalls: false,
            semantic_silence: Duration::from_millis(500),
            transcript_delay: (Duration::from_millis(200), Duration::from_millis(1500)),
            busy_commit: BusyCommit::Queue,
            late_deltas: false,
            unknown_fields: false,
            error_delay: Duration::ZERO,
            on_response: Vec::new(),
            on_turn: Vec::new(),
            deaf: None,
            unknown_setting: None,
            noise: Vec::new(),
        }
    }
}

impl ModelKnobs {
    /// A model that cannot be reached at all.
    pub fn down() -> Self {
        Self { refuse: Some(Refusal::Connection), ..Self::default() }
    }

    /// What a scenario asks for: all well, or nobody there.
    pub fn scenario(scenario: &Scenario) -> Self {
        if scenario.model_down { Self::down() } else { Self::default() }
    }

    /// Some connections are fine, some have a few faults.
    pub fn random(rng: &mut fastrand::Rng) -> Self {
        let mut knobs = Self::default();
        if rng.u8(..10) < 3 {
            return knobs;
        }
        knobs.break_connection(rng);
        knobs.pace = match rng.u8(..8) {
            0 => Pace::Burst,
            1 => Pace::Times(1.0),
            2 => Pace::Times(20.0),
            _ => Pace::Natural,
        };
        knobs.stalls = chance(rng, 15);
        knobs.late_deltas = chance(rng, 20);
        knobs.unknown_fields = chance(rng, 20);
        knobs.busy_commit = if chance(rng, 30) { BusyCommit::Refuse } else { BusyCommit::Queue };
        if chance(rng, 15) {
            knobs.error_delay = Duration::from_secs(1);
        }
        knobs.on_response = pick(rng, 12, 7, RESPONSE_FAULTS);
        knobs.on_turn = pick(rng, 12, 10, TURN_FAULTS);
        for _ in 0..rng.u8(..4) {
            let noise = NOISES[rng.usize(..NOISES.len())];
            knobs.noise.push((millis(rng, 60_000), noise));
        }
        knobs.deaf = chance(rng, 6).then_some("model_not_found");
        knobs.unknown_setting = chance(rng, 6).then(|| SETTINGS[rng.usize(..SETTINGS.len())]);
        knobs
    }

    fn break_connection(&mut self, rng: &mut fastrand::Rng) {
        match rng.u8(..100) {
            0..4 => self.refuse = Some(Refusal::Connection),
            4..8 => self.refuse = Some(Refusal::Status([401, 403, 429, 500, 503][rng.usize(..5)])),
            8..10 => {
                self.key = Some("a key that nobody has".to_owned());
                self.bad_key = if rng.bool() { BadKey::Close } else { BadKey::Http };
            }
            10..11 => self.unknown_model = true,
            11..18 => self.connect_delay = millis(rng, 30_000),
            18..30 => self.connect_delay = millis(rng, 1500),
            30..38 => self.created_delay = millis(rng, 4000),
            38..46 => self.updated_delay = Some(millis(rng, 4000)),
            46..52 => self.expire_after = Some(Duration::from_secs(2) + millis(rng, 60_000)),
            52..55 => self.hang_after = Some(millis(rng, 60_000)),
            _ => {}
        }
    }
}

const RESPONSE_FAULTS: &[ResponseFault] = &[
    ResponseFault::Failed("rate_limit_exceeded"),
    ResponseFault::Failed("server_error"),
    ResponseFault::Failed("insufficient_quota"),
    ResponseFault::Incomplete("max_output_tokens"),
    ResponseFault::Incomplete("content_filter"),
    ResponseFault::CutCall,
    ResponseFault::Swallowed,
    ResponseFault::SpuriousActive,
    ResponseFault::DuplicateDeltas,
    ResponseFault::HugeDelta,
    ResponseFault::Reset,
    ResponseFault::TwoCalls,
    ResponseFault::CallTwice,
    ResponseFault::BrokenArguments,
    ResponseFault::UnknownTool,
];

/// What a call can do without.
const SETTINGS: &[&str] = &[
    "reasoning",
    "max_output_tokens",
    "tool_choice",
    "truncation",
    "audio/output/voice",
    "audio/input/transcription/languages",
    "audio/input/turn_detection/threshold",
    "audio/input/turn_detection/idle_timeout_ms",
];

const TURN_FAULTS: &[TurnFault] =
    &[TurnFault::TranscriptFailed, TurnFault::TranscriptNever, TurnFault::TranscriptLate, TurnFault::TranscriptSwapped];

const NOISES: &[Noise] =
    &[Noise::UnknownEvent, Noise::Malformed, Noise::Nested, Noise::Binary, Noise::ServerError, Noise::SpuriousActive];

fn chance(rng: &mut fastrand::Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

fn millis(rng: &mut fastrand::Rng, most: u64) -> Duration {
    Duration::from_millis(rng.u64(..=most))
}

/// A fault for some of the first `count` things, each with this chance.
fn pick<T: Copy>(rng: &mut fastrand::Rng, count: u32, percent: u8, all: &[T]) -> Vec<(u32, T)> {
    let mut picked = Vec::new();
    for number in 0..count {
        if chance(rng, percent) {
            picked.push((number, all[rng.usize(..all.len())]));
        }
    }
    picked
}
