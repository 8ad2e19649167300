//! The JSON of server events: flat structs in which everything is optional.
//!
//! One struct holds the flat fields of all events (a tagged enum would read each message twice); nested objects stay
//! unread until the event's type says that they matter.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::realtime::event::{Item, Response, ServerError, ServerEvent, TokenUsage};
use crate::realtime::lenient::{Number, Text};

/// The union of the flat fields of all events that we use.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wire<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    event_id: Text<'a>,
    #[serde(borrow)]
    response_id: Text<'a>,
    #[serde(borrow)]
    item_id: Text<'a>,
    #[serde(borrow)]
    delta: Text<'a>,
    #[serde(borrow)]
    transcript: Text<'a>,
    audio_start_ms: Number,
    audio_end_ms: Number,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

impl<'a> Wire<'a> {
    pub(super) fn event(self) -> ServerEvent<'a> {
        let kind = self.kind.0.clone();
        self.complete().unwrap_or_else(|| ServerEvent::Incomplete(kind.unwrap_or_default()))
    }

    /// `None`: something that the event is about is missing.
    fn complete(self) -> Option<ServerEvent<'a>> {
        Some(match self.kind.as_str() {
            "response.output_audio.delta" => ServerEvent::AudioDelta {
                event: self.event_id.0.unwrap_or_default(),
                response: self.response_id.0?,
                item: self.item_id.0?,
                delta: self.delta.0?,
            },
            "response.output_audio.done" => {
                ServerEvent::AudioDone { response: self.response_id.0?, item: self.item_id.0? }
            }
            "response.output_audio_transcript.delta" => {
                ServerEvent::TranscriptDelta { item: self.item_id.0?, delta: self.delta.0? }
            }
            "response.output_audio_transcript.done" => {
                ServerEvent::TranscriptDone { item: self.item_id.0?, transcript: self.transcript.0.unwrap_or_default() }
            }
            "input_audio_buffer.speech_started" => ServerEvent::SpeechStarted {
                item: self.item_id.0?,
                audio_start_ms: self.audio_start_ms.u32().unwrap_or(0),
            },
            "input_audio_buffer.speech_stopped" => {
                ServerEvent::SpeechStopped { item: self.item_id.0?, audio_end_ms: self.audio_end_ms.u32().unwrap_or(0) }
            }
            "input_audio_buffer.committed" => ServerEvent::Committed { item: self.item_id.0? },
            "conversation.item.input_audio_transcription.completed" => ServerEvent::Transcribed {
                item: self.item_id.0?,
                transcript: self.transcript.0.unwrap_or_default(),
                billed_ms: self.usage.map_or(0, billed_ms),
            },
            "conversation.item.input_audio_transcription.failed" => {
                let error = self.error.and_then(read::<WireError<'_>>).unwrap_or_default().error();
                ServerEvent::TranscriptionFailed { item: self.item_id.0?, error }
            }
            "response.created" => {
                let response = read::<WireResponse<'_>>(self.response?)?;
                let metadata = response.metadata.and_then(read::<WireMetadata<'_>>).unwrap_or_default();
                ServerEvent::ResponseCreated { response: response.id.0?.into_owned(), request: owned(metadata.request) }
            }
            "response.done" => ServerEvent::ResponseDone(read::<WireResponse<'_>>(self.response?)?.response()?),
            "response.output_item.added" => {
                ServerEvent::ItemAdded { response: self.response_id.0?, item: read::<WireItem<'_>>(self.item?)?.item() }
            }
            "response.output_item.done" => {
                ServerEvent::ItemDone { response: self.response_id.0, item: read::<WireItem<'_>>(self.item?)?.item() }
            }
            "session.created" => ServerEvent::SessionCreated,
            "session.updated" => ServerEvent::SessionUpdated,
            "error" => ServerEvent::Error(self.error.and_then(read::<WireError<'_>>).unwrap_or_default().error()),
            kind if UNUSED.contains(&kind) => ServerEvent::Unused,
            _ => ServerEvent::Unknown(self.kind.0.unwrap_or_default()),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireError<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    code: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    param: Text<'a>,
    #[serde(borrow)]
    event_id: Text<'a>,
}

impl WireError<'_> {
    fn error(self) -> ServerError {
        ServerError {
            kind: owned(self.kind),
            code: owned(self.code),
            message: owned(self.message),
            param: owned(self.param),
            about: owned(self.event_id),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireItem<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    call_id: Text<'a>,
    #[serde(borrow)]
    arguments: Text<'a>,
}

impl WireItem<'_> {
    fn item(self) -> Item {
        Item {
            id: owned(self.id),
            kind: owned(self.kind),
            role: owned(self.role),
            status: owned(self.status),
            name: owned(self.name),
            call_id: owned(self.call_id),
            arguments: owned(self.arguments),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireResponse<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    status_details: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireMetadata<'a> {
    #[serde(borrow)]
    request: Text<'a>,
}

impl WireResponse<'_> {
    fn response(self) -> Option<Response> {
        let details = self.status_details.and_then(read::<WireDetails<'_>>).unwrap_or_default();
        let output = self.output.and_then(read::<Vec<&RawValue>>).unwrap_or_default();
        Some(Response {
            id: self.id.0?.into_owned(),
            status: owned(self.status),
            reason: owned(details.reason),
            error: details.error.and_then(read::<WireError<'_>>).unwrap_or_default().error(),
            output: output.into_iter().filter_map(read::<WireItem<'_>>).map(WireItem::item).collect(),
            usage: self.usage.and_then(read::<WireUsage<'_>>).unwrap_or_default().tokens(),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireDetails<'a> {
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireUsage<'a> {
    seconds: Number,
    input_tokens: Number,
    output_tokens: Number,
    #[serde(borrow)]
    input_token_details: Option<&'a RawValue>,
    #[serde(borrow)]
    output_token_details: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireTokens<'a> {
    text_tokens: Number,
    audio_tokens: Number,
    image_tokens: Number,
    cached_tokens: Number,
    #[serde(borrow)]
    cached_tokens_details: Option<&'a RawValue>,
}

impl WireUsage<'_> {
    fn tokens(&self) -> TokenUsage {
        let input = self.input_token_details.and_then(read::<WireTokens<'_>>).unwrap_or_default();
        let cached = input.cached_tokens_details.and_then(read::<WireTokens<'_>>).unwrap_or_default();
        let output = self.output_token_details.and_then(read::<WireTokens<'_>>).unwrap_or_default();
        TokenUsage {
            input: self.input_tokens.count(),
            input_text: input.text_tokens.count(),
            input_audio: input.audio_tokens.count(),
            input_image: input.image_tokens.count(),
            cached: input.cached_tokens.count(),
            cached_text: cached.text_tokens.count(),
            cached_audio: cached.audio_tokens.count(),
            output: self.output_tokens.count(),
            output_text: output.text_tokens.count(),
            output_audio: output.audio_tokens.count(),
        }
    }
}

/// Milliseconds that a transcription bills: seconds if it says so, else one audio token for each 100 ms.
fn billed_ms(usage: &RawValue) -> u64 {
    let usage = read::<WireUsage<'_>>(usage).unwrap_or_default();
    match usage.seconds.0 {
        Some(seconds) => ((seconds * 1000.0).ceil() as u64).min(BILLED_MS_MAX),
        None => (usage.tokens().input_audio.unwrap_or(0) * MS_PER_AUDIO_TOKEN).min(BILLED_MS_MAX),
    }
}

/// Caller audio (provider's cost guide).
const MS_PER_AUDIO_TOKEN: u64 = 100;

/// No turn is longer than a day.
const BILLED_MS_MAX: u64 = 86_400_000;

fn owned(text: Text<'_>) -> String {
    text.0.map_or_else(String::new, Cow::into_owned)
}

/// Reads a nested value; one of another shape reads as absent.
fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// Types of the GA protocol that a voice call has no use for.
const UNUSED: &[&str] = &[
    "conversation.created",
    "conversation.item.added",
    "conversation.item.created",
    "conversation.item.deleted",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.segment",
    "conversation.item.retrieved",
    "conversation.item.truncated",
    "input_audio_buffer.cleared",
    "input_audio_buffer.dtmf_event_received",
    "input_audio_buffer.timeout_triggered",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "mcp_list_tools.in_progress",
    "output_audio_buffer.cleared",
    "output_audio_buffer.started",
    "output_audio_buffer.stopped",
    "rate_limits.updated",
    "response.content_part.added",
    "response.content_part.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.mcp_call.completed",
    "response.mcp_call.failed",
    "response.mcp_call.in_progress",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.output_text.delta",
    "response.output_text.done",
];
