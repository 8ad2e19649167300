//! `<Dial>` and its nouns: numbers to ring and rooms to join.
//!
//! The nouns carry most of a transfer, so their rules stand by themselves.

use crate::sim::carrier::twiml::tree::Element;
use crate::sim::carrier::twiml::{Callback, Conference, Detection, Dial, Document, Number, Wait, Whom};
use crate::types::LegId;

impl Document {
    pub(super) fn dial(&mut self, element: &Element) -> Result<Dial, String> {
        self.known(
            element,
            &["action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge", "hangupOnStar", "ringTone"],
        );
        let whom = self.whom(element)?;
        Ok(Dial {
            action: element.attribute("action").map(str::to_owned),
            timeout_secs: self.number(element, "timeout", 30),
            limit_secs: self.number(element, "timeLimit", LIMIT_SECS),
            caller_id: element.attribute("callerId").map(str::to_owned),
            answer_on_bridge: self.truth(element, "answerOnBridge", false),
            whom,
        })
    }

    fn whom(&mut self, element: &Element) -> Result<Whom, String> {
        let mut numbers = Vec::new();
        for child in &element.children {
            match child.name.as_str() {
                "Number" => numbers.push(self.phone(child)),
                "Conference" if element.children.len() == 1 => return self.conference(child).map(Whom::Room),
                other => self.complain(format!("<{other}> in <Dial>, or not alone")),
            }
        }
        let plain = element.text.trim();
        if !plain.is_empty() {
            numbers.push(Number {
                number: plain.to_owned(),
                url: None,
                callback: Callback::default(),
                detection: None,
            });
        }
        if numbers.is_empty() { Err("<Dial> dials nothing".to_owned()) } else { Ok(Whom::Numbers(numbers)) }
    }

    fn phone(&mut self, element: &Element) -> Number {
        self.known(
            element,
            &[
                "url",
                "method",
                "statusCallback",
                "statusCallbackEvent",
                "statusCallbackMethod",
                "machineDetection",
                "machineDetectionTimeout",
                "amdStatusCallback",
                "amdStatusCallbackMethod",
            ],
        );
        let detection = element.attribute("machineDetection").filter(|mode| *mode != "none").map(str::to_owned);
        let amd_callback = self.absolute(element, "amdStatusCallback");
        Number {
            number: element.text.trim().to_owned(),
            url: element.attribute("url").map(str::to_owned),
            callback: Callback {
                url: self.absolute(element, "statusCallback"),
                events: self.events(element, "statusCallbackEvent", &["initiated", "ringing", "answered", "completed"]),
            },
            detection: detection
                .map(|mode| Detection { message_end: mode == "DetectMessageEnd", callback: amd_callback }),
        }
    }

    fn conference(&mut self, element: &Element) -> Result<Conference, String> {
        self.known(
            element,
            &[
                "muted",
                "beep",
                "startConferenceOnEnter",
                "endConferenceOnExit",
                "participantLabel",
                "jitterBufferSize",
                "waitUrl",
                "waitMethod",
                "maxParticipants",
                "region",
                "statusCallback",
                "statusCallbackMethod",
                "statusCallbackEvent",
            ],
        );
        let name = element.text.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(format!("a room's name has {} characters", name.chars().count()));
        }
        if name.chars().filter(char::is_ascii_digit).count() >= 10 && name.starts_with('+') || name.contains('@') {
            self.complain("a room's name looks like personal data");
        }
        let label = element.attribute("participantLabel").map(str::to_owned);
        if let Some(label) = &label
            && (label.len() > NAME_CHARS_MAX || label.contains('/') || label.parse::<LegId>().is_ok())
        {
            self.complain(format!("16023: {label:?} is no participant label"));
        }
        let beep = element.attribute("beep").unwrap_or("true");
        if !["true", "false", "onEnter", "onExit"].contains(&beep) {
            self.complain(format!("<Conference beep> is {beep:?}"));
        }
        let get = element.attribute("waitMethod") == Some("GET");
        let wait = match element.attribute("waitUrl") {
            None => Wait::Music,
            Some("") => Wait::Silence,
            Some(url) => Wait::Document { url: url.to_owned(), get },
        };
        let callback = Callback {
            url: self.absolute(element, "statusCallback"),
            events: self.events(element, "statusCallbackEvent", &EVENTS),
        };
        if callback.url.is_some() && callback.events.is_empty() {
            self.complain("<Conference statusCallback> without events: what is told then is not documented");
        }
        let participants_max = self.number(element, "maxParticipants", PARTICIPANTS_MAX) as usize;
        if !(2..=PARTICIPANTS_MAX as usize).contains(&participants_max) {
            self.complain("<Conference maxParticipants> is not from 2 to 250");
        }
        Ok(Conference {
            name,
            label,
            start_on_enter: self.truth(element, "startConferenceOnEnter", true),
            end_on_exit: self.truth(element, "endConferenceOnExit", false),
            beep: beep != "false",
            muted: self.truth(element, "muted", false),
            wait,
            participants_max,
            callback,
        })
    }
}

const EVENTS: [&str; 9] = ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"];

/// Four hours: the carrier's own limit.
const LIMIT_SECS: u32 = 14_400;

const NAME_CHARS_MAX: usize = 128;
const PARTICIPANTS_MAX: u32 = 250;
