//! The media side of one call: one stream, texts in and out, with a play-out buffer and faults on demand.
//!
//! It decides what the gateway sees of a caller and keeps what the caller heard of the gateway.

use std::time::Duration;

use fastrand::Rng;

use crate::sim::carrier::knobs::{Permille, PhoneKnobs, StreamEnd, StreamStart, hit};
use crate::sim::carrier::playout::{Playout, Returned};
use crate::sim::carrier::wire::{self, FromGateway, Names, UNDECODABLE, Violation, Writer};
use crate::sim::clock::{Agenda, earlier};
use crate::types::{Mono, StreamId};

mod uplink;

/// What the phone wants done to its socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PhoneOut {
    Text(String),
    /// Close with this code; nothing follows.
    Close(u16),
    /// Break the connection; nothing follows.
    Reset,
}

/// What went over the stream, counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Caller frames sent, duplicates included.
    pub frames_out: u64,
    /// Caller frames lost on purpose.
    pub frames_lost: u64,
    pub keys_out: u64,
    pub marks_out: u64,
    /// Marks swallowed on purpose.
    pub marks_lost: u64,
    pub media_in: u64,
    pub marks_in: u64,
    pub clears_in: u64,
    /// Texts that came before the stream began or after it ended.
    pub stray_in: u64,
}

/// One media stream, from its socket's opening to its close.
pub struct Phone {
    stream: StreamId,
    parameters: Vec<(String, String)>,
    knobs: PhoneKnobs,
    rng: Rng,
    writer: Writer,
    state: State,
    opened_at: Mono,
    chunk: u64,
    /// Sent, and still under way; with the time that keeps their order.
    up: Agenda<PhoneOut>,
    up_last: Mono,
    down: Agenda<String>,
    down_last: Mono,
    /// A frame that comes late, and how many frames go before it.
    held: Option<(u8, String)>,
    burst_until: Option<Mono>,
    flood_left: u16,
    playout: Playout,
    returned: Vec<Returned>,
    violations: Vec<Violation>,
    violations_dropped: u64,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Open,
    /// `stop` or nothing was said; the close is under way.
    Ending,
    Closed,
}

impl Phone {
    /// `parameters` are what the document handed to the stream. With `capture`, everything played is kept.
    pub fn new(
        names: Names,
        stream: StreamId,
        parameters: Vec<(String, String)>,
        knobs: PhoneKnobs,
        rng: Rng,
        capture: bool,
    ) -> Self {
        Self {
            stream,
            parameters,
            writer: Writer::new(names, knobs.numbers),
            knobs,
            rng,
            state: State::Idle,
            opened_at: Mono::ZERO,
            chunk: 0,
            up: Agenda::new(),
            up_last: Mono::ZERO,
            down: Agenda::new(),
            down_last: Mono::ZERO,
            held: None,
            burst_until: None,
            flood_left: 0,
            playout: Playout::new(capture),
            returned: Vec::new(),
            violations: Vec::new(),
            violations_dropped: 0,
            counts: Counts::default(),
        }
    }

    /// The socket is open: says `connected` and `start`.
    pub fn open(&mut self, now: Mono, out: &mut Vec<PhoneOut>) {
        self.state = State::Open;
        self.opened_at = now;
        self.flood_left = self.knobs.key_flood.map_or(0, |(_, count)| count);
        self.send(now, Writer::connected(), out);
        let names = self.writer.names().clone();
        let (account, call) = (names.account.as_str(), names.call.as_str());
        match self.knobs.start {
            StreamStart::Never => {}
            StreamStart::Proper => self.start(now, account, call, out),
            StreamStart::MediaFirst => {
                let text = self.writer.media(1, 0, &[0xFF; 160]);
                self.send(now, text, out);
                self.start(now, account, call, out);
            }
            StreamStart::Twice => {
                self.start(now, account, call, out);
                self.start(now, account, call, out);
            }
            StreamStart::OtherAccount => self.start(now, "AC00000000000000000000000000000bad", call, out),
            StreamStart::OtherCall => self.start(now, account, "CA00000000000000000000000000000bad", out),
            StreamStart::StopOnly => {
                let text = self.writer.stop();
                self.send(now, text, out);
            }
        }
    }

