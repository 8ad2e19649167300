//! What each step of a response's timetable sends, with both families of item events and the usage at the end.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::sim::model::agenda::Job;
use crate::sim::model::client_events::BASE64;
use crate::sim::model::conversation::{Item, Sound, audio_tokens};
use crate::sim::model::ledger::Cut;
use crate::sim::model::objects::{item_json, part_json, remove, usage};
use crate::sim::model::response::{Content, Ending, OutItem, Response, Stage, Step};
use crate::sim::model::session::Format;
use crate::sim::model::wire::At;
use crate::sim::model::{FakeModel, ModelOut, State};
use crate::types::Millis;

/// When the deltas come that follow a cancelled response's end, in milliseconds after it.
const LATE_DELTAS_AT_MS: [u64; 2] = [10, 40];
/// Text is cached in blocks of this many tokens.
const CACHE_BLOCK_TOKENS: u64 = 64;

impl FakeModel {
    /// Takes the active response's next step.
    pub(super) fn speak(&mut self) {
        let Some((_, step)) = self.active.as_mut().and_then(|active| active.steps.pop_front()) else {
            return;
        };
        match step {
            Step::Created => self.announce(),
            Step::RateLimits => self.send_rate_limits(),
            Step::AddItem(item) => self.add_item(item),
            Step::AddPart(item) => self.add_part(item),
            Step::Words(item, words) => self.send_words(item, &words),
            Step::Audio { item, bytes, twice } => self.send_next_audio(item, bytes, twice),
            Step::Arguments(item, piece) => self.send_arguments(item, &piece),
            Step::Close(item) => self.close_item(item, "completed"),
            Step::CloseAgain(item) => self.send_item_done(item, "completed"),
            Step::Finish(ending) => self.finish(&ending),
            Step::Reset => {
                self.state = State::Closed;
                self.active = None;
                self.out.push_back(ModelOut::Reset);
            }
        }
    }

    fn announce(&mut self) {
        let Some(active) = self.active.as_mut() else { return };
        active.announced = true;
        let asked = active.asked;
        self.ledger.responses.push(active.id.clone());
        self.create_answered(asked);
        self.send_response("response.created", "in_progress", Value::Null, Value::Null);
    }

    fn add_item(&mut self, number: usize) {
        let Some(active) = self.active.as_mut() else { return };
        let response = active.id.clone();
        let item = &mut active.items[number];
        item.stage = Stage::Open;
        let json = item_json(item, "in_progress", true);
        let sound = match item.content {
            Content::Speech { .. } => Sound::Assistant { sent_ms: 0, kept_ms: 0 },
            Content::Text { .. } | Content::Call { .. } => Sound::None,
        };
        item.previous = self.conversation.push(Item { id: item.id.clone(), json: json.clone(), sound, chars: 0 });
        let previous = item.previous.clone();
        self.send(
            "response.output_item.added",
            &json!({"response_id": response, "output_index": number, "item": json}),
        );
        self.send("conversation.item.added", &json!({"previous_item_id": previous, "item": json}));
    }

    fn add_part(&mut self, number: usize) {
        let Some((mut body, content)) = self.part(number) else { return };
        body["part"] = part_json(&content, true);
        self.send("response.content_part.added", &body);
    }

    fn send_words(&mut self, number: usize, words: &str) {
        let padding: String = (0..self.rng.usize(2..14)).map(|_| self.rng.alphanumeric()).collect();
        let Some(active) = self.active.as_mut() else { return };
        let item = &mut active.items[number];
        let kind = match &mut item.content {
            Content::Speech { said, .. } => {
                said.push_str(words);
                "response.output_audio_transcript.delta"
            }
            Content::Text { said, .. } => {
                said.push_str(words);
                "response.output_text.delta"
            }
            Content::Call { .. } => return,
        };
        let at = At { response: &active.id, item: &item.id, output_index: number };
        let text = self.writer.word_delta(kind, at, words, &padding);
        self.out.push_back(ModelOut::Text(text));
    }

    fn send_next_audio(&mut self, number: usize, bytes: usize, twice: bool) {
        let Some(active) = self.active.as_mut() else { return };
        let Content::Speech { audio, sent, .. } = &mut active.items[number].content else { return };
        let delta = audio.slice(*sent..*sent + bytes);
        *sent += bytes;
        let base64 = BASE64.encode(&delta);
        self.send_audio(number, &base64, bytes);
        if twice {
            // The same message once more.
            let again = self.out.back().cloned();
            self.out.extend(again);
        }
    }

