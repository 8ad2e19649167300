//! What a client's text does: read, judged, and either refused whole or carried out.
//!
//! Appends come 50 times a second and take a short way that builds no tree; everything else is rare.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::model::agenda::Job;
use crate::sim::model::conversation::{Item, Sound};
use crate::sim::model::schema::Refused;
use crate::sim::model::session::Format;
use crate::sim::model::{FakeModel, rules};
use crate::types::Millis;

/// Most audio in one append: 15 MiB.
const APPEND_BYTES_MAX: usize = 15 * 1024 * 1024;
/// Least audio that a client may commit.
const COMMIT_MS_MIN: u64 = 100;

/// Base64 as the protocol wants it: standard alphabet, padded.
pub(super) static BASE64: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// An append, borrowed from its text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Append<'a> {
    r#type: &'a str,
    audio: &'a str,
    event_id: Option<&'a str>,
}

impl FakeModel {
    pub(super) fn handle_text(&mut self, text: &str) {
        // Anything that this way cannot read is judged by the slow one.
        if let Ok(append) = serde_json::from_str::<Append<'_>>(text)
            && append.r#type == "input_audio_buffer.append"
        {
            return self.append(append.audio, append.event_id);
        }
        let event: Value = match serde_json::from_str(text) {
            Ok(event) => event,
            Err(problem) => {
                let message = format!("Failed to parse the event as JSON: {problem}");
                return self.refuse(None, &Refused::new("invalid_json", message), false);
            }
        };
        let about = event.get("event_id").and_then(Value::as_str);
        let creates = event["type"] == "response.create";
        if creates {
            self.ledger.goes_on(self.now);
            self.ledger.creates_waiting += 1;
            self.ledger.creates_waiting_max = self.ledger.creates_waiting_max.max(self.ledger.creates_waiting);
        }
        let done = rules::event(&event).and_then(|()| self.carry_out(&event, about));
        if let Err(refused) = done {
            self.refuse(about, &refused, creates);
        }
    }

    /// Does what a well-formed event asks for.
    fn carry_out(&mut self, event: &Value, about: Option<&str>) -> Result<(), Refused> {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        match text("type") {
            "session.update" => self.update_session(&event["session"])?,
            "input_audio_buffer.append" => self.append(text("audio"), about),
            "input_audio_buffer.commit" => self.commit_by_hand()?,
            "input_audio_buffer.clear" => {
                self.ears.reset();
                self.speech_item = None;
                self.send("input_audio_buffer.cleared", &json!({}));
            }
            "conversation.item.create" => self.create_item(event)?,
            "conversation.item.retrieve" => {
                let body = json!({"item": self.conversation.retrieve(text("item_id"))?.json});
                self.send("conversation.item.retrieved", &body);
            }
            "conversation.item.truncate" => self.truncate(event)?,
            "conversation.item.delete" => {
                self.conversation.delete(text("item_id"))?;
                self.send("conversation.item.deleted", &json!({"item_id": text("item_id")}));
            }
            "response.create" => self.create_response(event.get("response"))?,
            "response.cancel" => self.cancel_asked(event["response_id"].as_str())?,
            // `rules` lets no other type through.
            _ => {}
        }
        Ok(())
    }

    fn update_session(&mut self, update: &Value) -> Result<(), Refused> {
        if let Some(path) = self.knobs.unknown_setting
            && update.pointer(&format!("/{path}")).is_some()
        {
            let param = format!("session.{}", path.replace('/', "."));
            let message = format!("Unknown parameter: '{param}'.");
            return Err(Refused::at("unknown_parameter", &param, &message));
        }
        let session = self.next_session.updated(update, self.spoke)?;
        self.next_session = session.clone();
        let delay = self.knobs.updated_delay.unwrap_or_else(|| Duration::from_millis(self.rng.u64(5..=40)));
        self.agenda.add(self.now + delay, Job::SessionUpdated(Box::new(session)));
        Ok(())
    }

