//! What we answer Twilio with: TwiML documents from the templates in `twiml/`.
//!
//! askama checks the templates when the program is built and escapes every value for XML. A document without values
//! is embedded as it is, so that the apology cannot fail.

use askama::Template;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::ports::carrier::Script;
use crate::ports::door::{Answer, Refusal};
use crate::session::document::Document;
use crate::twilio::origin::Origin;
use crate::types::Secret;

/// Our own paths, as Twilio is told about them.
pub const VOICE_PATH: &str = "/twilio/voice";
pub const MEDIA_PATH: &str = "/twilio/media";
pub const AFTER_STREAM_PATH: &str = "/twilio/after-stream";
pub const STATUS_PATH: &str = "/twilio/status";
pub const STREAM_STATUS_PATH: &str = "/twilio/stream-status";
pub const FALLBACK_PATH: &str = "/twilio/fallback";

/// The name of the parameter that carries the one-use ticket.
pub const TICKET: &str = "ticket";

const HANG_UP: &str = include_str!("../../twiml/hangup.xml");
const APOLOGY: &str = include_str!("../../twiml/apology.xml");
const REFUSE_BUSY: &str = include_str!("../../twiml/refuse-busy.xml");
const REFUSE_UNKNOWN_NUMBER: &str = include_str!("../../twiml/refuse-unknown-number.xml");
const REFUSE_DRAINING: &str = include_str!("../../twiml/refuse-draining.xml");

/// Connects the caller's leg to our media socket. No `<Pause>` may follow: it would keep a silent call.
#[derive(Template)]
#[template(path = "answer.xml", config = "twiml/askama.toml")]
struct Connect<'a> {
    after_stream_url: &'a str,
    media_url: &'a str,
    stream_status_url: &'a str,
    ticket: &'a str,
}

/// Makes documents that point at our public origin.
#[derive(Clone)]
pub struct Documents {
    after_stream_url: String,
    media_url: String,
    stream_status_url: String,
}

impl Documents {
    /// Documents whose URLs are under this origin.
    pub fn new(origin: &Origin) -> Self {
        Self {
            after_stream_url: origin.http(AFTER_STREAM_PATH),
            media_url: origin.socket(MEDIA_PATH),
            stream_status_url: origin.http(STREAM_STATUS_PATH),
        }
    }

    /// The answer to a voice webhook.
    pub fn answer(&self, answer: &Answer) -> String {
        match answer {
            Answer::Connect { ticket } => self.connect(ticket),
            Answer::Refuse(Refusal::Busy) => REFUSE_BUSY.to_owned(),
            Answer::Refuse(Refusal::UnknownNumber) => REFUSE_UNKNOWN_NUMBER.to_owned(),
            Answer::Refuse(Refusal::Draining) => REFUSE_DRAINING.to_owned(),
            Answer::HangUp => HANG_UP.to_owned(),
        }
    }

    /// What happens to a caller whose stream has ended. To reconnect is to answer once more, with a fresh ticket.
    pub fn after_stream(&self, script: &Script) -> String {
        match (&script.document, &script.ticket) {
            (Document::HangUp, _) => HANG_UP.to_owned(),
            (Document::Connect, Some(ticket)) => self.connect(ticket),
            (_, _) => apology(),
        }
    }

    fn connect(&self, ticket: &Secret) -> String {
        let document = Connect {
            after_stream_url: &self.after_stream_url,
            media_url: &self.media_url,
            stream_status_url: &self.stream_status_url,
            ticket: ticket.expose(),
        };
        document.render().unwrap_or_else(|_| apology())
    }
}

/// The last resort: it needs nothing but the binary.
pub fn apology() -> String {
    APOLOGY.to_owned()
}

/// A document as a response: 200, `text/xml`, and in one piece, so that it has a Content-Length.
pub fn respond(document: String) -> Response {
    ([(CONTENT_TYPE, "text/xml")], document).into_response()
}

#[cfg(test)]
mod tests;
