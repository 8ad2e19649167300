//! Server events into the core's words.
//!
//! Nothing that the server sends is an error here: what cannot be read, or is not known, is counted and becomes
//! `Ignored`, so that whoever polls still sees that the connection is alive.

use std::collections::VecDeque;

use metrics::counter;

use crate::ports::model::{ModelEvent, ParseTool};
use crate::realtime::command::EventId;
use crate::realtime::event::{self, Item, Response, ServerError, ServerEvent, TokenUsage};
use crate::realtime::{base64, fault};
use crate::session::guard::guarded;
use crate::session::input::{LostCause, ModelInput, ToolRequest};
use crate::types::json::mended;
use crate::types::usage::Usage;
use crate::types::{ItemId, ResponseId, ToolCallId};

/// Reads the messages of one connection, in order.
pub struct Decoder {
    parse_tool: ParseTool,
    /// The ids of the latest audio: they repeat with every delta, and a clone is cheaper than a copy.
    item: Option<ItemId>,
    response: Option<ResponseId>,
    /// Id of the latest audio event.
    last_delta: String,
}

impl Decoder {
    pub const fn new(parse_tool: ParseTool) -> Self {
        Self { parse_tool, item: None, response: None, last_delta: String::new() }
    }

    /// Appends what `text` says to `out`: at least one event, `Ignored` if it says nothing. After `ModelInput::Lost`
    /// nothing more of this connection counts.
    pub fn decode(&mut self, text: &str, out: &mut VecDeque<ModelEvent>) {
        let text = &*mended(text);
        let event = match event::parse(text) {
            Ok(event) => event,
            Err(event::Malformed) => {
                counter!("switchboard_realtime_malformed_total").increment(1);
                tracing::debug!(bytes = text.len(), "the model sent something that is not JSON");
                return out.push_back(ModelEvent::Ignored);
            }
        };
        match event {
            ServerEvent::AudioDelta { event, .. } if self.is_repeated(&event) => {
                counter!("switchboard_realtime_repeated_total").increment(1);
                out.push_back(ModelEvent::Ignored);
            }
            ServerEvent::AudioDelta { event: _, response, item, delta } => {
                out.push_back(self.audio(&response, &item, &delta));
            }
            ServerEvent::AudioDone { response, item } => {
                let (response, item) = (self.response(&response), self.item(&item));
                out.push_back(ModelEvent::AudioDone { response, item });
            }
            ServerEvent::ResponseDone(response) => self.response_done(&response, out),
            ServerEvent::ItemDone { response, item } => {
                let said = self.tool_call(response.as_deref(), &item).or_else(|| cut_call(response.as_deref(), &item));
                out.push_back(said.map_or(ModelEvent::Ignored, ModelEvent::Input));
            }
            ServerEvent::Error(error) => on_error(&error, out),
            other => out.push_back(plain(other).map_or(ModelEvent::Ignored, ModelEvent::Input)),
        }
    }

    /// The same delta again: played twice it would be wrong sound, and wrong arithmetic of what was heard.
    fn is_repeated(&mut self, event: &str) -> bool {
        if event.is_empty() {
            return false;
        }
        if self.last_delta == event {
            return true;
        }
        self.last_delta.clear();
        self.last_delta.push_str(event);
        false
    }

    fn audio(&mut self, response: &str, item: &str, delta: &str) -> ModelEvent {
        let Some(bytes) = base64::decode(delta) else {
            counter!("switchboard_realtime_malformed_total").increment(1);
            return ModelEvent::Ignored;
        };
        if bytes.is_empty() {
            return ModelEvent::Ignored;
        }
        ModelEvent::Audio { response: self.response(response), item: self.item(item), bytes }
    }

    fn response_done(&mut self, response: &Response, out: &mut VecDeque<ModelEvent>) {
        for item in &response.output {
            let asked = self.tool_call(Some(&response.id), item).or_else(|| cut_call(Some(&response.id), item));
            out.extend(asked.map(ModelEvent::Input));
        }
        out.push_back(ModelEvent::Input(ModelInput::ResponseEnded {
            response: self.response(&response.id),
            end: fault::response_end(&response.status, &response.reason, &response.error),
            usage: usage(&response.usage),
        }));
    }

    /// A tool call that is whole; only `completed` says that its arguments are not those of an interrupted one.
    fn tool_call(&self, response: Option<&str>, item: &Item) -> Option<ModelInput> {
        if item.kind != "function_call" || item.status != "completed" || item.call_id.is_empty() {
            return None;
        }
        Some(ModelInput::ToolAsked {
            response: response.map(ResponseId::from),
            call: ToolCallId::from(item.call_id.as_str()),
            request: guarded(|| (self.parse_tool)(&item.name, &item.arguments)).unwrap_or(ToolRequest::Failed),
        })
    }

    fn item(&mut self, id: &str) -> ItemId {
        match &self.item {
            Some(known) if known.as_str() == id => known.clone(),
            _ => self.item.insert(ItemId::from(id)).clone(),
        }
    }

    fn response(&mut self, id: &str) -> ResponseId {
        match &self.response {
            Some(known) if known.as_str() == id => known.clone(),
            _ => self.response.insert(ResponseId::from(id)).clone(),
        }
    }
}

