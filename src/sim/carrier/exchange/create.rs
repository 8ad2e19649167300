//! `POST /Calls`: a call that the gateway places, and the many reasons not to place it.
//!
//! A refused request dials nothing. An accepted one rings at once, even if its answer is lost: it must not be repeated.

use std::time::Duration;

use serde_json::Value;

use crate::sim::carrier::company::{Amd, First, Outbound, TWIML_CHARS_MAX};
use crate::sim::carrier::exchange::ringing::is_number;
use crate::sim::carrier::exchange::{DialledBy, Exchange, ExchangeOut, Tie};
use crate::sim::carrier::person::{Person, PickUp};
use crate::sim::carrier::rest::{RestAnswer, RestRequest, form};
use crate::sim::carrier::twiml::{self, Callback};
use crate::types::Mono;

/// The body of a request.
struct Form(Vec<(String, String)>);

impl Form {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn secs(&self, name: &str, default: u64) -> Duration {
        Duration::from_secs(self.value(name).and_then(|secs| secs.parse().ok()).unwrap_or(default))
    }
}

impl Exchange {
    pub(super) fn create_call(&mut self, now: Mono, request: &RestRequest, out: &mut Vec<ExchangeOut>) -> RestAnswer {
        let form = Form(form(&request.body));
        let (from, to, mut outbound) = match self.plan_call(now, &form) {
            Ok(plan) => plan,
            Err((code, message)) => {
                self.violation(now, code, format!("a call is not placed: {message}"));
                return RestAnswer::error(400, code, message);
            }
        };
        outbound.person = self.person(&to);
        if outbound.person.pick_up == PickUp::Barred {
            return RestAnswer::error(400, 21215, "Account not authorized to call this number");
        }
        let no = self.call_out(now, (from, to), outbound, (DialledBy::Request, Tie::Free), out);
        let mut resource = self.legs[no.0 as usize].resource(now);
        // What the company answers was written before anything rang.
        resource["status"] = "queued".into();
        resource["start_time"] = Value::Null;
        RestAnswer::new(201, resource.to_string())
    }

    fn plan_call(&mut self, now: Mono, form: &Form) -> Result<(String, String, Outbound), (u32, &'static str)> {
        if let Some((name, _)) = form.0.iter().find(|(name, _)| !PARAMETERS.contains(&name.as_str())) {
            self.violation(now, 20001, format!("unknown parameter {name} of a new call"));
            return Err((20001, "Unknown parameters"));
        }
        let to = form.value("To").filter(|to| !to.is_empty()).ok_or((21201, "No 'To' number is specified"))?;
        let from =
            form.value("From").filter(|from| !from.is_empty()).ok_or((21213, "No 'From' number is specified"))?;
        if !is_number(to) {
            return Err((21211, "Invalid 'To' Phone Number"));
        }
        if !is_number(from) {
            return Err((21212, "Invalid 'From' Phone Number"));
        }
        if !self.is_ours(from) {
            return Err((21210, "'From' phone number not verified"));
        }
        let ring = form.secs("Timeout", 60);
        if !(1..=600).contains(&ring.as_secs()) {
            return Err((20001, "Timeout is out of range"));
        }
        let events: Vec<String> =
            form.0.iter().filter(|(name, _)| name == "StatusCallbackEvent").map(|(_, event)| event.clone()).collect();
        if events.iter().any(|event| !EVENTS.contains(&event.as_str())) {
            return Err((21626, "Invalid status callback event"));
        }
        let outbound = Outbound {
            parent: None,
            first: self.first(now, form)?,
            person: Person::failing(),
            // The company rings a little longer than it is asked to.
            ring: ring + RING_SLACK,
            limit: Some(form.secs("TimeLimit", LIMIT_SECS)),
            callback: Callback { url: absolute(form.value("StatusCallback"), 21609)?, events },
            fallback_url: absolute(form.value("FallbackUrl"), 21205)?,
            amd: detection(form)?,
            answered_by: None,
        };
        Ok((from.to_owned(), to.to_owned(), outbound))
    }

    /// What the answered party hears; with both, the document counts.
    fn first(&mut self, now: Mono, form: &Form) -> Result<First, (u32, &'static str)> {
        if let Some(text) = form.value("Twiml") {
            if text.chars().count() > TWIML_CHARS_MAX {
                return Err((20001, "Twiml is too long"));
            }
            let plain = self.company.voice_url.starts_with("http://");
            let document = twiml::parse(text, plain).map_err(|_| (21218, "Invalid TwiML"))?;
            for what in document.complaints {
                self.violation(now, 12200, what);
            }
            return Ok(First::Document(document.verbs));
        }
        let url = absolute(form.value("Url"), 21205)?;
        url.map(First::Url).ok_or((21205, "Url parameter is required"))
    }
}

fn absolute(url: Option<&str>, code: u32) -> Result<Option<String>, (u32, &'static str)> {
    match url {
        Some(url) if !url.starts_with("http") => Err((code, "Url is not a valid URL")),
        url => Ok(url.map(str::to_owned)),
    }
}

fn detection(form: &Form) -> Result<Option<Amd>, (u32, &'static str)> {
    let message_end = match form.value("MachineDetection") {
        None => return Ok(None),
        Some("Enable") => false,
        Some("DetectMessageEnd") => true,
        Some(_) => return Err((20001, "MachineDetection is unknown")),
    };
    let callback = absolute(form.value("AsyncAmdStatusCallback"), 21609)?;
    let is_async = form.value("AsyncAmd") == Some("true");
    // Without a callback an asynchronous result goes nowhere; an empty URL stands for that.
    let callback = is_async.then(|| callback.unwrap_or_default());
    Ok(Some(Amd { message_end, callback, wait: form.secs("MachineDetectionTimeout", 30) }))
}

const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

/// Parameters that the gateway may use; the carrier knows more.
const PARAMETERS: [&str; 22] = [
    "To",
    "From",
    "Url",
    "Method",
    "Twiml",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackMethod",
    "StatusCallbackEvent",
    "Timeout",
    "TimeLimit",
    "MachineDetection",
    "MachineDetectionTimeout",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
    "CallReason",
    "CallToken",
];

/// Four hours: the carrier's own limit.
const LIMIT_SECS: u64 = 14_400;

const RING_SLACK: Duration = Duration::from_secs(5);
