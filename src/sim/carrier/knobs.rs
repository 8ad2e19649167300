//! Faults of the phone company, each off by default and chosen by number.
//!
//! One struct for the media stream, one for webhooks and requests; `random` turns a few on, from a seed.

use std::time::Duration;

use fastrand::Rng;

/// So many in a thousand.
pub type Permille = u16;

/// How long a message is under way. Order is kept.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Delay {
    pub latency: Duration,
    /// Added to the latency, evenly from zero to this.
    pub jitter: Duration,
}

impl Delay {
    /// Draws one delay. Draws nothing from `rng` without jitter.
    pub fn draw(self, rng: &mut Rng) -> Duration {
        if self.jitter.is_zero() {
            return self.latency;
        }
        self.latency + Duration::from_micros(rng.u64(0..=self.jitter.as_micros() as u64))
    }

    /// The longest delay.
    pub fn max(self) -> Duration {
        self.latency + self.jitter
    }
}

/// How a stream begins.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum StreamStart {
    #[default]
    Proper,
    /// `connected`, and then nothing, ever.
    Never,
    /// Audio before `start`.
    MediaFirst,
    /// `start` two times.
    Twice,
    /// `start` names another account.
    OtherAccount,
    /// `start` names another call.
    OtherCall,
    /// `stop` without `start`.
    StopOnly,
}

/// How a stream ends when the company ends it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum StreamEnd {
    #[default]
    StopThenClose,
    /// The socket closes without `stop`.
    CloseOnly,
    /// `stop`, and the socket stays open a while.
    StopThenLinger,
    /// The socket is reset.
    Reset,
}

/// Faults of one media stream.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PhoneKnobs {
    /// From the phone to the gateway.
    pub uplink: Delay,
    /// From the gateway to the phone.
    pub downlink: Delay,
    /// Caller frames that never come; chunk, timestamp and sequence go on.
    pub lose_frames: Permille,
    pub duplicate_frames: Permille,
    /// Caller frames that come one to five frames late, out of order.
    pub late_frames: Permille,
    /// Chance at each frame that the uplink stands still for `burst_for`, and then delivers everything at once.
    pub burst_frames: Permille,
    pub burst_for: Duration,
    /// Caller frames whose payload is no base64, or empty.
    pub bad_payloads: Permille,
    pub lose_marks: Permille,
    pub late_marks: Permille,
    pub late_marks_by: Duration,
    /// Chance at each frame of an event that nobody has heard of.
    pub unknown_events: Permille,
    /// Counters as JSON numbers, where strings are documented.
    pub numbers: bool,
    pub start: StreamStart,
    pub end: StreamEnd,
    /// The socket is reset this long after the stream began.
    pub drop_at: Option<Duration>,
    /// The phone stops reading: when, counted from the stream's begin, and for how long.
    pub stall: Option<(Duration, Duration)>,
    /// Keys pressed all at once: when, and how many.
    pub key_flood: Option<(Duration, u16)>,
}

impl PhoneKnobs {
    /// A phone line as they are: 20 to 60 ms each way, a little jitter, no faults.
    pub fn ordinary(rng: &mut Rng) -> Self {
        let mut delay =
            || Delay { latency: Duration::from_millis(rng.u64(20..60)), jitter: Duration::from_millis(rng.u64(0..20)) };
        Self { uplink: delay(), downlink: delay(), ..Self::default() }
    }

    /// Every fault by itself with a chance of about one in eight, on an ordinary line.
    pub fn random(rng: &mut Rng) -> Self {
        let mut knobs = Self::ordinary(rng);
        knobs.lose_frames = rare(rng, 50);
        knobs.duplicate_frames = rare(rng, 50);
        knobs.late_frames = rare(rng, 50);
        knobs.burst_frames = rare(rng, 10);
        knobs.burst_for = Duration::from_millis(rng.u64(60..1500));
        knobs.bad_payloads = rare(rng, 20);
        knobs.lose_marks = if rng.u8(0..32) == 0 { 1000 } else { rare(rng, 300) };
        knobs.late_marks = rare(rng, 300);
        knobs.late_marks_by = Duration::from_millis(rng.u64(50..3000));
        knobs.unknown_events = rare(rng, 20);
        knobs.numbers = rng.u8(0..8) == 0;
        knobs.start = *choose(rng, 16, &STARTS).unwrap_or(&StreamStart::Proper);
        knobs.end = *choose(rng, 3, &ENDS).unwrap_or(&StreamEnd::StopThenClose);
        knobs.drop_at = once(rng).then(|| Duration::from_millis(rng.u64(0..60_000)));
        knobs.stall =
            once(rng).then(|| (Duration::from_millis(rng.u64(0..30_000)), Duration::from_millis(rng.u64(200..8000))));
        knobs.key_flood = once(rng).then(|| (Duration::from_millis(rng.u64(0..30_000)), rng.u16(20..1000)));
        knobs
    }
}

/// What happens to a request's answer at the carrier's REST interface.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RestKnobs {
    /// Answered 429: nothing was done.
    pub limited: Permille,
    /// Answered 503: nothing was done.
    pub unavailable: Permille,
    /// Answered 401: the credentials are refused.
    pub unauthorized: Permille,
    /// Done, and answered 500.
    pub done_but_failed: Permille,
    /// Done, and never answered.
    pub unanswered: Permille,
    /// A call's redirect is done and answered only after three seconds, and overtakes what was asked for meanwhile.
    pub late_redirects: Permille,
    /// The same, of every call that is to be placed, and of nothing else.
    pub lose_created: bool,
    /// The connection swallows the request and is dead from then on: nothing is done, and nothing is ever answered there.
    pub dead_connections: Permille,
    /// Every connection dies like this after so many answers. 0: none does.
    pub answers_per_connection: u32,
    /// No connection is made, and the client knows it: a name server that hangs, a route that swallows everything. Over
    /// sockets the same as `dead_connections`.
    pub no_connection: Permille,
    pub delay: Delay,
    /// An update of an ended call answers 20404 (not found), not 21220 (not in progress).
    pub ended_is_not_found: bool,
}