    /// One delta of an open item; `bytes` of audio are counted for it.
    pub(super) fn send_audio(&mut self, number: usize, base64: &str, bytes: usize) {
        let Some(active) = self.active.as_ref() else { return };
        let item = &active.items[number].id;
        let at = At { response: &active.id, item, output_index: number };
        self.out.push_back(ModelOut::Text(self.writer.audio_delta(at, base64)));
        self.spoke = true;
        if !self.ledger.audio.contains_key(item) {
            self.ledger.audio.insert(item.clone(), Default::default());
        }
        let Some(sent) = self.ledger.audio.get_mut(item) else { return };
        sent.bytes += bytes as u64;
        let millis = sent.bytes / active.format.bytes_per_ms() as u64;
        sent.duration = Millis(millis as u32);
        if let Some(Item { sound: Sound::Assistant { sent_ms, kept_ms }, .. }) = self.conversation.item_mut(item) {
            // What was cut stays cut.
            if kept_ms == sent_ms {
                *kept_ms = millis;
            }
            *sent_ms = millis;
        }
    }

    fn send_arguments(&mut self, number: usize, piece: &str) {
        let Some(active) = self.active.as_mut() else { return };
        let item = &mut active.items[number];
        let Content::Call { call_id, said, .. } = &mut item.content else { return };
        said.push_str(piece);
        let body = json!({
            "response_id": active.id, "item_id": item.id, "output_index": number, "call_id": call_id, "delta": piece,
            "obfuscation": "q7Yz",
        });
        self.send("response.function_call_arguments.delta", &body);
    }

    /// The closing family of an item; the order of the last two is the seed's.
    fn close_item(&mut self, number: usize, status: &str) {
        let Some((mut body, content)) = self.part(number) else { return };
        match &content {
            Content::Speech { said, .. } => {
                self.send("response.output_audio.done", &body);
                body["transcript"] = said.as_str().into();
                self.send("response.output_audio_transcript.done", &body);
                self.send_part_done(body, &content, "transcript");
            }
            Content::Text { said, .. } => {
                body["text"] = said.as_str().into();
                self.send("response.output_text.done", &body);
                self.send_part_done(body, &content, "text");
            }
            Content::Call { call_id, name, arguments, said } => {
                let complete = status == "completed";
                let mut body = body;
                remove(&mut body, "content_index");
                body["call_id"] = call_id.as_str().into();
                body["name"] = name.as_str().into();
                body["arguments"] = (if complete { arguments } else { said }).as_str().into();
                self.send("response.function_call_arguments.done", &body);
                if complete {
                    self.calls.insert(call_id.clone(), false);
                    self.ledger.calls.push((call_id.clone(), name.clone()));
                }
            }
        }
        let Some(active) = self.active.as_mut() else { return };
        let item = &mut active.items[number];
        item.stage = if status == "completed" { Stage::Complete } else { Stage::Incomplete };
        let json = item_json(item, status, false);
        let (id, previous) = (item.id.clone(), item.previous.clone());
        if let Some(kept) = self.conversation.item_mut(&id) {
            // An item that was cut while it was made has lost its words.
            let cut = matches!(kept.sound, Sound::Assistant { sent_ms, kept_ms } if kept_ms < sent_ms);
            kept.chars = if cut { 0 } else { content.chars() };
            kept.json = json.clone();
        }
        let body = json!({"previous_item_id": previous, "item": json});
        if self.rng.bool() {
            self.send("conversation.item.done", &body);
            self.send_item_done(number, status);
        } else {
            self.send_item_done(number, status);
            self.send("conversation.item.done", &body);
        }
    }

    fn send_part_done(&mut self, mut body: Value, content: &Content, key: &str) {
        remove(&mut body, key);
        body["part"] = part_json(content, false);
        self.send("response.content_part.done", &body);
    }

    fn send_item_done(&mut self, number: usize, status: &str) {
        let Some(active) = self.active.as_ref() else { return };
        let item = item_json(&active.items[number], status, false);
        let body = json!({"response_id": active.id, "output_index": number, "item": item});
        self.send("response.output_item.done", &body);
    }

