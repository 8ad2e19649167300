//! The caller's turns: when speech begins and ends, what it becomes, and when its words are told.

use std::time::Duration;

use serde_json::json;

use crate::sim::model::agenda::Job;
use crate::sim::model::conversation::{Item, Sound, user_audio};
use crate::sim::model::ears::Heard;
use crate::sim::model::knobs::{BusyCommit, TurnFault};
use crate::sim::model::speaking::{Cause, already_active};
use crate::sim::model::{FakeModel, Transcript};

/// A text that is told late.
const LATE: Duration = Duration::from_secs(5);
/// The longest that a swapped text waits for the next turn's.
const SWAP_MAX: Duration = Duration::from_secs(4);

impl FakeModel {
    /// Audio in the session's input format.
    pub(super) fn listen(&mut self, audio: &[u8]) {
        let Some(vad) = self.session.vad else {
            return self.ears.count(audio.len(), self.session.input);
        };
        let mut heard = std::mem::take(&mut self.heard);
        self.ears.hear(audio, self.session.input, &vad, &mut heard);
        for what in heard.drain(..) {
            match what {
                Heard::Started { at_ms } => {
                    let item = self.writer.id("item");
                    let body = json!({"audio_start_ms": at_ms, "item_id": item});
                    self.speech_item = Some(item);
                    self.ledger.goes_on(self.now);
                    self.send("input_audio_buffer.speech_started", &body);
                    if vad.interrupt_response {
                        self.cancel("turn_detected");
                    }
                }
                Heard::Stopped { at_ms } => {
                    let item = self.speech_item.take().unwrap_or_else(|| self.writer.id("item"));
                    let body = json!({"audio_end_ms": at_ms, "item_id": item});
                    self.send("input_audio_buffer.speech_stopped", &body);
                    self.commit(&item);
                    if vad.create_response {
                        self.answer_turn();
                    }
                }
            }
        }
        self.heard = heard;
    }

    /// The buffer becomes an item.
    pub(super) fn commit(&mut self, id: &str) {
        let turn = self.turn_count;
        self.turn_count += 1;
        self.ledger.turns += 1;
        let ms = self.ears.take();
        let json = user_audio(id);
        let item = Item { id: id.to_owned(), json: json.clone(), sound: Sound::User { ms }, chars: 0 };
        let previous = self.conversation.push(item);
        self.send("input_audio_buffer.committed", &json!({"previous_item_id": previous, "item_id": id}));
        let body = json!({"previous_item_id": previous, "item": json});
        self.send("conversation.item.added", &body);
        self.send("conversation.item.done", &body);
        self.transcribe(turn, id, ms);
    }

    fn answer_turn(&mut self) {
        match (&self.active, self.knobs.busy_commit) {
            (None, _) => self.start_response(Cause::Turn),
            (Some(_), BusyCommit::Queue) => self.answer_owed = true,
            (Some(active), BusyCommit::Refuse) => {
                let refused = already_active(&active.id);
                self.send_error(None, &refused, "invalid_request_error");
            }
        }
    }

    /// Plans when the words of a turn are told.
    fn transcribe(&mut self, turn: u32, item: &str, ms: u64) {
        let text = self.script.caller_text();
        if !self.session.transcribes {
            return;
        }
        let fault = self.knobs.on_turn.iter().find(|(number, _)| *number == turn).map(|(_, fault)| *fault);
        let (least, most) = self.knobs.transcript_delay;
        let usual = Duration::from_micros(self.rng.u64(least.as_micros() as u64..=most.as_micros() as u64));
        let delay = match fault {
            Some(TurnFault::TranscriptNever) => return,
            Some(TurnFault::TranscriptLate) => LATE,
            Some(TurnFault::TranscriptSwapped) => {
                self.held = Some(item.to_owned());
                SWAP_MAX
            }
            Some(TurnFault::TranscriptFailed) | None => usual,
        };
        let unintelligible = (fault == Some(TurnFault::TranscriptFailed)).then_some("audio_unintelligible");
        let failed = self.knobs.deaf.or(unintelligible);
        self.transcripts.insert(item.to_owned(), Transcript { text, ms, failed });
        self.agenda.add(self.now + delay, Job::Transcript(item.to_owned()));
    }

    /// Tells the words of a turn, once, and then those of the turn that waited for it.
    pub(super) fn tell_transcript(&mut self, item: &str) {
        let Some(told) = self.transcripts.remove(item) else {
            return;
        };
        if let Some(code) = told.failed {
            let error = json!({"type": "transcription_error", "code": code, "message": "Not understood."});
            self.ledger.not_transcribed(self.now);
            let body = json!({"item_id": item, "content_index": 0, "error": error});
            self.send("conversation.item.input_audio_transcription.failed", &body);
        } else {
            let text = &*told.text;
            let body = json!({"item_id": item, "content_index": 0, "delta": text});
            self.send("conversation.item.input_audio_transcription.delta", &body);
            let usage = json!({"type": "duration", "seconds": told.ms.div_ceil(1000)});
            let body = json!({"item_id": item, "content_index": 0, "transcript": text, "usage": usage});
            self.send("conversation.item.input_audio_transcription.completed", &body);
            self.ledger.transcribed_at.push(self.now);
            self.ledger.failed_in_a_row = 0;
        }
        match self.held.take() {
            Some(held) if held != item => self.tell_transcript(&held),
            _ => {}
        }
    }
}
