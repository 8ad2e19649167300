//! A client in virtual time that talks with the simulated model and keeps a recording.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::sim::clips::{self, Clip, Kind};
use switchboard::sim::model::recording::{self, Direction};
use switchboard::sim::model::{FakeModel, ModelKnobs, ModelOut, ModelScript, Part, Reply};
use switchboard::types::{Mono, Mulaw};

/// One connection, seen from the client.
pub(crate) struct Talk {
    pub model: FakeModel,
    pub now: Mono,
    /// Everything the server sent, as it came.
    pub outs: Vec<ModelOut>,
    /// The same, parsed, with its time.
    pub events: Vec<(Mono, Value)>,
    pub recording: String,
    /// Tells connections apart that share a recording.
    conn: String,
    /// Answers tool calls, and cuts what is interrupted, as a good client does.
    pub polite: bool,
    pcm: bool,
    sent: u32,
    audio_ms: BTreeMap<String, u64>,
    /// Items that were cut: what comes late of them does not count.
    cut: BTreeSet<String>,
    responding: bool,
}

impl Talk {
    /// Opens the connection; nothing is configured.
    pub(crate) fn open(seed: u64, script: ModelScript, knobs: ModelKnobs) -> Self {
        let mut model = FakeModel::new(seed, script, knobs);
        model.open(Mono::ZERO, Some("gpt-realtime-2.1"), Some("Bearer sk-test"), false);
        let mut talk = Self {
            model,
            now: Mono::ZERO,
            outs: Vec::new(),
            events: Vec::new(),
            recording: String::new(),
            conn: format!("seed-{seed}"),
            polite: true,
            pcm: false,
            sent: 0,
            audio_ms: BTreeMap::new(),
            cut: BTreeSet::new(),
            responding: false,
        };
        talk.collect();
        talk
    }

    /// Opens and configures for mu-law.
    pub(crate) fn ready(seed: u64, script: ModelScript, knobs: ModelKnobs) -> Self {
        let mut talk = Self::open(seed, script, knobs);
        talk.configure(&json!({"type": "audio/pcmu"}), true);
        talk
    }

    /// Opens and configures for PCM.
    pub(crate) fn ready_pcm(seed: u64, script: ModelScript, knobs: ModelKnobs) -> Self {
        let mut talk = Self::open(seed, script, knobs);
        talk.pcm = true;
        talk.configure(&json!({"type": "audio/pcm", "rate": 24000}), true);
        talk
    }

