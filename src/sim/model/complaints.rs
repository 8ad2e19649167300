//! Errors that the server reports, and what it says out of the blue.
//!
//! An error about a request carries the request's `event_id`, and may come late.

use serde_json::json;

use crate::sim::model::agenda::Job;
use crate::sim::model::knobs::Noise;
use crate::sim::model::ledger::RefusedRequest;
use crate::sim::model::schema::Refused;
use crate::sim::model::wire::At;
use crate::sim::model::{FakeModel, ModelOut, speaking};

impl FakeModel {
    pub(super) fn make_noise(&mut self, noise: Noise) {
        match noise {
            Noise::UnknownEvent => {
                self.send("conversation.mood.updated", &json!({"mood": {"name": "curious"}, "confidence": 0.5}));
            }
            Noise::Malformed => {
                self.out.push_back(ModelOut::Text(r#"{"type":"response.output_audio.delta","delta":"AAA"#.into()));
            }
            Noise::Nested => self.out.push_back(ModelOut::Text("[".repeat(200_000))),
            Noise::Binary => self.out.push_back(ModelOut::Binary(vec![0x00, 0xFF, 0xC3, 0x28])),
            Noise::ServerError => {
                let message = "The server had an error while processing your request.";
                self.send_error(None, &Refused { code: None, message: message.into(), param: None }, "server_error");
            }
            Noise::StrayDelta => {
                let at = At { response: "resp_of_nobody", item: "item_of_nobody", output_index: 0 };
                let text = self.writer.audio_delta(at, &"/".repeat(640));
                self.out.push_back(ModelOut::Text(text));
            }
            Noise::SpuriousActive => {
                let refused = speaking::already_active("resp_of_nobody");
                self.send_error(None, &refused, "invalid_request_error");
            }
        }
    }

    /// Refuses a client's request: at once, or late if the knobs say so.
    pub(super) fn refuse(&mut self, about: Option<&str>, refused: &Refused, of_create: bool) {
        self.ledger.refused.push(RefusedRequest {
            code: refused.code.unwrap_or_default().to_owned(),
            message: refused.message.clone(),
            about: about.map(str::to_owned),
        });
        if self.knobs.error_delay.is_zero() {
            self.send_error(about, refused, "invalid_request_error");
            self.create_answered(of_create);
        } else {
            let text = self.error_text(about, refused, "invalid_request_error");
            self.agenda.add(self.now + self.knobs.error_delay, Job::Error { text, of_create });
        }
    }

    pub(super) fn send_error(&mut self, about: Option<&str>, refused: &Refused, kind: &str) {
        let text = self.error_text(about, refused, kind);
        self.out.push_back(ModelOut::Text(text));
    }

    pub(super) fn error_text(&mut self, about: Option<&str>, refused: &Refused, kind: &str) -> String {
        let error = json!({
            "type": kind, "code": refused.code, "message": refused.message, "param": refused.param, "event_id": about,
        });
        self.writer.event("error", &json!({"error": error}))
    }
}
