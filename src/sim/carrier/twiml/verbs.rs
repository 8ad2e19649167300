//! The verbs of a document, each with its attributes and the rules of its place.
//!
//! What the carrier would swallow silently is complained of here.

use crate::sim::carrier::twiml::tree::Element;
use crate::sim::carrier::twiml::{Connect, Document, Gather, Play, Record, Verb};

impl Document {
    /// Reads one top-level verb.
    pub(super) fn verb(&mut self, element: &Element, plain_streams: bool) -> Result<(), String> {
        let verb = match element.name.as_str() {
            "Connect" => Verb::Connect(self.connect(element, plain_streams)?),
            "Say" | "Play" | "Pause" => self.prompt(element),
            "Gather" => Verb::Gather(self.gather(element)),
            "Record" => Verb::Record(self.record(element)),
            "Dial" => Verb::Dial(self.dial(element)?),
            "Hangup" => {
                self.known(element, &[]);
                Verb::Hangup
            }
            "Redirect" => {
                self.known(element, &["method"]);
                Verb::Redirect(element.text.trim().to_owned())
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

    /// `Say`, `Play` or `Pause`.
    fn prompt(&mut self, element: &Element) -> Verb {
        let text = element.text.trim().to_owned();
        match element.name.as_str() {
            "Say" => {
                self.known(element, &["voice", "language", "loop"]);
                if text.is_empty() {
                    self.complain("<Say> says nothing");
                }
                Verb::Say(text)
            }
            "Play" => {
                self.known(element, &["loop"]);
                if text.is_empty() {
                    self.complain("<Play> plays nothing");
                }
                Verb::Play(Play { url: text, times: self.number(element, "loop", 1) })
            }
            _ => {
                self.known(element, &["length"]);
                Verb::Pause(self.number(element, "length", 1))
            }
        }
    }

    fn gather(&mut self, element: &Element) -> Gather {
        self.known(
            element,
            &[
                "input",
                "action",
                "method",
                "timeout",
                "finishOnKey",
                "numDigits",
                "actionOnEmptyResult",
                "language",
                "bargeIn",
            ],
        );
        if element.attribute("input").is_some_and(|input| input != "dtmf") {
            self.complain("<Gather input> is not dtmf");
        }
        if element.attribute("action").is_none() {
            self.complain("<Gather> without action asks for the same document again");
        }
        let finish = element.attribute("finishOnKey").unwrap_or("#");
        if finish.chars().count() > 1 {
            self.complain("<Gather finishOnKey> is more than one key");
        }
        let digits_max =
            element.attribute("numDigits").is_some().then(|| self.number(element, "numDigits", 1) as usize);
        let mut prompts = Vec::new();
        for child in &element.children {
            if matches!(child.name.as_str(), "Say" | "Play" | "Pause") {
                prompts.push(self.prompt(child));
            } else {
                self.complain(format!("<{}> in <Gather>", child.name));
            }
        }
        Gather {
            action: element.attribute("action").map(str::to_owned),
            timeout_secs: self.number(element, "timeout", 5),
            digits_max,
            finish: finish.chars().next(),
            always: self.truth(element, "actionOnEmptyResult", false),
            prompts,
        }
    }

    fn record(&mut self, element: &Element) -> Record {
        self.known(
            element,
            &[
                "action",
                "method",
                "timeout",
                "finishOnKey",
                "maxLength",
                "playBeep",
                "trim",
                "recordingStatusCallback",
                "recordingStatusCallbackMethod",
                "recordingStatusCallbackEvent",
            ],
        );
        if element.attribute("action").is_none() {
            self.complain("<Record> without action asks for the same document again");
        }
        let events = self.events(element, "recordingStatusCallbackEvent", &["in-progress", "completed", "absent"]);
        Record {
            action: element.attribute("action").map(str::to_owned),
            length_secs_max: self.number(element, "maxLength", 3600),
            timeout_secs: self.number(element, "timeout", 5),
            beep: self.truth(element, "playBeep", true),
            finish: element.attribute("finishOnKey").unwrap_or("1234567890*#").to_owned(),
            status_callback: self.absolute(element, "recordingStatusCallback"),
            events: if events.is_empty() { vec!["completed".to_owned()] } else { events },
        }
    }

    fn connect(&mut self, element: &Element, plain_streams: bool) -> Result<Connect, String> {
        self.known(element, &["action", "method"]);
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
        let status_callback = self.absolute(stream, "statusCallback");
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
            status_callback,
            parameters,
        })
    }
}

const PARAMETER_BYTES_MAX: usize = 500;