    pub(crate) fn configure(&mut self, format: &Value, interrupt: bool) {
        self.send(json!({"type": "session.update", "session": {
            "type": "realtime", "instructions": "You answer the phone.", "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "format": format, "transcription": {"model": "gpt-transcribe", "languages": ["en"]},
                    "turn_detection": {
                        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
                        "idle_timeout_ms": null, "create_response": true, "interrupt_response": interrupt,
                    },
                },
                "output": {"format": format, "voice": "marin"},
            },
            "tools": [
                {"type": "function", "name": "end_call", "description": "", "parameters": {"type": "object"}},
                {"type": "function", "name": "complete_intake", "description": "", "parameters": {"type": "object"}},
            ],
        }}));
        self.run(50);
    }

    /// Sends an event, with an `event_id` if it has none; returns that id.
    pub(crate) fn send(&mut self, mut event: Value) -> String {
        self.sent += 1;
        if event.get("event_id").is_none() {
            event["event_id"] = format!("c-{}", self.sent).into();
        }
        let id = event["event_id"].as_str().unwrap_or_default().to_owned();
        self.send_text(&event.to_string());
        id
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        self.recording.extend(recording::line(Direction::Client, &self.conn, text));
        self.model.receive(self.now, text);
        self.collect();
    }

    /// Lets time pass; nothing is appended.
    pub(crate) fn run(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while let Some(at) = self.model.next_wake().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.model.advance(self.now);
            self.collect();
        }
        self.now = until;
    }

    /// Appends audio in frames of 20 ms, in real time.
    pub(crate) fn append(&mut self, audio: &Mulaw) {
        let mut audio = if self.pcm { Clip::new("", audio.clone()).pcm() } else { audio.clone().into_bytes() };
        while !audio.is_empty() {
            let frame = audio.split_to(audio.len().min(if self.pcm { 960 } else { 160 }));
            self.send(json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(&frame)}));
            self.run(20);
        }
    }

    /// Says a fixture.
    pub(crate) fn say(&mut self, id: &str) {
        self.append(&clips::clip(Kind::Caller, id).unwrap().audio);
    }

    /// Appends silence.
    pub(crate) fn quiet(&mut self, millis: u32) {
        self.append(&Mulaw::silence(switchboard::types::Millis(millis)));
    }

    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect()
    }

    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().map(|(_, event)| event).filter(|event| event["type"] == kind).collect()
    }

    pub(crate) fn last(&self, kind: &str) -> &Value {
        self.all(kind).last().copied().unwrap_or_else(|| panic!("no {kind} in {:?}", self.kinds()))
    }

    pub(crate) fn at(&self, kind: &str) -> Mono {
        self.events.iter().find(|(_, event)| event["type"] == kind).unwrap().0
    }

    /// Code of the last error, and what it is about.
    pub(crate) fn last_error(&self) -> (&str, Option<&str>) {
        let error = &self.last("error")["error"];
        (error["code"].as_str().unwrap_or_default(), error["event_id"].as_str())
    }

    fn collect(&mut self) {
        while let Some(out) = self.model.poll() {
            self.outs.push(out.clone());
            let ModelOut::Text(text) = out else { continue };
            self.recording.extend(recording::line(Direction::Server, &self.conn, &text));
            let Ok(event) = serde_json::from_str::<Value>(&text) else { continue };
            self.events.push((self.now, event.clone()));
            self.react(&event);
        }
    }

    fn react(&mut self, event: &Value) {
        match event["type"].as_str().unwrap_or_default() {
            "response.created" => self.responding = true,
            "response.output_audio.delta" => {
                let bytes = STANDARD.decode(event["delta"].as_str().unwrap()).unwrap().len() as u64;
                let item = event["item_id"].as_str().unwrap().to_owned();
                if !self.cut.contains(&item) {
                    *self.audio_ms.entry(item).or_default() += bytes;
                }
            }
            "input_audio_buffer.speech_started" if self.polite && self.responding => self.cut(),
            "response.done" => {
                self.responding = false;
                self.answer(&event["response"]);
            }
            _ => {}
        }
    }

    /// Truncates the items that the active response has begun, as if half of each had been heard.
    fn cut(&mut self) {
        let per_ms = if self.pcm { 48 } else { 8 };
        for (item, bytes) in std::mem::take(&mut self.audio_ms) {
            let end = bytes / per_ms / 2;
            self.cut.insert(item.clone());
            self.send(json!({
                "type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": end,
            }));
        }
    }

    /// Answers every complete call of a response, then asks for one more response.
    fn answer(&mut self, response: &Value) {
        if !self.polite || self.model.is_closed() {
            return;
        }
        let calls: Vec<String> = response["output"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|item| item["type"] == "function_call" && item["status"] == "completed")
            .map(|item| item["call_id"].as_str().unwrap().to_owned())
            .collect();
        for call in &calls {
            self.send(json!({"type": "conversation.item.create", "item": {
                "type": "function_call_output", "call_id": call, "output": "{\"ok\":true}",
            }}));
        }
        if !calls.is_empty() && !self.responding && !self.model.is_responding() {
            self.send(json!({"type": "response.create"}));
        }
    }
}

/// A reply that speaks a fixture.
pub(crate) fn speech(id: &str) -> Reply {
    vec![Part::Speech(clips::clip(Kind::Assistant, id).unwrap())]
}

/// A reply that calls a tool.
pub(crate) fn call(name: &str, arguments: &str) -> Reply {
    vec![Part::Call { name: name.into(), arguments: arguments.into() }]
}

/// These replies in order, then "is there anything else".
pub(crate) fn script(replies: Vec<Reply>) -> ModelScript {
    ModelScript::turns(replies, speech("assistant-fallback"), vec!["first words".into(), "second words".into()])
}
