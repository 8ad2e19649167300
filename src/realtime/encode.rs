//! Commands into client events.
//!
//! The encoder of one connection: it knows the connection's setup and numbers what has no number of its own.

use crate::ports::model::{EncodeModel, ModelCommand, ModelSetup};
use crate::realtime::command::{self, ClientEvent, EventId, NewItem, ResponseWish, Role, Text, WishMetadata};
use crate::realtime::setup::Session;
use crate::session::effect::{RequestNo, RespondKind};
use crate::types::Speaker;

/// Puts commands into the words of the Realtime API. One for each connection.
pub struct Encoder {
    setup: ModelSetup,
    /// Audio messages so far.
    appends: u64,
    /// Session updates so far.
    updates: u32,
}

impl Encoder {
    pub const fn new(setup: ModelSetup) -> Self {
        Self { setup, appends: 0, updates: 0 }
    }

    fn configure(&mut self, plain: bool) -> String {
        self.updates += 1;
        let session = if plain { Session::plain(&self.setup) } else { Session::new(&self.setup) };
        ClientEvent::SessionUpdate { event_id: EventId::Configure(self.updates), session: &session }.to_text()
    }

    fn respond(&self, no: RequestNo, kind: &RespondKind) -> String {
        let instructions = match kind {
            RespondKind::Bare => None,
            RespondKind::Say(text) => Some(command::say(text)),
            RespondKind::Farewell => Some(command::farewell(&self.setup.language)),
        };
        let response = ResponseWish {
            instructions: instructions.as_deref(),
            tool_choice: instructions.is_some().then_some("none"),
            metadata: WishMetadata { request: EventId::Request(no) },
        };
        ClientEvent::ResponseCreate { event_id: EventId::Request(no), response }.to_text()
    }
}

impl EncodeModel for Encoder {
    fn encode(&mut self, command: &ModelCommand) -> String {
        match command {
            ModelCommand::Configure { plain } => self.configure(*plain),
            ModelCommand::Append(audio) => {
                self.appends += 1;
                command::append(self.appends, audio)
            }
            ModelCommand::Respond { no, kind } => self.respond(*no, kind),
            ModelCommand::Cancel { no, response } => {
                ClientEvent::ResponseCancel { event_id: EventId::Request(*no), response_id: response.as_str() }
                    .to_text()
            }
            ModelCommand::Commit { no } => ClientEvent::AudioCommit { event_id: EventId::Request(*no) }.to_text(),
            ModelCommand::Truncate { no, item, heard } => ClientEvent::ItemTruncate {
                event_id: EventId::Request(*no),
                item_id: item.as_str(),
                content_index: 0,
                audio_end_ms: heard.0,
            }
            .to_text(),
            ModelCommand::ToolReply { no, call, output } => {
                create(*no, NewItem::FunctionCallOutput { call_id: call.as_str(), output })
            }
            ModelCommand::Note { no, text } => message(*no, Role::System, text),
            ModelCommand::UserText { no, text } => message(*no, Role::User, text),
            ModelCommand::Recall { no, speaker: Speaker::Caller, text } => message(*no, Role::User, text),
            ModelCommand::Recall { no, speaker: Speaker::Assistant, text } => message(*no, Role::Assistant, text),
        }
    }
}

fn message(no: RequestNo, role: Role, text: &str) -> String {
    let content = match role {
        Role::System | Role::User => Text::InputText { text },
        Role::Assistant => Text::OutputText { text },
    };
    create(no, NewItem::Message { role, content: [content] })
}

fn create(no: RequestNo, item: NewItem<'_>) -> String {
    ClientEvent::ItemCreate { event_id: EventId::Request(no), item }.to_text()
}

#[cfg(test)]
mod tests;
