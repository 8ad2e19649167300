//! What we answer Twilio with: TwiML documents from the templates in `twiml/`.
//!
//! askama checks the templates when the program is built and escapes every value for XML. A document without values
//! is embedded as it is, so that the apology cannot fail.

pub mod language;
mod refusal;
mod words;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::ports::carrier::Script;
use crate::ports::door::Answer;
use crate::session::document::{Document, Goodbye, Party, RoomPlan};
use crate::twilio::origin::Origin;
use crate::twilio::paths;
use crate::twilio::twiml::language::{Tongue, locale, spoken};
use crate::twilio::twiml::refusal::{Part, turned_away};
use crate::types::text::xml;
use crate::types::{AttemptId, CallId, RoomId, Secret};

/// The name of the parameter that carries the one-use ticket.
pub const TICKET: &str = "ticket";

/// How long an operator may think before a key, from the end of the sentence.
const KEY_WAIT: Duration = Duration::from_secs(8);

/// Longest texts that are read aloud; they keep every document far below Twilio's 64 kB.
const NAME_CHARS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 3000;

const HANG_UP: &str = include_str!("../../twiml/hangup.xml");
const PROCEED: &str = include_str!("../../twiml/proceed.xml");
const APOLOGY: &str = include_str!("../../twiml/apology.xml");

/// A leg about which nobody can tell yet waits so long between two questions, and is asked about so often.
const AGAIN_PAUSE: Duration = Duration::from_secs(2);
pub const AGAIN_MAX: u32 = 5;

/// Connects the caller's leg to our media socket. No `<Pause>` may follow: it would keep a silent call.
#[derive(Template)]
#[template(path = "answer.xml", config = "twiml/askama.toml")]
struct Connect<'a> {
    after_stream_url: &'a str,
    media_url: &'a str,
    stream_status_url: &'a str,
    ticket: &'a str,
    sorry: &'a [Part<'a>],
}

/// One sentence or more, then the end.
#[derive(Template)]
#[template(path = "say.xml", config = "twiml/askama.toml")]
struct Say<'a> {
    parts: &'a [Part<'a>],
}

/// Perhaps a sentence, and a pause, then the same webhook once more.
#[derive(Template)]
#[template(path = "again.xml", config = "twiml/askama.toml")]
struct Again<'a> {
    language: &'a str,
    text: &'a str,
    pause_secs: u64,
    again_url: &'a str,
}

/// Two sentences and a key, or none: both ask the action. `#` is a key like any other.
#[derive(Template)]
#[template(path = "gather.xml", config = "twiml/askama.toml")]
struct Gather<'a> {
    wait_secs: u64,
    action_url: &'a str,
    language: &'a str,
    first: &'a str,
    second: &'a str,
}

/// Both parties get everything, because Twilio takes the callback from whoever comes first.
#[derive(Template)]
#[template(path = "room.xml", config = "twiml/askama.toml")]
struct Room<'a> {
    action_url: &'a str,
    limit_secs: u64,
    starts: bool,
    label: &'a str,
    wait_url: &'a str,
    status_url: &'a str,
    room: RoomId,
}

/// The caller's leg dials; the called party hears the gate first.
#[derive(Template)]
#[template(path = "cold.xml", config = "twiml/askama.toml")]
struct Cold<'a> {
    ring_secs: u64,
    limit_secs: u64,
    from: &'a str,
    to: &'a str,
    action_url: &'a str,
    answer_url: &'a str,
    status_url: &'a str,
}

#[derive(Template)]
#[template(path = "voicemail.xml", config = "twiml/askama.toml")]
struct Voicemail<'a> {
    language: &'a str,
    text: &'a str,
    max_secs: u64,
    action_url: &'a str,
    recording_url: &'a str,
}

/// What is heard in a room before it starts. It asks for itself again, since Twilio does not repeat it.
#[derive(Template)]
#[template(path = "hold.xml", config = "twiml/askama.toml")]
struct Hold<'a> {
    language: &'a str,
    text: &'a str,
    sound_url: &'a str,
    again_url: &'a str,
}

