//! Reads the gateway's TwiML as strictly as the carrier's rules allow: what to do next with a call.
//!
//! Only the verbs that the gateway uses; anything else, and anything in the wrong place, is a breach that tests can see.

mod nouns;
mod tree;
mod verbs;

use tree::{Element, tree};

/// One thing to do with a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    Connect(Connect),
    Say(String),
    Play(Play),
    /// Seconds.
    Pause(u32),
    Gather(Gather),
    Record(Record),
    Dial(Dial),
    Hangup,
    /// Goes on with the document of this URL (empty: the same again); nothing behind it runs.
    Redirect(String),
    /// Does not answer the call; `true`: busy.
    Reject(bool),
}

/// A stream to the gateway; the document waits for its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connect {
    /// Where to ask what comes next.
    pub action: Option<String>,
    pub url: String,
    pub name: Option<String>,
    pub status_callback: Option<String>,
    pub parameters: Vec<(String, String)>,
}

/// Sound from a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Play {
    pub url: String,
    /// 0: without an end.
    pub times: u32,
}

/// Waits for keys, while it says its prompts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gather {
    /// `None`: the same document again.
    pub action: Option<String>,
    pub timeout_secs: u32,
    pub digits_max: Option<usize>,
    pub finish: Option<char>,
    /// The action is asked for, too, when nothing was pressed.
    pub always: bool,
    /// `Say`, `Play` and `Pause`.
    pub prompts: Vec<Verb>,
}

/// Records the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// `None`: the same document again.
    pub action: Option<String>,
    pub length_secs_max: u32,
    /// So much silence ends it.
    pub timeout_secs: u32,
    pub beep: bool,
    /// Keys that end it.
    pub finish: String,
    pub status_callback: Option<String>,
    /// `in-progress`, `completed`, `absent`.
    pub events: Vec<String>,
}

/// Connects the call with somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dial {
    pub action: Option<String>,
    /// How long the other phone rings.
    pub timeout_secs: u32,
    pub limit_secs: u32,
    pub caller_id: Option<String>,
    /// The caller's own leg is answered when the other one is connected.
    pub answer_on_bridge: bool,
    pub whom: Whom,
}

/// Whom a `<Dial>` connects with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whom {
    /// All ring; the first to answer wins.
    Numbers(Vec<Number>),
    Room(Conference),
}

/// A phone to ring.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    pub number: String,
    /// A document for the one who answers, before the two are connected.
    pub url: Option<String>,
    pub callback: Callback,
    pub detection: Option<Detection>,
}

/// Where to tell something, and which events.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Callback {
    pub url: Option<String>,
    pub events: Vec<String>,
}

/// Answering machine detection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detection {
    /// Wait for the end of the greeting.
    pub message_end: bool,
    /// `None`: the document waits for the result.
    pub callback: Option<String>,
}

/// A room to join.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conference {
    pub name: String,
    pub label: Option<String>,
    pub start_on_enter: bool,
    pub end_on_exit: bool,
    pub beep: bool,
    pub muted: bool,
    pub wait: Wait,
    pub participants_max: usize,
    pub callback: Callback,
}

/// What is heard in a room that has not started.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    Music,
    Silence,
    Document { url: String, get: bool },
}

/// Where a document stands: some verbs are not allowed everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Call,
    /// Heard by the one who answers a `<Number>`, before the connection.
    Whisper,
    /// Heard while waiting in a room.
    Wait,
}

/// A document: its verbs, and what is wrong with it without making it unusable.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Document {
    pub verbs: Vec<Verb>,
    pub complaints: Vec<String>,
}

/// Reads a call's document; the error says why it cannot be used at all. `plain_streams` allows `ws://` (loopback only).
pub fn parse(text: &str, plain_streams: bool) -> Result<Document, String> {
    parse_in(Place::Call, text, plain_streams)
}

/// Reads a document for some place; a verb that is not allowed there is complained of and left out.
pub fn parse_in(place: Place, text: &str, plain_streams: bool) -> Result<Document, String> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(format!("{} bytes are too many", text.len()));
    }
    if !text.starts_with('<') {
        return Err("something stands before the document".to_owned());
    }
    let mut document = Document::default();
    let mut root = false;
    for element in tree(text)? {
        if root || element.name != "Response" {
            return Err(format!("unexpected root <{}>", element.name));
        }
        root = true;
        document.known(&element, &[]);
        for child in &element.children {
            if place.allows(&child.name) {
                document.verb(child, plain_streams)?;
            } else {
                document.complain(format!("<{}> is not allowed in this place: {place:?}", child.name));
            }
        }
    }
    if root { Ok(document) } else { Err("no <Response>".to_owned()) }
}

impl Place {
    fn allows(self, verb: &str) -> bool {
        match self {
            Self::Call => true,
            Self::Whisper => verb != "Dial",
            Self::Wait => matches!(verb, "Say" | "Play" | "Pause" | "Redirect"),
        }
    }
}

/// What plays to somebody who waits.
fn may_get(element: &Element, attribute: &str) -> bool {
    attribute == "waitMethod" || element.name == "Redirect" && attribute == "method"
}

impl Document {
    fn known(&mut self, element: &Element, attributes: &[&str]) {
        for (name, _) in &element.attributes {
            if !attributes.contains(&name.as_str()) {
                self.complain(format!("<{}> has no attribute {name}", element.name));
            }
        }
        for (name, value) in &element.attributes {
            let is_method = name == "method" || name.ends_with("Method");
            // The gateway's routes take POST only; hold music may be fetched by GET.
            if is_method && value != "POST" && !(may_get(element, name) && value == "GET") {
                self.complain(format!("<{} {name}> is {value}", element.name));
            }
        }
    }

    fn complain(&mut self, what: impl Into<String>) {
        self.complaints.push(what.into());
    }

    fn truth(&mut self, element: &Element, name: &str, default: bool) -> bool {
        match element.attribute(name) {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(other) => {
                self.complain(format!("<{} {name}> is {other:?}, neither true nor false", element.name));
                default
            }
        }
    }

    fn number(&mut self, element: &Element, name: &str, default: u32) -> u32 {
        let Some(text) = element.attribute(name) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.complain(format!("<{} {name}> is {text:?}, not a number", element.name));
            default
        })
    }

    /// A URL that the company calls by itself, long after the document: it must be absolute. Only a stream's is
    /// documented to need that; for the others it is the careful guess.
    fn absolute(&mut self, element: &Element, name: &str) -> Option<String> {
        let url = element.attribute(name)?;
        if !url.starts_with("http") {
            self.complain(format!("<{}>: {name} is not an absolute URL", element.name));
        }
        Some(url.to_owned())
    }

    /// A space-separated list of event names.
    fn events(&mut self, element: &Element, name: &str, allowed: &[&str]) -> Vec<String> {
        let Some(text) = element.attribute(name) else { return Vec::new() };
        let (known, unknown): (Vec<&str>, Vec<&str>) = text.split(' ').partition(|event| allowed.contains(event));
        if !unknown.is_empty() {
            self.complain(format!("<{} {name}> names {unknown:?}", element.name));
        }
        known.into_iter().map(str::to_owned).collect()
    }
}

const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests;