/// Events that become one input and need no state; `None`: nothing that matters to a call.
fn plain(event: ServerEvent<'_>) -> Option<ModelInput> {
    Some(match event {
        ServerEvent::SessionCreated => ModelInput::Opened,
        ServerEvent::SessionUpdated => ModelInput::Ready,
        ServerEvent::SpeechStarted { item, audio_start_ms } => {
            ModelInput::SpeechStarted { item: ItemId::from(&*item), at_ms: audio_start_ms }
        }
        ServerEvent::SpeechStopped { item, audio_end_ms } => {
            ModelInput::SpeechStopped { item: ItemId::from(&*item), at_ms: audio_end_ms }
        }
        ServerEvent::Committed { item } => ModelInput::TurnCommitted { item: ItemId::from(&*item) },
        ServerEvent::Transcribed { item, transcript, billed_ms } => {
            let text = printable(&transcript);
            let text = text.trim();
            ModelInput::CallerText {
                item: ItemId::from(&*item),
                // Empty: there was nothing to understand.
                text: Some(text.to_owned()),
                transcribed_ms: billed_ms,
            }
        }
        ServerEvent::TranscriptionFailed { item, error } => {
            counter!("switchboard_transcriptions_failed_total").increment(1);
            let code = fault::code_of(&error);
            tracing::debug!(code, message = error.message, "a turn of the caller is not transcribed");
            ModelInput::CallerTextFailed { item: ItemId::from(&*item), code }
        }
        ServerEvent::ResponseCreated { response, request } => {
            let about = match EventId::parse(&request) {
                Some(EventId::Request(no)) => Some(no),
                _ => None,
            };
            ModelInput::ResponseStarted { response: ResponseId::from(response.as_str()), about }
        }
        ServerEvent::ItemAdded { response, item } => {
            if item.kind != "message" || item.id.is_empty() {
                return None;
            }
            ModelInput::ItemStarted { response: ResponseId::from(&*response), item: ItemId::from(item.id.as_str()) }
        }
        ServerEvent::TranscriptDelta { item, delta } => {
            ModelInput::AssistantText { item: ItemId::from(&*item), delta: printable(&delta) }
        }
        ServerEvent::TranscriptDone { item, transcript } => {
            ModelInput::AssistantTextDone { item: ItemId::from(&*item), text: printable(&transcript) }
        }
        ServerEvent::Unknown(kind) => {
            counter!("switchboard_realtime_unknown_total").increment(1);
            tracing::debug!(kind = &*kind, "unknown event of the model");
            return None;
        }
        ServerEvent::Incomplete(kind) => {
            counter!("switchboard_realtime_incomplete_total").increment(1);
            tracing::debug!(kind = &*kind, "event of the model lacks what it is about");
            return None;
        }
        ServerEvent::Unused
        | ServerEvent::Error(_)
        | ServerEvent::ResponseDone(_)
        | ServerEvent::ItemDone { .. }
        | ServerEvent::AudioDelta { .. }
        | ServerEvent::AudioDone { .. } => return None,
    })
}

/// A tool call that is not whole. It is never acted on, but whoever was promised something by it must not wait.
fn cut_call(response: Option<&str>, item: &Item) -> Option<ModelInput> {
    if item.kind != "function_call" || item.status != "incomplete" {
        return None;
    }
    // One without an id is known by its item.
    let call = if item.call_id.is_empty() { &item.id } else { &item.call_id };
    Some(ModelInput::ToolCut {
        response: response.map(ResponseId::from),
        call: ToolCallId::from(call.as_str()),
        name: fault::short(&item.name),
    })
}

fn on_error(error: &ServerError, out: &mut VecDeque<ModelEvent>) {
    let fault = fault::classify(error);
    counter!("switchboard_realtime_errors_total", "kind" => fault.kind_label()).increment(1);
    // The message may quote what we sent, so it stays below info.
    tracing::debug!(code = fault.code, param = error.param, message = error.message, "the model's server complains");
    out.push_back(ModelEvent::Input(ModelInput::Fault { about: fault.about, kind: fault.kind, code: fault.code }));
    if fault.closes {
        out.push_back(ModelEvent::Input(ModelInput::Lost(LostCause::Broken)));
    }
}

/// Text without NUL, which one of the databases cannot store.
fn printable(text: &str) -> String {
    text.replace('\0', "")
}

/// What was used, in billing's terms. Tokens that no detail accounts for count as text, images not at all (we send none).
fn usage(tokens: &TokenUsage) -> Usage {
    let audio_in = tokens.input_audio.unwrap_or(0);
    let image_in = tokens.input_image.unwrap_or(0);
    let text_in = tokens
        .input_text
        .unwrap_or_else(|| tokens.input.unwrap_or(0).saturating_sub(audio_in.saturating_add(image_in)));
    let audio_cached = tokens.cached_audio.unwrap_or(0).min(audio_in);
    let text_cached =
        tokens.cached_text.unwrap_or_else(|| tokens.cached.unwrap_or(0).saturating_sub(audio_cached)).min(text_in);
    let audio_out = tokens.output_audio.unwrap_or(0);
    let text_out = tokens.output.unwrap_or(0).saturating_sub(audio_out).max(tokens.output_text.unwrap_or(0));
    Usage { text_in, text_cached, audio_in, audio_cached, text_out, audio_out, transcribed_ms: 0 }
}

#[cfg(test)]
mod tests;