/// Makes documents that point at our public origin.
#[derive(Clone)]
pub struct Documents {
    origin: Arc<Origin>,
}

impl Documents {
    /// Documents whose URLs are under this origin.
    pub fn new(origin: &Origin) -> Self {
        Self { origin: Arc::new(origin.clone()) }
    }

    /// The answer to a voice webhook.
    pub fn answer(&self, answer: &Answer) -> String {
        self.answer_again(answer, 0)
    }

    /// The same to one that was asked so often again for this caller.
    pub fn answer_again(&self, answer: &Answer, asked: u32) -> String {
        match answer {
            Answer::Connect { ticket } => self.connect(ticket, None, ""),
            Answer::Follow(script) => self.write(script),
            Answer::Refuse { refusal, language, emergency } => {
                say_all(&turned_away(language.as_deref(), emergency, |tongue| tongue.refusal(*refusal)))
            }
            Answer::AskAgain if asked < AGAIN_MAX => self.ask_again(&self.url(&paths::voice_again(asked + 1))),
            Answer::AskAgain => apology(),
            Answer::HangUp => hang_up(),
        }
    }

    /// Any document of the core's. One that lacks what it needs (a ticket, a permitted number) is the apology.
    pub fn write(&self, script: &Script) -> String {
        let (call, language) = (script.call, &*script.language);
        let tongue = Tongue::of(language);
        match &script.document {
            Document::HangUp => hang_up(),
            // The routes know where to; whoever does not has nothing better.
            Document::AskAgain => apology(),
            Document::Apologise => say_all(&turned_away(Some(language), &script.emergency, Tongue::sorry)),
            Document::Connect => {
                let connect = |ticket| self.connect(ticket, Some(language), &script.emergency);
                script.ticket.as_ref().map_or_else(apology, connect)
            }
            Document::Room(plan) => self.room(call, plan, tongue),
            Document::Cold { attempt, ring, time_limit, .. } => {
                self.cold(script, AttemptId { call, no: *attempt }, *ring, *time_limit)
            }
            Document::Voicemail { max, .. } => self.voicemail(call, *max, language),
            Document::Gate { attempt, step, urgency } => {
                let sentence = tongue.gate(&spoken(&script.org_name, NAME_CHARS_MAX), *urgency);
                self.gather(AttemptId { call, no: *attempt }, *step, language, &sentence, &sentence)
            }
            Document::Briefing { attempt, step, text } => {
                let text = spoken(text, TEXT_CHARS_MAX);
                // Twilio refuses a `<Say>` that says nothing.
                let first = if text.is_empty() { tongue.menu() } else { &text };
                self.gather(AttemptId { call, no: *attempt }, *step, language, first, tongue.menu())
            }
            Document::Proceed => PROCEED.to_owned(),
            Document::Goodbye(goodbye @ Goodbye::NobodyFree) => {
                say_all(&turned_away(Some(language), &script.emergency, |tongue| tongue.goodbye(*goodbye)))
            }
            Document::Goodbye(goodbye) => say(tongue.locale(language), tongue.goodbye(*goodbye)),
            Document::Message(text) => say(locale(language), &spoken(text, TEXT_CHARS_MAX)),
        }
    }

    /// The same under the name that it had when there was only one question.
    pub fn after_stream(&self, script: &Script) -> String {
        self.write(script)
    }

    /// What somebody hears who waits in a room.
    pub fn hold(&self, tongue: Tongue) -> String {
        let hold = Hold {
            language: locale(tongue.tag()),
            text: tongue.hold(),
            sound_url: &self.origin.http(paths::HOLD_SOUND),
            again_url: &self.hold_url(tongue),
        };
        rendered(&hold)
    }

    /// Where the carrier asks for it.
    fn hold_url(&self, tongue: Tongue) -> String {
        format!("{}?lang={}", self.origin.http(paths::HOLD), tongue.tag())
    }

    /// The full URL of one of our paths.
    pub fn url(&self, path: &str) -> String {
        self.origin.http(path)
    }

