//! Who has the floor: the caller's speech, barge-in, and what was heard of what the assistant said.

use crate::session::CallSession;
use crate::session::effect::{Effects, Event, Heard, LineOrigin, ModelEffect, Record, RespondKind, Source};
use crate::session::ending::Ending;
use crate::session::guard::{Part, guarded};
use crate::session::links::{Media, Model};
use crate::session::plant::planted;
use crate::session::playout::{Cut, Finished};
use crate::session::timer::Timer;
use crate::session::transcript::{assistant_line, heard_words, local_origin};
use crate::types::{ItemId, Millis, Mono, Phase, Prompt, ResponseId};

impl CallSession {
    pub(super) fn on_speech_started(&mut self, now: Mono, item: &ItemId, at_ms: u32, out: &mut Effects) {
        let began = self.appended_at(now, at_ms);
        if let Some(line) = self.transcript.caller_began(item, began) {
            self.record(Record::Line(line), out);
        }
        self.caller_turns.began(item, at_ms);
        self.long_speech.began();
        self.turn.speaking = Some(now);
        self.timers.set(Timer::Speech, now + self.policy.speech_max);
        self.turn.speech_ended = None;
        let interrupts = self.cancel_goodbye(now, "speech", out);
        if interrupts && !self.is_protected() {
            self.interrupt(now, out);
        }
    }

    pub(super) fn on_speech_stopped(&mut self, now: Mono, item: &ItemId, at_ms: u32) {
        let ended = self.appended_at(now, at_ms);
        self.transcript.caller_stopped(item, ended);
        self.caller_turns.stopped(item, at_ms);
        self.long_speech.server_ended();
        self.end_speech();
        self.turn.speech_ended = Some(ended);
        // The server commits the turn in the same breath: a create of ours would only collide with its answer.
        self.turn.committed();
    }

    pub(super) fn on_turn_committed(&mut self, now: Mono, item: &ItemId, out: &mut Effects) {
        if let Some(line) = self.transcript.caller_began(item, now) {
            self.record(Record::Line(line), out);
        }
        self.transcript.caller_committed(item, now + self.policy.transcript_wait);
        self.caller_turns.committed(item);
        self.turn.newest = Some(item.clone());
        self.turn.wordless = false;
        if self.long_speech.takes(item) {
            // The caller may speak on, and the server answers nothing.
            self.caller_turns.stopped(item, (self.pace.appended / 8) as u32);
            return;
        }
        self.end_speech();
        self.turn.speech_ended.get_or_insert(now);
        self.turn.committed();
        self.replace_greeting(out);
        if self.phase == Phase::Greeting {
            self.enter(Phase::Intake, out);
        }
    }

    /// Nobody speaks any more, as far as we know.
    pub(super) const fn end_speech(&mut self) {
        self.turn.speaking = None;
        self.timers.stop(Timer::Speech);
    }

    pub(super) fn on_caller_text(&mut self, now: Mono, item: &ItemId, text: Option<&str>, out: &mut Effects) {
        if let Some(line) = self.transcript.caller_text(item, text) {
            self.record(Record::Line(line), out);
        }
        let words = text.is_some_and(|text| !text.trim().is_empty());
        if text.is_some() && !words {
            self.note_no_words(item);
        } else {
            self.note_life();
        }
        if words {
            self.transcribing.understood();
            self.hear_words(now, out);
        }
        self.note_words_of_ours(item, words);
        // Words that come too late for the transcript may still ask for help.
        let (Some(text), Some(turn)) = (text, self.caller_turns.take(item)) else {
            return;
        };
        self.watch_caller(now, text, turn, out);
    }

    /// The sentence about an emergency is on, or about to be said.
    pub(super) fn is_emergency_being_said(&self, now: Mono) -> bool {
        self.timers.is_set(Timer::Emergency)
            || self.sentences.iter().any(|(prompt, _)| *prompt == Prompt::Emergency)
            || self.is_saying_emergency(now)
    }

    /// A sentence is on that the caller must hear to its end.
    pub(super) fn is_saying_what_must_be_heard(&self, now: Mono) -> bool {
        let must =
            |prompt: Prompt| matches!(prompt, Prompt::EmergencyNobody | Prompt::EmergencyStay | Prompt::Connecting);
        self.is_emergency_being_said(now) || self.sentences.iter().any(|(prompt, _)| must(*prompt))
    }