impl RestKnobs {
    /// Faults of connections, drawn aside: who draws from `rng` later draws what they always drew.
    fn with_random_connections(self, rng: &Rng) -> Self {
        let mut aside = Rng::with_seed(rng.clone().u64(..) ^ 0xC099_EC71);
        let (dead_connections, no_connection) = (rare(&mut aside, 200), rare(&mut aside, 300));
        let answers_per_connection = if once(&mut aside) { aside.u32(1..4) } else { 0 };
        Self { dead_connections, no_connection, answers_per_connection, ..self }
    }
}

/// Faults of webhooks, and how the company behaves around a call.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CompanyKnobs {
    /// Before a request for a document or an action is made.
    pub ask: Delay,
    /// Before the stream's socket is opened.
    pub open: Delay,
    /// How long a call that the gateway places is queued.
    pub dial: Delay,
    /// `initiated`, `ringing` and `in-progress` are reported, too; else the final status only.
    pub progress_callbacks: bool,
    /// Callbacks that are never made; the final status only with `lose_final`.
    pub lose_callbacks: Permille,
    pub lose_final: bool,
    pub duplicate_callbacks: Permille,
    /// Before a callback is made; different delays change the order.
    pub callback: Delay,
    /// The voice webhook is made two times; both answers must be the same.
    pub repeat_voice: bool,
    /// Requests for documents that are made two times; the second answer does not count.
    pub repeat_asks: Permille,
    /// This long after the first stream began, somebody sends a captured request after the stream once more.
    pub replay_after: Option<Duration>,
    /// The request after the stream is never made: the document goes on behind `<Connect>`.
    pub lose_after_stream: bool,
    /// The action is asked for although the caller has hung up.
    pub action_after_hang_up: bool,
    /// The caller gives up this long after dialling, whatever happens then.
    pub hang_up_after: Option<Duration>,
    pub rest: RestKnobs,
}

impl CompanyKnobs {
    /// The same for a company whose gateway places calls: requests come twice, calls are queued.
    pub fn random_exchange(rng: &mut Rng) -> Self {
        let mut knobs = Self::random(rng);
        knobs.repeat_asks = rare(rng, 500);
        knobs.dial.jitter = Duration::from_millis(if once(rng) { 5000 } else { 100 });
        knobs
    }

    /// Every fault by itself with a chance of about one in eight.
    pub fn random(rng: &mut Rng) -> Self {
        let slow = if once(rng) { 3000 } else { 200 };
        Self {
            ask: Delay { latency: Duration::from_millis(rng.u64(10..80)), jitter: Duration::from_millis(slow) },
            open: Delay { latency: Duration::from_millis(rng.u64(20..120)), jitter: Duration::from_millis(slow) },
            dial: Delay::default(),
            progress_callbacks: rng.bool(),
            lose_callbacks: rare(rng, 500),
            lose_final: once(rng),
            duplicate_callbacks: rare(rng, 500),
            callback: Delay {
                latency: Duration::from_millis(rng.u64(10..200)),
                jitter: Duration::from_millis(if once(rng) { 20_000 } else { 500 }),
            },
            repeat_voice: once(rng),
            repeat_asks: 0,
            replay_after: None,
            lose_after_stream: once(rng),
            action_after_hang_up: once(rng),
            hang_up_after: once(rng).then(|| Duration::from_millis(rng.u64(0..60_000))),
            rest: RestKnobs {
                limited: rare(rng, 500),
                unavailable: rare(rng, 500),
                unauthorized: 0,
                done_but_failed: rare(rng, 500),
                unanswered: rare(rng, 200),
                late_redirects: 0,
                lose_created: false,
                delay: Delay { latency: Duration::from_millis(rng.u64(5..200)), jitter: Duration::from_millis(100) },
                ended_is_not_found: rng.bool(),
                ..RestKnobs::default()
            }
            .with_random_connections(rng),
        }
    }
}

/// Draws once; never draws for a knob that is off, so that turning one on does not move the others.
pub(crate) fn hit(rng: &mut Rng, chance: Permille) -> bool {
    chance > 0 && rng.u16(0..1000) < chance
}

fn once(rng: &mut Rng) -> bool {
    rng.u8(0..8) == 0
}

fn rare(rng: &mut Rng, max: Permille) -> Permille {
    if once(rng) { rng.u16(1..=max) } else { 0 }
}

fn choose<'a, T>(rng: &mut Rng, one_in: u8, from: &'a [T]) -> Option<&'a T> {
    if rng.u8(0..one_in) == 0 { rng.choice(from) } else { None }
}

const STARTS: [StreamStart; 6] = [
    StreamStart::Never,
    StreamStart::MediaFirst,
    StreamStart::Twice,
    StreamStart::OtherAccount,
    StreamStart::OtherCall,
    StreamStart::StopOnly,
];

const ENDS: [StreamEnd; 3] = [StreamEnd::CloseOnly, StreamEnd::StopThenLinger, StreamEnd::Reset];