    /// The caller's next frame: 20 ms of mu-law.
    pub fn frame(&mut self, now: Mono, audio: &[u8], out: &mut Vec<PhoneOut>) {
        if self.state != State::Open || self.is_mute() {
            return;
        }
        if self.burst_until.is_none() && self.hit(self.knobs.burst_frames) {
            self.burst_until = Some(now + self.knobs.burst_for);
        }
        if self.hit(self.knobs.unknown_events) {
            let text = self.writer.unknown();
            self.send(now, text, out);
        }
        self.chunk += 1;
        let timestamp_ms = now.since(self.opened_at).as_millis() as u64;
        let text = if self.hit(self.knobs.bad_payloads) {
            let payload = *self.rng.choice(&["", "====", "not base64", "/w"]).unwrap_or(&"");
            self.writer.media_raw(self.chunk, timestamp_ms, payload)
        } else {
            self.writer.media(self.chunk, timestamp_ms, audio)
        };
        self.send_frame(now, text, out);
    }

    /// The caller presses a key.
    pub fn press(&mut self, now: Mono, digit: char, out: &mut Vec<PhoneOut>) {
        if self.state != State::Open || self.is_mute() {
            return;
        }
        self.counts.keys_out += 1;
        let text = self.writer.dtmf(digit);
        self.send(now, text, out);
    }

    /// A text of the gateway arrives at the company's end of the wire.
    pub fn text(&mut self, now: Mono, text: &str, out: &mut Vec<PhoneOut>) {
        if self.state != State::Open {
            self.counts.stray_in += 1;
            return;
        }
        let due = self.down_due(now);
        if due <= now && self.down.is_empty() {
            self.take(now, text, out);
        } else {
            self.down.add(due, text.to_owned());
        }
    }

    /// A binary message of the gateway arrives.
    pub fn binary(&mut self, now: Mono) {
        self.violation(now, UNDECODABLE, "a binary message".to_owned());
    }

    /// The gateway closed the socket, or it broke.
    pub fn closed(&mut self, now: Mono) {
        self.settle(now);
        self.state = State::Closed;
        self.up.clear();
        self.down.clear();
    }

    /// The company ends the stream: the caller hung up, or the call does something else now.
    pub fn end(&mut self, now: Mono, out: &mut Vec<PhoneOut>) {
        if self.state != State::Open {
            return;
        }
        self.settle(now);
        self.state = State::Ending;
        match self.knobs.end {
            StreamEnd::StopThenClose => {
                self.stop(now, out);
                self.dispatch(now, PhoneOut::Close(1000), out);
            }
            StreamEnd::CloseOnly => self.dispatch(now, PhoneOut::Close(1000), out),
            StreamEnd::StopThenLinger => {
                self.stop(now, out);
                self.up_last = self.up_last.max(now) + LINGER;
                self.dispatch(now, PhoneOut::Close(1000), out);
            }
            StreamEnd::Reset => self.dispatch(now, PhoneOut::Reset, out),
        }
    }

    /// Time passed: plays, returns marks, delivers what was under way, breaks what is to break.
    pub fn advance(&mut self, now: Mono, out: &mut Vec<PhoneOut>) {
        while let Some((at, text)) = self.down.pop_due(now) {
            if self.state == State::Open {
                self.take(at, &text, out);
            }
        }
        if self.state == State::Open {
            self.playout.advance(now, &mut self.returned);
            self.return_marks(out);
            self.flood(now, out);
            if self.drops_at().is_some_and(|at| at <= now) {
                self.settle(now);
                self.state = State::Ending;
                self.up.clear();
                self.up.add(now, PhoneOut::Reset);
            }
        }
        while let Some((_, item)) = self.up.pop_due(now) {
            self.emit(item, out);
        }
    }