    /// The caller speaks, or presses a key: everything that they have not heard yet is dropped.
    pub(super) fn interrupt(&mut self, now: Mono, out: &mut Effects) {
        if !matches!(self.ending, Ending::None)
            || self.is_saying_what_must_be_heard(now)
            || self.people.is_handing_over()
        {
            return;
        }
        self.greeting.end();
        if matches!(self.turn.wanted, Some(RespondKind::Say(_))) {
            // The answer to what the caller says takes its place.
            self.turn.wanted = None;
        }
        let cuts = if self.playout.is_idle() { Vec::new() } else { self.playout.cut(now, out) };
        self.cancel_active(out);
        self.note_barge_in(&cuts, out);
        self.settle_cuts(now, cuts, out);
    }

    /// One timeline entry for one interruption: the item that was playing.
    fn note_barge_in(&mut self, cuts: &[Cut], out: &mut Effects) {
        let playing = cuts.iter().find(|cut| cut.began.is_some() && !cut.complete);
        let Some((Source::Model(id), cut)) = playing.map(|cut| (&cut.source, cut)) else {
            return;
        };
        let received = self.speech.find(id).map_or(Millis(0), |item| item.received);
        let heard = cut.heard.min(received);
        self.event(Event::BargeIn { item: id.clone(), heard, received }, out);
    }

    /// Asks the server to stop the active response, and takes no more of it.
    pub(super) fn cancel_active(&mut self, out: &mut Effects) {
        let Some(active) = self.turn.active.as_mut().filter(|active| !active.cancelled) else {
            return;
        };
        active.cancelled = true;
        let response = active.response.clone();
        for item in self.speech.open_items(&response) {
            self.playout.end(&Source::Model(item));
        }
        if !planted!(self.policy, PlaysCutSound) {
            self.speech.refuse(&response);
        }
        if self.model == Model::Ready {
            let no = self.next_request();
            self.send(ModelEffect::Cancel { no, response }, out);
        }
    }

    /// Takes a response back, of which the caller should hear nothing, as far as nothing was sent.
    pub(super) fn withdraw_response(&mut self, response: &ResponseId, out: &mut Effects) {
        if self.turn.active.as_ref().is_some_and(|active| active.response == *response) {
            self.cancel_active(out);
        }
        let items = self.speech.of_response(response);
        for item in items {
            if !self.playout.withdraw(&Source::Model(item.clone())) {
                continue;
            }
            self.speech.refuse(response);
            self.truncate(&item, Millis(0), out);
        }
    }

    /// Settles what a cut left of each source, oldest first.
    pub(super) fn settle_cuts(&mut self, now: Mono, cuts: Vec<Cut>, out: &mut Effects) {
        for cut in cuts {
            match cut.source.clone() {
                Source::Model(item) => self.settle_cut_item(now, &item, &cut, out),
                Source::Local(prompt) => {
                    let heard = self.facts.prompts.sentence(prompt).clone();
                    let total = Millis((heard.audio.len() / 8) as u32);
                    let line = self.sentences.iter().position(|(queued, _)| *queued == prompt);
                    let seq = line.and_then(|index| self.sentences.remove(index).1);
                    let (Some(seq), Some(began)) = (seq, cut.began) else {
                        continue;
                    };
                    let (text, heard) = self.cut_words(&heard.text, &cut, total, out);
                    let line = assistant_line(seq, began, now, text, heard, local_origin(prompt));
                    if !planted!(self.policy, LosesLine) {
                        self.record(Record::Line(line), out);
                    }
                }
                Source::Hold => {}
            }
        }
    }

    fn settle_cut_item(&mut self, now: Mono, id: &ItemId, cut: &Cut, out: &mut Effects) {
        let Some(item) = self.speech.find_mut(id) else {
            return;
        };
        let received = item.received;
        item.closed = !planted!(self.policy, PlaysCutSound);
        item.cut |= !cut.complete;
        let (text, seq) = (item.text.clone(), item.seq.take());
        let (text, mut heard) = self.cut_words(&text, cut, received, out);
        if planted!(self.policy, ClaimsAllHeard) && !cut.complete {
            heard = Heard::Cut { heard: received, total: received };
        }
        if !cut.complete {
            let heard = cut.heard.min(received);
            self.truncate(id, heard, out);
        }
        if let (Some(seq), Some(began)) = (seq, cut.began) {
            let origin = LineOrigin::Item(id.clone());
            self.record(Record::Line(assistant_line(seq, began, now, text, heard, origin)), out);
        }
    }

    /// Tells the model how much of an item was heard; nothing if no audio of it was received.
    pub(super) fn truncate(&mut self, id: &ItemId, heard: Millis, out: &mut Effects) {
        let received = self.speech.find(id).map_or(Millis(0), |item| item.received);
        if received == Millis(0) || self.model != Model::Ready {
            return;
        }
        let no = self.next_request();
        let heard = if planted!(self.policy, TruncatesTooFar) { Millis(heard.0 + 200) } else { heard.min(received) };
        self.send(ModelEffect::Truncate { no, item: id.clone(), heard }, out);
    }

