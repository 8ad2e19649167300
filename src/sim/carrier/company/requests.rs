//! What the gateway may ask about and do to a call by REST.

use std::time::Duration;

use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{Ask, CompanyCall, CompanyOut, EndedBy, Later, Origin, Stage, Wish};
use crate::sim::carrier::knobs::hit;
use crate::sim::carrier::rest::{Resource, RestAnswer, RestRequest, form};
use crate::sim::carrier::twiml;
use crate::types::Mono;

impl CompanyCall {
    /// Answers a request that `rest::route` found to be about this call.
    pub fn rest(&mut self, now: Mono, request: &RestRequest, out: &mut Vec<CompanyOut>) -> RestAnswer {
        let knobs = self.knobs.rest;
        let mut answer = if hit(&mut self.rng, knobs.limited) {
            RestAnswer::error(429, 20429, "Too many requests")
        } else if hit(&mut self.rng, knobs.unavailable) {
            RestAnswer::error(503, 20503, "Service unavailable")
        } else if hit(&mut self.rng, knobs.unauthorized) {
            RestAnswer::error(401, 20003, "Authenticate")
        } else {
            self.rest_performed(now, request, out)
        };
        answer.after += knobs.delay.draw(&mut self.rng);
        self.tell_over(out);
        answer
    }

    fn rest_performed(&mut self, now: Mono, request: &RestRequest, out: &mut Vec<CompanyOut>) -> RestAnswer {
        let document = form(&request.body).into_iter().find(|(name, _)| name == "Twiml");
        if let Some((_, text)) = document
            && self.ended.is_none()
            && self.answered_at.is_some()
            && hit(&mut self.rng, self.knobs.rest.late_redirects)
        {
            self.later.add(now + LATE_REDIRECT, Later::Redirect(text));
            let answer = RestAnswer::new(200, self.resource(now).to_string());
            return RestAnswer { after: LATE_REDIRECT, ..answer };
        }
        let mut answer = match request.method.as_str() {
            "POST" => match self.update(now, request, out) {
                Ok(()) => RestAnswer::new(200, self.resource(now).to_string()),
                Err(refusal) => refusal,
            },
            _ => RestAnswer::new(200, self.resource(now).to_string()),
        };
        if hit(&mut self.rng, self.knobs.rest.done_but_failed) {
            answer = RestAnswer::error(500, 20500, "Internal server error");
        }
        answer.lost = hit(&mut self.rng, self.knobs.rest.unanswered);
        answer
    }