    /// Closes what is open, ends the response, and begins what waited for that.
    fn finish(&mut self, ending: &Ending) {
        let open = |active: &Response| active.items.iter().position(|item| item.stage == Stage::Open);
        while let Some(number) = self.active.as_ref().and_then(open) {
            self.close_item(number, "incomplete");
        }
        let usage = match ending {
            Ending::Failed(_) => usage((0, 0), (0, 0), (0, 0)),
            _ => self.count_tokens(),
        };
        let details = match ending {
            Ending::Completed => Value::Null,
            Ending::Cancelled(reason) => json!({"type": "cancelled", "reason": reason}),
            Ending::Incomplete(reason) => json!({"type": "incomplete", "reason": reason}),
            Ending::Failed(code) => {
                json!({"type": "failed", "error": {"type": code, "code": code, "message": "The response failed."}})
            }
        };
        self.send_response("response.done", ending.status(), details, usage);
        let Some(mut done) = self.active.take() else { return };
        if matches!(ending, Ending::Incomplete(_)) && done.items.iter().any(OutItem::was_begun) {
            let went_on = self.speech_item.is_some().then_some(self.now);
            self.ledger.cuts.push(Cut { at: self.now, went_on });
        }
        if matches!(ending, Ending::Cancelled(_)) {
            if self.knobs.late_deltas {
                self.plan_late_deltas(&done);
            }
            self.ledger.cancelled.push(std::mem::take(&mut done.id));
        }
        // Limits that were to follow the end.
        if done.steps.iter().any(|(_, step)| *step == Step::RateLimits) {
            self.send_rate_limits();
        }
        // An echo begins anew with the next sound.
        if !self.script.is_echo() && std::mem::take(&mut self.answer_owed) {
            self.start_response(super::speaking::Cause::Turn);
        }
    }

    /// Audio of a response that has ended already.
    fn plan_late_deltas(&mut self, done: &Response) {
        for (number, item) in done.items.iter().enumerate() {
            if let Content::Speech { audio, sent, .. } = &item.content
                && *sent > 0
            {
                let rest = &audio[*sent..];
                let delta = BASE64.encode(&rest[..rest.len().min(done.format.bytes_per_ms() * 60)]);
                for millis in LATE_DELTAS_AT_MS {
                    let at = At { response: &done.id, item: &item.id, output_index: number };
                    let text = self.writer.audio_delta(at, &delta);
                    self.agenda.add(self.now + std::time::Duration::from_millis(millis), Job::Send(text));
                }
                return;
            }
        }
    }

    fn send_response(&mut self, kind: &str, status: &str, details: Value, usage: Value) {
        let Some(active) = self.active.as_ref() else { return };
        let known = active.items.iter().filter_map(|item| Some((item, item.stage.status()?)));
        let output: Vec<Value> = known.map(|(item, status)| item_json(item, status, false)).collect();
        let format = match active.format {
            Format::Pcm => json!({"type": "audio/pcm", "rate": 24000}),
            Format::Pcmu => json!({"type": "audio/pcmu"}),
        };
        let voice = &self.session.json["audio"]["output"]["voice"];
        let response = json!({
            "object": "realtime.response", "id": active.id, "status": status, "status_details": details,
            "output": output, "conversation_id": self.conversation_id,
            "output_modalities": [if active.text_only { "text" } else { "audio" }],
            "max_output_tokens": self.session.json["max_output_tokens"],
            "audio": {"output": {"format": format, "voice": voice}}, "usage": usage, "metadata": active.metadata,
        });
        self.send(kind, &json!({"response": response}));
    }

    fn send_rate_limits(&mut self) {
        let remaining = 40_000 - self.rng.u32(..2000);
        let limit = json!({"name": "tokens", "limit": 40_000, "remaining": remaining, "reset_seconds": 2.265});
        self.send("rate_limits.updated", &json!({"rate_limits": [limit]}));
    }

    /// Tokens of the active response: the whole conversation in, what was made out.
    fn count_tokens(&mut self) -> Value {
        let mut made = (0, 0);
        let mut own = (0, 0);
        for item in self.active.iter().flat_map(|active| &active.items).filter(|item| item.stage.status().is_some()) {
            made.0 += item.content.chars().div_ceil(4);
            let ms = self.ledger.audio.get(&item.id).map_or(0, |sent| sent.duration.0.into());
            made.1 += audio_tokens(ms);
            if let Some(Item { sound: Sound::Assistant { kept_ms, .. }, chars, .. }) =
                self.conversation.item_mut(&item.id)
            {
                own.0 += chars.div_ceil(4);
                own.1 += audio_tokens(*kept_ms);
            } else {
                own.0 += item.content.chars().div_ceil(4);
            }
        }
        let (text, audio) = self.conversation.tokens();
        let input = (text.saturating_sub(own.0) + self.session.text_tokens(), audio.saturating_sub(own.1));
        let block = |before: u64, now: u64| before.min(now) / CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS;
        let cached = (block(self.last_input.0, input.0), block(self.last_input.1, input.1));
        self.last_input = input;
        usage(input, cached, made)
    }

    /// The fields that say where a content part is, and what its item holds.
    fn part(&self, number: usize) -> Option<(Value, Content)> {
        let active = self.active.as_ref()?;
        let item = &active.items[number];
        let body = json!({
            "response_id": active.id, "item_id": item.id, "output_index": number, "content_index": 0,
        });
        Some((body, item.content.clone()))
    }
}
