//! The model's responses as wholes: when one begins, what it will hold, how it is cancelled, and the endless echo.
//!
//! One response at a time writes to the conversation; what its timetable sends is in `sending`.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::sim::model::client_events::BASE64;
use crate::sim::model::knobs::ResponseFault;
use crate::sim::model::objects::usage;
use crate::sim::model::response::{
    Content, Ending, OutItem, Planner, Response, Stage, Step, break_half_way, items as items_of,
};
use crate::sim::model::schema::Refused;
use crate::sim::model::script::{Part, Reply, intake_call};
use crate::sim::model::session::{Format, format};
use crate::sim::model::{FakeModel, g711};
use crate::types::Mono;

/// Why a response begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause<'a> {
    /// The caller's turn was committed.
    Turn,
    /// The client asked, with these overrides.
    Request(&'a Value),
}

/// A delta of 500 KB holds this much audio.
const HUGE_AUDIO_BYTES: usize = 375_000;
/// Arguments that are never told to their end.
const ESCALATE: &str = r#"{"reason":"wants the doctor","urgency":"high","summary":"The caller wants the doctor."}"#;
/// Deltas that are on their way when a response is cancelled, and how long they and the end may take.
const LATE_DELTAS_MAX: usize = 2;
const CANCEL_MS_MAX: u64 = 30;

/// The refusal of a second response.
pub(super) fn already_active(active: &str) -> Refused {
    let message = format!(
        "Conversation already has an active response in progress: {active}. Wait until the response is finished before creating a new one."
    );
    Refused::new("conversation_already_has_active_response", message)
}

impl FakeModel {
    /// `response.create`.
    pub(super) fn create_response(&mut self, overrides: Option<&Value>) -> Result<(), Refused> {
        let overrides = overrides.unwrap_or(&Value::Null);
        if overrides["conversation"] == "none" {
            self.respond_out_of_band(overrides);
            return Ok(());
        }
        if let Some(active) = &self.active {
            return Err(already_active(&active.id));
        }
        if self.fault_of(self.response_count) == Some(ResponseFault::SpuriousActive) {
            self.response_count += 1;
            return Err(already_active("resp_of_nobody"));
        }
        self.ledger.instructions.push(overrides["instructions"].as_str().unwrap_or_default().to_owned());
        self.start_response(Cause::Request(overrides));
        Ok(())
    }

    /// Plans the next response. Nothing is active when this is called.
    pub(super) fn start_response(&mut self, cause: Cause<'_>) {
        let fault = self.fault_of(self.response_count);
        self.response_count += 1;
        self.ledger.goes_on(self.now);
        let (asked, overrides) = match cause {
            Cause::Turn => (false, &Value::Null),
            Cause::Request(overrides) => (true, overrides),
        };
        match fault {
            Some(ResponseFault::Swallowed) => return self.create_answered(asked),
            // The server complains, and answers nevertheless.
            Some(ResponseFault::SpuriousActive) => {
                self.send_error(None, &already_active("resp_of_nobody"), "invalid_request_error");
            }
            _ => {}
        }
        let format = overrides.pointer("/audio/output/format").map_or(self.session.output, format);
        let text_only = overrides.pointer("/output_modalities/0").map_or(self.session.text_only, |word| word == "text");
        let reply = self.next_reply(overrides, fault);
        let mut items = items_of(reply, format, text_only, |prefix| self.writer.id(prefix));
        if fault == Some(ResponseFault::HugeDelta) {
            stretch(&mut items);
        }
        let planner = Planner {
            rng: &mut self.rng,
            pace: self.knobs.pace,
            stalls: self.knobs.stalls,
            format,
            duplicate: fault == Some(ResponseFault::DuplicateDeltas),
            huge: fault == Some(ResponseFault::HugeDelta),
            twice: fault == Some(ResponseFault::CallTwice),
        };
        let mut steps = planner.plan(&items, self.now);
        self.spoil(&mut steps, fault);
        self.active = Some(Response {
            id: self.writer.id("resp"),
            items,
            steps,
            announced: false,
            closing: false,
            asked,
            format,
            metadata: overrides["metadata"].clone(),
            text_only,
        });
    }

