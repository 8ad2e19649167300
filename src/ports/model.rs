//! The model's connection, as every provider must present it.

use async_trait::async_trait;
use bytes::Bytes;

use crate::ports::link::{Events, Texts};
use crate::session::effect::{RequestNo, RespondKind};
use crate::session::input::{LostCause, ModelInput};
use crate::types::org::{AudioFormat, TurnDetection};
use crate::types::{CallId, ItemId, Millis, ResponseId, Speaker, ToolCallId};

/// What the model says. Audio is still in the connection's own format; `calls` transcodes it.
#[derive(Clone, Debug)]
pub enum ModelEvent {
    /// Anything but audio, and `ModelInput::Lost` as the last one.
    Input(ModelInput),
    Audio {
        response: ResponseId,
        item: ItemId,
        bytes: Bytes,
    },
    AudioDone {
        response: ResponseId,
        item: ItemId,
    },
    /// Nothing that matters to a call; unknown types and undecodable texts are counted by the adapter.
    Ignored,
}

/// What we say to it. Audio is in the connection's own format.
#[derive(Clone, Debug)]
pub enum ModelCommand {
    /// `plain`: without anything that a call can do without, because the server refused the full configuration.
    Configure {
        plain: bool,
    },
    Append(Bytes),
    Respond {
        no: RequestNo,
        kind: RespondKind,
    },
    Cancel {
        no: RequestNo,
        response: ResponseId,
    },
    Truncate {
        no: RequestNo,
        item: ItemId,
        heard: Millis,
    },
    /// Makes a turn of the audio so far.
    Commit {
        no: RequestNo,
    },
    /// `output` is the text of a JSON object.
    ToolReply {
        no: RequestNo,
        call: ToolCallId,
        output: String,
    },
    Note {
        no: RequestNo,
        text: String,
    },
    UserText {
        no: RequestNo,
        text: String,
    },
    /// A line of what was said before this connection: an input text of the user, an output text of the assistant.
    Recall {
        no: RequestNo,
        speaker: Speaker,
        text: String,
    },
}

/// What a connection is set up with; made from the organization's configuration.
#[derive(Clone, Debug)]
pub struct ModelSetup {
    /// For logs and recordings only.
    pub call: CallId,
    /// A stable, opaque name of the caller for the provider's abuse detection; never a phone number.
    pub safety_id: String,
    pub model: String,
    pub transcribe_model: String,
    pub voice: String,
    pub format: AudioFormat,
    pub instructions: String,
    /// BCP 47 language of the caller, for transcription.
    pub language: String,
    pub turn_detection: TurnDetection,
    pub tools: Vec<ToolSpec>,
}

/// One function tool.
#[derive(Clone, Debug)]
pub struct ToolSpec {
    pub name: &'static str,
    pub description: String,
    /// JSON Schema of the arguments, as text.
    pub parameters: String,
}

/// An open connection that has greeted us.
pub struct ModelLink {
    pub events: Events<ModelEvent>,
    pub texts: Texts,
    pub encode: Box<dyn EncodeModel>,
}

/// Puts a command into the provider's words.
pub trait EncodeModel: Send {
    fn encode(&mut self, command: &ModelCommand) -> String;
}

/// Opens connections to the model.
#[async_trait]
pub trait ModelConnector: Send + Sync {
    /// Connects and returns at once when the socket is open; the server's greeting arrives as `ModelInput::Opened`.
    /// The caller of this method sets the time limit, by dropping the future.
    async fn connect(&self, setup: &ModelSetup) -> Result<ModelLink, LostCause>;
}

/// Turns a tool call's name and arguments (JSON text) into a typed request; implemented in `assistant`.
pub type ParseTool = fn(name: &str, arguments: &str) -> crate::session::input::ToolRequest;