    /// When `advance` is due at the latest.
    pub fn next_deadline(&self) -> Option<Mono> {
        let wire = earlier(self.up.next_deadline(), self.down.next_deadline());
        if self.state != State::Open {
            return wire;
        }
        let faults = earlier(self.drops_at(), self.floods_at());
        earlier(wire, earlier(self.playout.next_deadline(), faults))
    }

    /// What the caller heard from the last call to the last `advance` (into `into`), and when its first byte was.
    pub fn take_heard(&mut self, into: &mut Vec<u8>) -> Mono {
        self.playout.take_heard(into)
    }

    pub const fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Whether the stream carries sound now.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The socket was never opened.
    pub fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    pub const fn opened_at(&self) -> Mono {
        self.opened_at
    }

    pub const fn playout(&self) -> &Playout {
        &self.playout
    }

    /// What the gateway did wrong (the first `VIOLATIONS_MAX`). Empty: the strict parser is content.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub const fn counts(&self) -> Counts {
        self.counts
    }

    pub const fn knobs(&self) -> &PhoneKnobs {
        &self.knobs
    }

    fn start(&mut self, now: Mono, account: &str, call: &str, out: &mut Vec<PhoneOut>) {
        let text = self.writer.start(&self.parameters, account, call);
        self.send(now, text, out);
    }

    fn stop(&mut self, now: Mono, out: &mut Vec<PhoneOut>) {
        if !self.is_mute() {
            let text = self.writer.stop();
            self.send(now, text, out);
        }
    }

    /// A stream that never started has nothing more to say.
    fn is_mute(&self) -> bool {
        matches!(self.knobs.start, StreamStart::Never | StreamStart::StopOnly)
    }

    fn take(&mut self, now: Mono, text: &str, out: &mut Vec<PhoneOut>) {
        match wire::read(text, &self.writer.names().stream) {
            Ok(FromGateway::Media(audio)) => {
                self.counts.media_in += 1;
                if !self.playout.push(now, audio, &mut self.returned) {
                    self.violation(now, 0, "ten minutes of sound are buffered".to_owned());
                }
            }
            Ok(FromGateway::Mark(name)) => {
                self.counts.marks_in += 1;
                if !self.playout.mark(now, name, &mut self.returned) {
                    self.violation(now, 0, "too many marks are outstanding".to_owned());
                }
            }
            Ok(FromGateway::Clear) => {
                self.counts.clears_in += 1;
                self.playout.clear(now, &mut self.returned);
            }
            Err((code, what)) => self.violation(now, code, what),
        }
        self.return_marks(out);
    }

    fn down_due(&mut self, now: Mono) -> Mono {
        let mut due = now + self.knobs.downlink.draw(&mut self.rng);
        if let Some((at, lasts)) = self.knobs.stall {
            let begin = self.opened_at + at;
            if due >= begin && due < begin + lasts {
                due = begin + lasts;
            }
        }
        self.down_last = self.down_last.max(due);
        self.down_last
    }

    /// Plays up to `now`, for the last time: marks that return now are not told any more.
    fn settle(&mut self, now: Mono) {
        if self.state == State::Open {
            self.playout.advance(now, &mut self.returned);
        }
    }

    fn drops_at(&self) -> Option<Mono> {
        self.knobs.drop_at.map(|after| self.opened_at + after)
    }

    fn floods_at(&self) -> Option<Mono> {
        let (after, _) = self.knobs.key_flood?;
        (self.flood_left > 0).then(|| self.opened_at + after)
    }

    fn hit(&mut self, chance: Permille) -> bool {
        hit(&mut self.rng, chance)
    }

    fn violation(&mut self, at: Mono, code: u32, what: String) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { at, code, what });
        } else {
            self.violations_dropped += 1;
        }
    }
}

/// Keys of a telephone.
pub const KEYS: [char; 12] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'];

/// Violations kept of one stream.
pub const VIOLATIONS_MAX: usize = 64;

/// How long a socket stays open after `stop` when it should not.
const LINGER: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests;
