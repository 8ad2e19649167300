//! Webhooks about the party of a call that we placed.
//!
//! They name the call by its path, because the first of them may come before the carrier has told us the leg.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;

use crate::session::input::CarrierInput;
use crate::twilio::callback::{self, transfer};
use crate::twilio::routes::refusals::{count, refuse_form};
use crate::twilio::routes::transfers::{nobodys, tell};
use crate::twilio::routes::{TwilioState, always_twiml, answer_in_time, asking};
use crate::types::CallId;

pub(super) fn routes() -> Router<TwilioState> {
    Router::new()
        .route("/twilio/outbound/{call}", post(answered))
        .route("/twilio/outbound/{call}/status", post(status))
        .route("/twilio/outbound/{call}/amd", post(amd))
}

async fn answered(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    let answer = async {
        let asking = asking(&request);
        let form = state.accept(request).await?;
        let Ok(call) = id.parse::<CallId>() else {
            return Ok(nobodys());
        };
        let question = transfer::outbound_answered(&form).map_err(refuse_form)?;
        let next = answer_in_time(state.door().ask_call(call, question)).await.flatten();
        Ok(state.to_own_leg(&asking, &form, next))
    };
    always_twiml(answer).await
}

async fn status(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    tell(&state, &id, request, |form, call: CallId| {
        let progress = callback::status(form)?;
        match progress.status {
            Some(status) => state.door().party_status(call, &progress.leg, status, progress.sequence),
            None => count("status_unknown"),
        }
        Ok(())
    })
    .await
}

async fn amd(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    tell(&state, &id, request, |form, call: CallId| {
        let by = transfer::picked_up(form)?;
        state.door().tell_call(call, CarrierInput::PickedUp(by));
        Ok(())
    })
    .await
}