    fn update(&mut self, now: Mono, request: &RestRequest, out: &mut Vec<CompanyOut>) -> Result<(), RestAnswer> {
        let pairs = form(&request.body);
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !UPDATES.contains(&name.as_str())) {
            self.violation(now, 20001, format!("unknown parameter {name} in a call's update"));
            return Err(RestAnswer::error(400, 20001, "Unknown parameters"));
        }
        if self.ended.is_some() {
            return Err(self.ended_answer(&request.path));
        }
        if let Some(secs) = value("TimeLimit").and_then(|secs| secs.parse().ok()) {
            let from = self.answered_at.unwrap_or(now);
            self.limit_at = Some(from + Duration::from_secs(secs));
            if pairs.len() == 1 {
                return Ok(());
            }
        }
        match (value("Status"), value("Twiml"), value("Url")) {
            (Some("completed"), None, None) => {
                self.end(now, EndedBy::Rest, "completed", out);
                Ok(())
            }
            (Some("canceled"), None, None) if self.answered_at.is_none() => {
                self.end(now, EndedBy::Rest, "canceled", out);
                Ok(())
            }
            (None, Some(text), None) if self.answered_at.is_some() => self.redirect_to(now, text, out),
            (None, None, Some(url)) if self.answered_at.is_some() => {
                if !url.starts_with("http") {
                    self.violation(now, 21205, "the URL of a call's update is not absolute".to_owned());
                    return Err(RestAnswer::error(400, 21205, "Url parameter is not valid"));
                }
                let url = url.to_owned();
                self.leave(now, out);
                self.ask_later(now, Ask { kind: WebhookKind::Redirect, url, extra: Vec::new() }, 0);
                Ok(())
            }
            (Some("canceled"), None, None) | (None, Some(_), None) | (None, None, Some(_)) => {
                Err(RestAnswer::error(400, 21220, "Call is not in-progress. Cannot redirect."))
            }
            _ => {
                self.violation(now, 20001, format!("a call's update without sense: {}", request.body));
                Err(RestAnswer::error(400, 20001, "Missing or wrong parameters"))
            }
        }
    }

    pub(super) fn redirect_to(&mut self, now: Mono, text: &str, out: &mut Vec<CompanyOut>) -> Result<(), RestAnswer> {
        let document = twiml::parse(text, self.plain_streams());
        let document = document.map_err(|error| {
            self.violation(now, 12100, format!("a call's update: {error}"));
            RestAnswer::error(400, 21218, "Invalid TwiML")
        })?;
        if text.chars().count() > TWIML_CHARS_MAX {
            self.violation(now, 20001, "the document of a call's update is too long".to_owned());
            return Err(RestAnswer::error(400, 20001, "Twiml is too long"));
        }
        for what in document.complaints {
            self.violation(now, 12200, what);
        }
        self.leave(now, out);
        self.from_request = true;
        self.verbs = document.verbs.into();
        self.run(now, out);
        Ok(())
    }

    /// A redirect ends whatever the leg is doing, a stream, a `<Dial>`, a `<Gather>`; no action is asked for (a guess
    /// for the stream's).
    fn leave(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        self.tell(now, Beat::Redirected);
        self.verbs.clear();
        self.epoch += 1;
        match self.stage {
            Stage::Streaming => {
                self.stage = Stage::Waiting;
                self.end_stream(now, out);
                self.report_stream(now, "stream-stopped", None);
            }
            Stage::Together { .. } => {
                self.dial = None;
                self.part(now);
                self.wishes.push(Wish::Leave);
            }
            Stage::Recording(_) => {
                // What was said so far is kept, and only its own callback tells of it.
                self.keep_recording(now, EndedBy::Rest);
            }
            Stage::New
            | Stage::Waiting
            | Stage::Calling { .. }
            | Stage::Asking { .. }
            | Stage::Saying { .. }
            | Stage::Gathering(_)
            | Stage::Opening { .. }
            | Stage::Over => {}
        }
        if self.parent().is_some() && !self.together.is_free {
            // A called leg that hears its whisper: who dialled it hears no more of it.
            self.wishes.push(Wish::Leave);
        }
        self.stage = Stage::Waiting;
        self.connect = None;
    }

    fn ended_answer(&self, path: &str) -> RestAnswer {
        if self.knobs.rest.ended_is_not_found {
            RestAnswer::not_found(path)
        } else {
            RestAnswer::error(400, 21220, "Call is not in-progress. Cannot redirect.")
        }
    }

    pub(in crate::sim::carrier) fn resource(&self, now: Mono) -> serde_json::Value {
        Resource {
            account: &self.config.account,
            leg: &self.leg,
            from: &self.from,
            to: &self.to,
            status: self.status(),
            direction: self.direction(),
            parent: self.parent(),
            answered_by: match &self.origin {
                Origin::Inbound => None,
                Origin::Outbound(outbound) => outbound.answered_by,
            },
            created: self.rfc2822(self.dialled_at),
            // Empty while the call waits to be dialled.
            started: (self.status() != "queued").then(|| self.rfc2822(self.dialled_at)),
            ended: self.ended.map(|end| self.rfc2822(end.at)),
            duration_secs: self.ended.and_then(|_| self.duration(now)).map(|lasted| lasted.as_secs()),
        }
        .value()
    }
}

/// A redirect that takes its time.
const LATE_REDIRECT: Duration = Duration::from_secs(3);

/// Parameters of a call's update that the gateway may use.
const UPDATES: [&str; 5] = ["Status", "Twiml", "Url", "Method", "TimeLimit"];

/// A document in a request may not be longer.
pub(in crate::sim::carrier) const TWIML_CHARS_MAX: usize = 4000;