    fn append(&mut self, base64: &str, about: Option<&str>) {
        let mut audio = std::mem::take(&mut self.buffer);
        audio.clear();
        let decoded = BASE64.decode_vec(base64, &mut audio).is_ok();
        let format = self.session.input;
        let problem = if !decoded || audio.is_empty() {
            Some("Invalid 'audio'. Expected base64-encoded audio bytes.")
        } else if audio.len() > APPEND_BYTES_MAX {
            Some("Invalid 'audio'. The limit is 15 MiB in one event.")
        } else if format == Format::Pcm && !audio.len().is_multiple_of(2) {
            Some("Invalid 'audio'. 16-bit samples come in pairs of bytes.")
        } else {
            None
        };
        if let Some(problem) = problem {
            self.refuse(about, &Refused::at("invalid_value", "audio", problem), false);
        } else {
            self.ledger.appends += 1;
            self.ledger.early_appends += u64::from(self.ledger.updates == 0);
            if self.script.is_echo() {
                self.ears.count(audio.len(), format);
                if self.active.is_none() {
                    // Not before there is something to say: a response that nobody can hear yet is cancelled.
                    self.start_echo();
                }
                self.echo(base64, &audio);
            } else {
                self.listen(&audio);
            }
            self.ledger.appended_ms = self.ears.millis();
        }
        self.buffer = audio;
    }

    fn commit_by_hand(&mut self) -> Result<(), Refused> {
        let buffered = self.ears.buffered_millis();
        if buffered < COMMIT_MS_MIN {
            let message = format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has {buffered}.00ms of audio."
            );
            return Err(Refused::new("input_audio_buffer_commit_empty", message));
        }
        let item = self.speech_item.take().unwrap_or_else(|| self.writer.id("item"));
        self.commit(&item);
        self.ears.reset();
        Ok(())
    }

    fn create_item(&mut self, event: &Value) -> Result<(), Refused> {
        let mut json = event["item"].clone();
        let kind = json["type"].as_str().unwrap_or_default().to_owned();
        let call = json["call_id"].as_str().map(str::to_owned);
        if kind == "function_call_output" {
            self.check_output(call.as_deref().unwrap_or_default())?;
        }
        let id = json["id"].as_str().map_or_else(|| self.writer.id("item"), str::to_owned);
        json["id"] = id.clone().into();
        json["object"] = "realtime.item".into();
        json["status"] = "completed".into();
        let texts: Vec<&str> = match kind.as_str() {
            "message" => {
                json["content"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str()).collect()
            }
            _ => ["output", "arguments"].into_iter().filter_map(|key| json[key].as_str()).collect(),
        };
        let chars = texts.iter().map(|text| text.len() as u64).sum();
        let said = texts.concat();
        let role = json["role"].as_str().unwrap_or_default().to_owned();
        let item = Item { id, json: json.clone(), sound: Sound::None, chars };
        let previous = self.conversation.insert(item, event["previous_item_id"].as_str())?;
        match (kind.as_str(), call) {
            ("function_call_output", Some(call)) => {
                self.calls.insert(call.clone(), true);
                self.ledger.tool_outputs.entry(call).or_default().push(said);
            }
            // A call from before a reconnect.
            ("function_call", Some(call)) => {
                self.calls.insert(call, false);
            }
            ("message", _) if role != "assistant" => self.ledger.notes.push(said),
            _ => {}
        }
        let body = json!({"previous_item_id": previous, "item": json});
        self.send("conversation.item.added", &body);
        self.send("conversation.item.done", &body);
        Ok(())
    }

    /// One output for each call that is complete.
    fn check_output(&self, call: &str) -> Result<(), Refused> {
        let message = match self.calls.get(call) {
            Some(false) => return Ok(()),
            Some(true) => format!("Tool call ID '{call}' has an output already."),
            None => format!("Tool call ID '{call}' not found in conversation."),
        };
        Err(Refused::new("invalid_tool_call_id", message))
    }

    fn truncate(&mut self, event: &Value) -> Result<(), Refused> {
        let item = event["item_id"].as_str().unwrap_or_default();
        let end_ms = event["audio_end_ms"].as_u64().unwrap_or_default();
        let index = event["content_index"].as_u64().unwrap_or_default();
        self.conversation.truncate(item, index, end_ms)?;
        self.ledger.truncations.push((item.to_owned(), Millis(end_ms as u32)));
        let body = json!({"item_id": item, "content_index": 0, "audio_end_ms": end_ms});
        self.send("conversation.item.truncated", &body);
        Ok(())
    }
}