    /// What the script says next, as the request and the fault change it.
    fn next_reply(&mut self, overrides: &Value, fault: Option<ResponseFault>) -> Reply {
        let mut reply = self.script.reply(&mut self.rng);
        let choice = overrides.get("tool_choice").unwrap_or(&self.session.json["tool_choice"]);
        if choice == "none" {
            reply.retain(|part| !matches!(part, Part::Call { .. }));
            return reply;
        }
        let call = |name: &str, arguments: &str| Part::Call { name: name.to_owned(), arguments: arguments.to_owned() };
        match fault {
            Some(ResponseFault::TwoCalls) => reply.extend([intake_call(), intake_call()]),
            Some(ResponseFault::CallTwice) => reply.push(intake_call()),
            Some(ResponseFault::CutCall) => reply.push(call("escalate_call", ESCALATE)),
            Some(ResponseFault::BrokenArguments) => reply.push(call("complete_intake", r#"{"structured_data":{"#)),
            Some(ResponseFault::UnknownTool) => reply.push(call("order_a_pizza", r#"{"size":"large"}"#)),
            _ => {}
        }
        reply
    }

    /// Lets a response fail where the fault says.
    fn spoil(&mut self, steps: &mut VecDeque<(Mono, Step)>, fault: Option<ResponseFault>) {
        match fault {
            Some(ResponseFault::Failed(code)) => {
                if self.rng.bool() {
                    // Before anything was made: only the announcement stays.
                    steps.truncate(1);
                }
                break_half_way(steps, Step::Finish(Ending::Failed(code)));
            }
            Some(ResponseFault::Incomplete(reason)) => break_half_way(steps, Step::Finish(Ending::Incomplete(reason))),
            Some(ResponseFault::CutCall) => {
                let ending = Step::Finish(Ending::Incomplete("max_output_tokens"));
                match steps.iter().rposition(|(_, step)| matches!(step, Step::Arguments(..))) {
                    Some(last) => {
                        let at = steps[last].0;
                        steps.truncate(last);
                        steps.push_back((at, ending));
                    }
                    None => break_half_way(steps, ending),
                }
            }
            Some(ResponseFault::Reset) => break_half_way(steps, Step::Reset),
            _ => {}
        }
    }

    fn fault_of(&self, response: u32) -> Option<ResponseFault> {
        self.knobs.on_response.iter().find(|(number, _)| *number == response).map(|(_, fault)| *fault)
    }

    /// A `response.create` got its answer: a response, an error, or the silence that a fault asks for.
    pub(super) fn create_answered(&mut self, of_create: bool) {
        self.ledger.creates_waiting -= u32::from(of_create && self.ledger.creates_waiting > 0);
    }

    /// `response.cancel`.
    pub(super) fn cancel_asked(&mut self, id: Option<&str>) -> Result<(), Refused> {
        let meant = self.active.as_ref().is_some_and(|active| id.is_none_or(|id| id == active.id));
        if meant && self.cancel("client_cancelled") {
            return Ok(());
        }
        Err(Refused::new("response_cancel_not_active", "Cancellation failed: no active response found"))
    }

    /// Cuts the timetable: a few deltas that were on their way, then the end. False if nothing can be cancelled.
    pub(super) fn cancel(&mut self, reason: &'static str) -> bool {
        let now = self.now;
        let Some(active) = self.active.as_mut().filter(|active| !active.closing) else {
            return false;
        };
        active.closing = true;
        let mut at = now;
        let mut left = if active.announced { self.rng.usize(..=LATE_DELTAS_MAX) } else { 0 };
        let mut kept = VecDeque::new();
        for (when, step) in std::mem::take(&mut active.steps) {
            match step {
                Step::Created => {
                    at = when;
                    kept.push_back((when, step));
                }
                Step::Audio { .. } if left > 0 => {
                    left -= 1;
                    at = (at + Duration::from_millis(self.rng.u64(..=CANCEL_MS_MAX / 3))).max(now);
                    kept.push_back((at, step));
                }
                Step::Words(..) | Step::RateLimits | Step::Audio { .. } => {}
                // Beyond this lies another item, or the end.
                _ if active.announced => left = 0,
                _ => {}
            }
        }
        at = at + Duration::from_millis(self.rng.u64(..=CANCEL_MS_MAX / 3));
        kept.push_back((at, Step::Finish(Ending::Cancelled(reason))));
        active.steps = kept;
        true
    }

    /// A response beside the conversation: one short text, at once.
    fn respond_out_of_band(&mut self, overrides: &Value) {
        let id = self.writer.id("resp");
        let metadata = overrides["metadata"].clone();
        let response = |status: &str, usage: Value| {
            json!({"response": {
                "object": "realtime.response", "id": id, "status": status, "status_details": null, "output": [],
                "conversation_id": null, "output_modalities": ["text"], "max_output_tokens": "inf", "usage": usage,
                "metadata": metadata,
            }})
        };
        self.send("response.created", &response("in_progress", Value::Null));
        self.create_answered(true);
        self.send("response.done", &response("completed", usage((0, 0), (0, 0), (0, 0))));
    }

    /// Begins the response that gives everything back.
    pub(super) fn start_echo(&mut self) {
        let item = OutItem {
            id: self.writer.id("item"),
            content: Content::Speech { text: String::new(), said: String::new(), audio: Default::default(), sent: 0 },
            stage: Stage::Planned,
            previous: None,
        };
        let steps = [Step::Created, Step::AddItem(0), Step::AddPart(0)];
        self.active = Some(Response {
            id: self.writer.id("resp"),
            items: vec![item],
            steps: steps.into_iter().map(|step| (self.now, step)).collect(),
            announced: false,
            closing: false,
            asked: false,
            format: self.session.output,
            metadata: Value::Null,
            text_only: false,
        });
        // At once: the next append must find the item open.
        for _ in 0..3 {
            self.speak();
        }
    }

    /// Sends appended audio back; `base64` is the same audio as it came.
    pub(super) fn echo(&mut self, base64: &str, audio: &[u8]) {
        let format = match &self.active {
            Some(active) if !active.closing => active.format,
            _ => return,
        };
        match (self.session.input, format) {
            (Format::Pcm, Format::Pcmu) => {
                let audio = g711::from_pcm(audio);
                self.send_audio(0, &BASE64.encode(&audio), audio.len());
            }
            (Format::Pcmu, Format::Pcm) => {
                let audio = g711::to_pcm(audio);
                self.send_audio(0, &BASE64.encode(&audio), audio.len());
            }
            (Format::Pcm, Format::Pcm) | (Format::Pcmu, Format::Pcmu) => self.send_audio(0, base64, audio.len()),
        }
    }
}

/// Repeats the first speech until it fills a huge delta.
fn stretch(items: &mut [OutItem]) {
    for item in items {
        if let Content::Speech { audio, .. } = &mut item.content
            && !audio.is_empty()
        {
            *audio = audio.iter().copied().cycle().take(HUGE_AUDIO_BYTES - HUGE_AUDIO_BYTES % 2).collect();
            return;
        }
    }
}