    /// The last words are out, and are not known to be heard.
    pub(super) fn is_still_out(&self) -> bool {
        self.media == Media::Live && !self.playout.is_settled()
    }

    /// A source begins, or goes on, to sound.
    pub(super) fn note_sound(&mut self, now: Mono, source: &Source, out: &mut Effects) {
        match source {
            Source::Model(id) => {
                let Some(item) = self.speech.find(id) else {
                    return;
                };
                if item.seq.is_some() {
                    return;
                }
                let response = item.response.clone();
                let seq = self.transcript.number();
                if let Some(item) = self.speech.find_mut(id) {
                    item.seq = Some(seq);
                }
                if self.is_disclosure(&response) {
                    self.timers.set_once(Timer::Protected, now + self.policy.protected_max);
                }
                if let Some(ended) = self.turn.speech_ended.take() {
                    let latency = Millis(now.since(ended).as_millis() as u32);
                    self.event(Event::Answered { latency }, out);
                }
            }
            Source::Local(prompt) => {
                if let Some((_, seq @ None)) = self.sentences.iter_mut().find(|(queued, _)| queued == prompt) {
                    *seq = Some(self.transcript.number());
                }
            }
            Source::Hold => {}
        }
    }

    /// Writes the lines of what was heard to its end, and of what waited for its words for too long.
    pub(super) fn settle_lines(&mut self, now: Mono, out: &mut Effects) {
        while let Some(finished) = self.playout.take_finished() {
            self.settle_finished(now, finished, out);
        }
        while let Some(line) = self.transcript.take_overdue(now) {
            // Nobody knows what was said, but it may have been words.
            self.note_life();
            self.record(Record::Line(line), out);
            self.note_late_words(out);
        }
        match self.transcript.next_due() {
            Some(due) => self.timers.set(Timer::Transcript, due),
            None => self.timers.stop(Timer::Transcript),
        }
        self.lift_protection(now, out);
    }

    fn settle_finished(&mut self, now: Mono, finished: Finished, out: &mut Effects) {
        match finished.source {
            Source::Model(id) => {
                if let Some(item) = self.speech.find_mut(&id) {
                    item.heard = Some((finished.began, now));
                }
                self.settle_heard_item(&id, false, out);
            }
            Source::Local(prompt) => {
                let index = self.sentences.iter().position(|(queued, _)| *queued == prompt);
                let Some(seq) = index.and_then(|index| self.sentences.remove(index).1) else {
                    return;
                };
                let text = self.facts.prompts.sentence(prompt).text.to_string();
                let line = assistant_line(seq, finished.began, now, text, Heard::Full, local_origin(prompt));
                self.record(Record::Line(line), out);
            }
            Source::Hold => {}
        }
    }

    /// Writes the line of an item that was heard to its end, once its words are complete too.
    pub(super) fn settle_heard_item(&mut self, id: &ItemId, words_done: bool, out: &mut Effects) {
        let Some(item) = self.speech.find_mut(id) else {
            return;
        };
        let (Some((began, ended)), true) = (item.heard, item.text_done || words_done) else {
            return;
        };
        let Some(seq) = item.seq.take() else {
            return;
        };
        let (text, origin) = (item.text.clone(), LineOrigin::Item(id.clone()));
        self.record(Record::Line(assistant_line(seq, began, ended, text, Heard::Full, origin)), out);
    }

    /// Whether the caller has still to hear sound of this response.
    pub(super) fn is_sounding(&self, now: Mono, response: &ResponseId) -> bool {
        self.speech.of_response(response).into_iter().any(|item| self.playout.holds(now, &Source::Model(item)))
    }

    /// When the audio at `at_ms` of this connection reached us: the stream is real time, so count back from now.
    fn appended_at(&self, now: Mono, at_ms: u32) -> Mono {
        let appended_ms = self.pace.appended / 8;
        let back = appended_ms.saturating_sub(u64::from(at_ms));
        now - std::time::Duration::from_millis(back)
    }

    /// The words and the extent of a cut line.
    fn cut_words(&mut self, text: &str, cut: &Cut, total: Millis, out: &mut Effects) -> (String, Heard) {
        if cut.complete {
            return (text.to_owned(), Heard::Full);
        }
        let heard = Heard::Cut { heard: cut.heard.min(total), total };
        let trusts_ascii = planted!(self.policy, CutsBytes);
        let words = guarded(|| {
            // A byte is not a letter.
            assert!(!trusts_ascii || text.is_char_boundary(text.len() / 2), "planted");
            heard_words(text, cut.heard, total)
        });
        let words = words.unwrap_or_else(|| {
            self.part_failed(Part::HeardWords, out);
            text.to_owned()
        });
        (words, heard)
    }
}
