//! Reads the gateway's TwiML as strictly as the carrier's rules allow: what to do next with a call.
//!
//! Only the verbs that the gateway uses so far; anything else is a breach that tests can see.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// One thing to do with a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    Connect(Connect),
    Say(String),
    /// Seconds.
    Pause(u32),
    Hangup,
    /// Goes on with the document of this URL; nothing behind it runs.
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

/// A document: its verbs, and what is wrong with it without making it unusable.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Document {
    pub verbs: Vec<Verb>,
    pub complaints: Vec<String>,
}

/// Reads a document; the error says why it cannot be used at all. `plain_streams` allows `ws://` (loopback only).
pub fn parse(text: &str, plain_streams: bool) -> Result<Document, String> {
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
            document.verb(child, plain_streams)?;
        }
    }
    if root { Ok(document) } else { Err("no <Response>".to_owned()) }
}

impl Document {
    fn verb(&mut self, element: &Element, plain_streams: bool) -> Result<(), String> {
        let text = || element.text.trim().to_owned();
        let verb = match element.name.as_str() {
            "Connect" => Verb::Connect(self.connect(element, plain_streams)?),
            "Say" => {
                self.known(element, &["voice", "language", "loop"]);
                if text().is_empty() {
                    self.complain("<Say> says nothing");
                }
                Verb::Say(text())
            }
            "Pause" => {
                self.known(element, &["length"]);
                Verb::Pause(element.attribute("length").and_then(|length| length.parse().ok()).unwrap_or(1))
            }
            "Hangup" => {
                self.known(element, &[]);
                Verb::Hangup
            }
            "Redirect" => {
                self.known(element, &["method"]);
                Verb::Redirect(text())
            }
            "Reject" => {
                self.known(element, &["reason"]);
                if !self.verbs.is_empty() {
                    self.complain("<Reject> is not the first verb");
                }
                Verb::Reject(element.attribute("reason") == Some("busy"))
            }
            other => {
                self.complain(format!("unknown verb <{other}>"));
                return Ok(());
            }
        };
        if self.verbs.last().is_some_and(|last| matches!(last, Verb::Hangup | Verb::Redirect(_) | Verb::Reject(_))) {
            self.complain(format!("<{}> can never run", element.name));
        }
        if matches!((self.verbs.last(), &verb), (Some(Verb::Connect(_)), Verb::Pause(_))) {
            self.complain("<Pause> behind <Connect> keeps a silent, billed call");
        }
        self.verbs.push(verb);
        Ok(())
    }

    fn connect(&mut self, element: &Element, plain_streams: bool) -> Result<Connect, String> {
        self.known(element, &["action", "method"]);
        if element.attribute("method").is_some_and(|method| method != "POST") {
            self.complain("<Connect method> is not POST");
        }
        let [stream] = element.children.as_slice() else {
            return Err("<Connect> needs exactly one noun".to_owned());
        };
        if stream.name != "Stream" {
            return Err(format!("<Connect> with <{}>", stream.name));
        }
        self.known(stream, &["url", "name", "statusCallback", "statusCallbackMethod", "track"]);
        if stream.attribute("track").is_some_and(|track| track != "inbound_track") {
            self.complain("31941: a connected stream has the inbound track only");
        }
        let url = stream.attribute("url").unwrap_or_default();
        if !(url.starts_with("wss://") || plain_streams && url.starts_with("ws://")) {
            return Err(format!("31922: the stream's URL is not wss: {url}"));
        }
        if url.contains(['?', '#']) {
            self.complain("the stream's URL has a query or fragment, which is dropped");
        }
        let status_callback = stream.attribute("statusCallback");
        if status_callback.is_some_and(|url| !url.starts_with("http")) {
            self.complain("statusCallback is not an absolute URL");
        }
        let mut parameters = Vec::new();
        for child in &stream.children {
            self.known(child, &["name", "value"]);
            let (name, value) = (child.attribute("name"), child.attribute("value"));
            let (Some(name), Some(value), "Parameter") = (name, value, child.name.as_str()) else {
                self.complain(format!("<{}> in <Stream> is no parameter", child.name));
                continue;
            };
            if name.len() + value.len() >= PARAMETER_BYTES_MAX {
                self.complain(format!("parameter {name} is too long"));
            }
            parameters.push((name.to_owned(), value.to_owned()));
        }
        Ok(Connect {
            action: element.attribute("action").map(str::to_owned),
            url: url.split(['?', '#']).next().unwrap_or_default().to_owned(),
            name: stream.attribute("name").map(str::to_owned),
            status_callback: status_callback.map(str::to_owned),
            parameters,
        })
    }

    fn known(&mut self, element: &Element, attributes: &[&str]) {
        for (name, _) in &element.attributes {
            if !attributes.contains(&name.as_str()) {
                self.complain(format!("<{}> has no attribute {name}", element.name));
            }
        }
    }

    fn complain(&mut self, what: impl Into<String>) {
        self.complaints.push(what.into());
    }
}

#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    fn read(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut element = Self { name: start.name().as_ref().to_owned(), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            element.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The top-level elements of a document.
fn tree(text: &str) -> Result<Vec<Element>, String> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let depth = open.len();
        let Some(top) = open.last_mut() else { return Err("unbalanced".to_owned()) };
        match event {
            Event::Start(start) if depth <= DEPTH_MAX => open.push(Element::read(&start)?),
            Event::Start(_) => return Err("nested too deep".to_owned()),
            Event::Empty(start) => top.children.push(Element::read(&start)?),
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err("unbalanced".to_owned()) };
                let Some(parent) = open.last_mut() else { return Err("unbalanced".to_owned()) };
                parent.children.push(done);
            }
            Event::Text(text) => top.text.push_str(&text),
            Event::CData(data) => top.text.push_str(&data),
            Event::GeneralRef(name) => top.text.push(reference(&name)?),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err("a document type".to_owned()),
            Event::Eof => break,
        }
    }
    match (open.len(), open.pop()) {
        (1, Some(root)) if root.text.trim().is_empty() => Ok(root.children),
        _ => Err("the document is cut off, or text stands outside of it".to_owned()),
    }
}

fn reference(name: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    if let Ok(Some(char)) = name.resolve_char_ref() {
        return Ok(char);
    }
    match &**name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!("unknown entity &{other};")),
    }
}

const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
const PARAMETER_BYTES_MAX: usize = 500;
const DEPTH_MAX: usize = 8;

#[cfg(test)]
mod tests;
