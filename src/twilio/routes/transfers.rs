//! Webhooks about bringing a person in: operators' legs, rooms, and messages to those who could not be reached.
//!
//! Whatever is asked about an attempt that nobody knows is answered with a hang-up: a leg without an owner ends.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::session::input::{CarrierInput, Question};
use crate::twilio::callback::{self, BadForm, Form, transfer};
use crate::twilio::routes::refusals::{count, refuse_form};
use crate::twilio::routes::{TwilioState, always_twiml, answer_in_time, asking, caught};
use crate::twilio::twiml;
use crate::types::{AttemptId, CallId};

pub(super) fn routes() -> Router<TwilioState> {
    Router::new()
        .route("/twilio/transfers/{attempt}/answer", post(answer))
        .route("/twilio/transfers/{attempt}/key/{step}", post(key))
        .route("/twilio/transfers/{attempt}/operator-done", post(operator_done))
        .route("/twilio/transfers/{attempt}/caller-done", post(caller_done))
        .route("/twilio/transfers/{attempt}/leg", post(leg))
        .route("/twilio/transfers/{attempt}/conference", post(conference))
        .route("/twilio/transfers/{attempt}/amd", post(amd))
        .route("/twilio/voicemail/{call}/done", post(voicemail_done))
        .route("/twilio/voicemail/{call}/recording", post(recording))
}

async fn answer(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    ask_operator(&state, &id, request, transfer::operator_answered).await
}

async fn key(State(state): State<TwilioState>, Path((id, step)): Path<(String, String)>, request: Request) -> Response {
    ask_operator(&state, &id, request, |form, attempt| {
        let step = step.parse().map_err(|_| BadForm::Field("step"))?;
        transfer::operator_key(form, attempt, step)
    })
    .await
}

async fn operator_done(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    ask_operator(&state, &id, request, transfer::operator_done).await
}

/// A question about an operator's leg; which one is said by the path.
async fn ask_operator(
    state: &TwilioState,
    id: &str,
    request: Request,
    read: impl FnOnce(&Form, AttemptId) -> Result<Question, BadForm>,
) -> Response {
    let answer = async {
        let asking = asking(&request);
        let form = state.accept(request).await?;
        let Ok(attempt) = id.parse::<AttemptId>() else {
            return Ok(nobodys());
        };
        let question = read(&form, attempt).map_err(refuse_form)?;
        let next = answer_in_time(state.door().ask_call(attempt.call, question)).await.flatten();
        Ok(state.to_own_leg(&asking, &form, next))
    };
    always_twiml(answer).await
}

async fn caller_done(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    let answer = async {
        let asking = asking(&request);
        let form = state.accept(request).await?;
        let Ok(attempt) = id.parse::<AttemptId>() else {
            return Ok(nobodys());
        };
        let (leg, question) = transfer::caller_done(&form, attempt).map_err(refuse_form)?;
        let next = answer_in_time(state.door().ask(&leg, question)).await.flatten();
        Ok(state.to_caller(&asking, &form, &leg, next))
    };
    always_twiml(answer).await
}

async fn voicemail_done(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    let answer = async {
        let asking = asking(&request);
        let form = state.accept(request).await?;
        if id.parse::<CallId>().is_err() {
            return Ok(nobodys());
        }
        let (leg, question) = transfer::voicemail_done(&form).map_err(refuse_form)?;
        let next = answer_in_time(state.door().ask(&leg, question)).await.flatten();
        Ok(state.to_caller(&asking, &form, &leg, next))
    };
    always_twiml(answer).await
}

async fn leg(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    tell(&state, &id, request, |form, attempt: AttemptId| {
        let progress = callback::status(form)?;
        match progress.status {
            Some(status) => state.door().operator_status(attempt, &progress.leg, status, progress.sequence),
            None => count("status_unknown"),
        }
        Ok(())
    })
    .await
}

async fn conference(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    tell(&state, &id, request, |form, attempt: AttemptId| {
        match transfer::room_event(form, attempt.call)? {
            Some(event) => {
                state.door().tell_call(attempt.call, CarrierInput::Room { attempt: attempt.no, event });
            }
            None => count("room_event_unknown"),
        }
        Ok(())
    })
    .await
}

async fn amd(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    tell(&state, &id, request, |form, attempt: AttemptId| {
        let by = transfer::picked_up(form)?;
        state.door().tell_call(attempt.call, CarrierInput::OperatorPickedUp { attempt: attempt.no, by });
        Ok(())
    })
    .await
}

async fn recording(State(state): State<TwilioState>, Path(id): Path<String>, request: Request) -> Response {
    tell(&state, &id, request, |form, call: CallId| {
        if let Some(news) = transfer::recorded(form)? {
            state.door().tell_call(call, news);
        }
        Ok(())
    })
    .await
}

/// News that need no answer, about an attempt or a call that the path names.
pub(super) async fn tell<I: std::str::FromStr>(
    state: &TwilioState,
    id: &str,
    request: Request,
    take: impl FnOnce(&Form, I) -> Result<(), BadForm>,
) -> Response {
    let taken = async {
        let form = state.accept(request).await?;
        match id.parse() {
            Ok(id) => take(&form, id).map_err(refuse_form)?,
            Err(_) => count("unknown_id"),
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    caught(taken, || StatusCode::INTERNAL_SERVER_ERROR.into_response()).await
}

/// The answer to a question about something that is not ours.
pub(super) fn nobodys() -> Response {
    count("unknown_id");
    twiml::respond(twiml::hang_up())
}
