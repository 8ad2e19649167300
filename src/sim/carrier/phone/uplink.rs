//! From the phone to the gateway: when each text leaves, and what may happen to it on the way.

use crate::sim::carrier::phone::{KEYS, Phone, PhoneOut, State};
use crate::types::Mono;

impl Phone {
    pub(super) fn return_marks(&mut self, out: &mut Vec<PhoneOut>) {
        if self.returned.is_empty() {
            return;
        }
        let mut returned = std::mem::take(&mut self.returned);
        for mark in returned.drain(..) {
            if self.hit(self.knobs.lose_marks) {
                self.counts.marks_lost += 1;
                continue;
            }
            self.counts.marks_out += 1;
            let text = self.writer.mark(&mark.name);
            if self.hit(self.knobs.late_marks) {
                // Outside the order: a late mark holds nothing up.
                let due = mark.at + self.knobs.uplink.max() + self.knobs.late_marks_by;
                self.up.add(due, PhoneOut::Text(text));
            } else {
                self.send(mark.at, text, out);
            }
        }
        self.returned = returned;
    }

    /// Puts a caller frame on the wire, or does something worse to it.
    pub(super) fn send_frame(&mut self, now: Mono, text: String, out: &mut Vec<PhoneOut>) {
        if self.hit(self.knobs.lose_frames) {
            self.counts.frames_lost += 1;
            return;
        }
        if self.held.is_none() && self.hit(self.knobs.late_frames) {
            self.held = Some((self.rng.u8(1..=5), text));
            return;
        }
        let again = self.hit(self.knobs.duplicate_frames).then(|| text.clone());
        for text in std::iter::once(text).chain(again) {
            self.counts.frames_out += 1;
            self.send(now, text, out);
        }
        match self.held.take() {
            Some((0 | 1, late)) => {
                self.counts.frames_out += 1;
                self.send(now, late, out);
            }
            Some((frames, late)) => self.held = Some((frames - 1, late)),
            None => {}
        }
    }

    pub(super) fn send(&mut self, now: Mono, text: String, out: &mut Vec<PhoneOut>) {
        self.dispatch(now, PhoneOut::Text(text), out);
    }

    /// Gives an item its time on the wire; order is kept.
    pub(super) fn dispatch(&mut self, now: Mono, item: PhoneOut, out: &mut Vec<PhoneOut>) {
        let mut due = now + self.knobs.uplink.draw(&mut self.rng);
        if let Some(until) = self.burst_until {
            due = due.max(until);
            if until <= now {
                self.burst_until = None;
            }
        }
        due = due.max(self.up_last);
        self.up_last = due;
        if due <= now && self.up.is_empty() {
            self.emit(item, out);
        } else {
            self.up.add(due, item);
        }
    }

    pub(super) fn emit(&mut self, item: PhoneOut, out: &mut Vec<PhoneOut>) {
        if self.state == State::Closed {
            return;
        }
        if matches!(item, PhoneOut::Close(_) | PhoneOut::Reset) {
            self.state = State::Closed;
        }
        out.push(item);
    }

    pub(super) fn flood(&mut self, now: Mono, out: &mut Vec<PhoneOut>) {
        if self.floods_at().is_none_or(|at| at > now) {
            return;
        }
        for _ in 0..std::mem::take(&mut self.flood_left) {
            let digit = *self.rng.choice(&KEYS).unwrap_or(&'5');
            self.press(now, digit, out);
        }
    }
}
