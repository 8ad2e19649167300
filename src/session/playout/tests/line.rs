//! A carrier at the far end of a line that may stand still: what was heard in truth, against what we take for heard.

use std::collections::VecDeque;

use super::*;

/// The line, the carrier's buffer and its play-out, in steps of a millisecond.
struct Line {
    playout: Playout,
    now: u64,
    /// From when to when nothing reaches the carrier.
    stall: (u64, u64),
    /// Marks are looked for this often.
    grid: u64,
    /// Under way: bytes of sound, or a mark.
    wire: VecDeque<Sent>,
    buffer: VecDeque<Sent>,
    /// Marks that were passed, and when they are told.
    told: VecDeque<(u64, MarkId)>,
    /// Played so far, in bytes.
    played: u64,
}

enum Sent {
    Sound(u64),
    Mark(MarkId),
}

impl Line {
    fn new(speech_ms: usize, stall: (u64, u64), grid: u64) -> Self {
        let mut playout = Playout::new(&Policy::default());
        playout.push(&source(), sound(speech_ms));
        playout.end(&source());
        let (wire, buffer, told) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { playout, now: 0, stall, grid, wire, buffer, told, played: 0 }
    }

    fn run_to(&mut self, end: u64) {
        while self.now < end {
            let mut out = Effects::new();
            self.playout.fill(at(self.now), &mut out);
            for effect in out {
                match effect {
                    Effect::Media(MediaEffect::Play { frame, .. }) => {
                        self.wire.push_back(Sent::Sound(frame.len() as u64));
                    }
                    Effect::Media(MediaEffect::Mark(mark)) => self.wire.push_back(Sent::Mark(mark)),
                    _ => unreachable!("nothing else is sent here"),
                }
            }
            if !(self.stall.0..self.stall.1).contains(&self.now) {
                self.buffer.append(&mut self.wire);
            }
            self.now += 1;
            self.play();
        }
    }

    fn play(&mut self) {
        self.play_sound();
        while let Some((at_ms, mark)) = self.told.pop_front_if(|(at_ms, _)| *at_ms <= self.now) {
            self.playout.heard(at(at_ms), mark);
        }
    }

    fn play_sound(&mut self) {
        let mut room = 8;
        while let Some(front) = self.buffer.front_mut() {
            match front {
                Sent::Mark(mark) => {
                    // It is told at the next look; the sound goes on meanwhile.
                    self.told.push_back((self.now.next_multiple_of(self.grid), *mark));
                    self.buffer.pop_front();
                }
                Sent::Sound(len) if room > 0 => {
                    let played = room.min(*len);
                    *len -= played;
                    room -= played;
                    self.played += played;
                    if *len == 0 {
                        self.buffer.pop_front();
                    }
                }
                Sent::Sound(_) => return,
            }
        }
    }

    /// Milliseconds by which we are wrong.
    fn error_ms(&self) -> f64 {
        let told = self.playout.proof.position(at(self.now), self.playout.sent) as f64;
        ((told - self.played as f64) / 8.0).abs()
    }
}

#[test]
fn a_line_that_stood_still_does_not_shift_what_was_heard() {
    for stall in [500, 1500, 3000, 4500] {
        let mut line = Line::new(10_000, (500, 500 + stall), 1);
        line.run_to(6000);
        assert!(line.error_ms() <= 100.0, "after {stall} ms: {} ms", line.error_ms());
        line.run_to(11_500);
        assert!(line.error_ms() <= 100.0, "at the end, after {stall} ms: {} ms", line.error_ms());
    }
}

#[test]
fn marks_that_were_given_up_and_come_after_all_count() {
    // Nothing is known about the line's marks when it stops, so they are given up soon.
    let mut line = Line::new(10_000, (0, 4500), 1);
    line.run_to(6000);
    assert!(line.error_ms() <= 100.0, "{} ms", line.error_ms());
}

#[test]
fn what_the_carrier_has_not_told_of_can_still_be_cleared() {
    let mut line = Line::new(3000, (0, 20_000), 1);
    line.run_to(8000);
    assert!(line.playout.take_finished().is_some(), "it counts as heard");
    assert!(!line.playout.is_idle());
    let mut out = Effects::new();
    assert!(line.playout.cut(at(8000), &mut out).is_empty());
    assert!(matches!(out[..], [Effect::Media(MediaEffect::Clear)]), "{out:?}");
}

#[test]
fn a_line_on_which_nothing_is_out_is_not_cleared() {
    let mut line = Line::new(1000, (0, 0), 1);
    line.run_to(1200);
    assert!(line.playout.take_finished().is_some());
    assert!(line.playout.is_idle());
    let mut out = Effects::new();
    line.playout.cut(at(1200), &mut out);
    assert!(out.is_empty());
}

#[test]
fn marks_on_a_grid_of_twenty_milliseconds_cost_five() {
    let mut line = Line::new(3000, (0, 0), 20);
    let mut worst: f64 = 0.0;
    for now in (800..2000).step_by(7) {
        line.run_to(now);
        worst = worst.max(line.error_ms());
    }
    assert!(worst <= 6.0, "{worst} ms");
}