    /// A leg about which nobody can tell yet waits a moment and asks at this URL. Whose leg it is nobody knows, so
    /// neither does the sentence.
    pub fn ask_again(&self, again_url: &str) -> String {
        let tongue = Tongue::English;
        let language = tongue.locale(tongue.tag());
        rendered(&Again { language, text: tongue.please_hold(), pause_secs: secs(AGAIN_PAUSE), again_url })
    }

    /// The same without a word, for a leg that most likely needs not wait at all.
    pub fn ask_soon(&self, again_url: &str) -> String {
        rendered(&Again { language: "", text: "", pause_secs: 1, again_url })
    }

    fn connect(&self, ticket: &Secret, language: Option<&str>, emergency: &str) -> String {
        let document = Connect {
            after_stream_url: &self.url(paths::AFTER_STREAM),
            media_url: &self.origin.socket(&paths::media(ticket.expose())),
            stream_status_url: &self.url(paths::STREAM_STATUS),
            ticket: ticket.expose(),
            sorry: &turned_away(language, emergency, Tongue::sorry),
        };
        rendered(&document)
    }

    fn room(&self, call: CallId, plan: &RoomPlan, tongue: Tongue) -> String {
        let attempt = AttemptId { call, no: plan.attempt };
        let done = match plan.who {
            Party::Caller => paths::CALLER_DONE,
            Party::Operator => paths::OPERATOR_DONE,
        };
        rendered(&Room {
            action_url: &self.url(&paths::transfer(attempt, done)),
            limit_secs: secs(plan.time_limit),
            starts: !plan.waits,
            label: plan.who.as_str(),
            wait_url: &self.hold_url(tongue),
            status_url: &self.url(&paths::transfer(attempt, paths::CONFERENCE)),
            room: RoomId { call, escalation: plan.escalation },
        })
    }

    fn cold(&self, script: &Script, attempt: AttemptId, ring: Duration, time_limit: Duration) -> String {
        let Some((to, from)) = &script.cold else {
            return self.write(&Script { document: Document::Apologise, ..script.clone() });
        };
        rendered(&Cold {
            ring_secs: secs(ring),
            limit_secs: secs(time_limit),
            from: from.e164(),
            to: to.number().e164(),
            action_url: &self.url(&paths::transfer(attempt, paths::CALLER_DONE)),
            answer_url: &self.url(&paths::transfer(attempt, paths::ANSWER)),
            status_url: &self.url(&paths::transfer(attempt, paths::LEG)),
        })
    }

    fn voicemail(&self, call: CallId, max: Duration, language: &str) -> String {
        let tongue = Tongue::of(language);
        rendered(&Voicemail {
            language: tongue.locale(language),
            text: tongue.voicemail(),
            max_secs: secs(max),
            action_url: &self.url(&paths::voicemail_done(call)),
            recording_url: &self.url(&paths::voicemail_recording(call)),
        })
    }

    fn gather(&self, attempt: AttemptId, step: u32, language: &str, first: &str, second: &str) -> String {
        rendered(&Gather {
            wait_secs: secs(KEY_WAIT),
            action_url: &self.url(&paths::key(attempt, step)),
            language: Tongue::of(language).locale(language),
            first,
            second,
        })
    }
}

fn say(language: &str, text: &str) -> String {
    if text.is_empty() { hang_up() } else { say_all(&[Part::new(language, text)]) }
}

fn say_all(parts: &[Part<'_>]) -> String {
    rendered(&Say { parts })
}

fn rendered(document: &impl Template) -> String {
    // Escaping does not make legal what XML cannot hold, and one such character costs the whole document.
    document.render().map_or_else(|_| apology(), |document| xml(&document).into_owned())
}

/// Whole seconds, rounded up; never 0, which Twilio reads as "no limit" or refuses.
fn secs(duration: Duration) -> u64 {
    let up = u64::from(duration.subsec_nanos() > 0);
    (duration.as_secs() + up).max(1)
}

/// Ends the leg without a word.
pub fn hang_up() -> String {
    HANG_UP.to_owned()
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
