//! The doors that Twilio knocks on: webhooks in, TwiML out, and the upgrade of the media socket.
//!
//! A refused request changes nothing. An accepted one that asks what to do with a leg is always answered with TwiML: a
//! caller hears an apology when something of ours fails, never a carrier's error message.

mod hold;
mod outbound;
mod refusals;
mod transfers;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State, WebSocketUpgrade};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::FutureExt;

use crate::ports::carrier::Script;
use crate::ports::door::{Answer, Door};
use crate::session::document::Document;
use crate::session::input::Question;
use crate::twilio::asking::Asking;
use crate::twilio::callback::{self, Form};
use crate::twilio::complaints::Complaints;
use crate::twilio::origin::{BadOrigin, Origin};
use crate::twilio::routes::refusals::{Target, count, refuse, refuse_form};
use crate::twilio::signature::Verifier;
use crate::twilio::twiml::{self, Documents};
use crate::twilio::waiting::{WAITING_SOCKETS_MAX, Waiting};
use crate::twilio::{TwilioSettings, attach, paths};
use crate::types::{AccountId, LegId};

/// Largest webhook body; Twilio's are a few kilobytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long a webhook's body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(5);

/// How long the calls may take for an answer; then the leg asks again. (Twilio gives up after 15 s.)
const ANSWER_WAIT: Duration = Duration::from_secs(2);

/// Longest message on a media socket. Twilio's are some 400 bytes.
const MESSAGE_BYTES_MAX: usize = 32 * 1024;

/// One buffer for each socket, so a small one.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// A frame and the mark behind it leave in one system call. Small, because what waits here can no longer be taken back
/// when the caller interrupts: a third of a second at the most, and only while the carrier does not read.
const WRITE_BUFFER_BYTES: usize = 4 * 1024;

/// Answers to pings go past the call's writer and its time limit, so a peer that pings and never reads is bounded here.
const WRITE_BUFFER_BYTES_MAX: usize = 256 * 1024;

/// Everything that the routes need.
#[derive(Clone)]
pub struct TwilioState(Arc<Inner>);

struct Inner {
    door: Arc<dyn Door>,
    verifier: Verifier,
    documents: Documents,
    account: Option<AccountId>,
    waiting: Arc<Waiting>,
    complaints: Complaints,
}

impl TwilioState {
    /// Fails only if the public base URL is none.
    pub fn new(door: Arc<dyn Door>, settings: &TwilioSettings) -> Result<Self, BadOrigin> {
        let origin = Origin::parse(&settings.public_base_url)?;
        Ok(Self(Arc::new(Inner {
            door,
            documents: Documents::new(&origin),
            verifier: Verifier::new(origin, settings),
            account: settings.account.clone(),
            waiting: Waiting::new(WAITING_SOCKETS_MAX),
            complaints: Complaints::default(),
        })))
    }

    pub(super) fn door(&self) -> &dyn Door {
        &*self.0.door
    }

    /// The account that everything must belong to, if one is configured.
    pub(super) fn account(&self) -> Option<&AccountId> {
        self.0.account.as_ref()
    }

    /// Whether a line about this may be written now, and how many were not.
    pub(super) fn may_complain(&self, why: &'static str) -> Option<u64> {
        self.0.complaints.may_say(why, tokio::time::Instant::now())
    }

    /// Media sockets that have not said `start` yet.
    pub fn waiting_sockets(&self) -> usize {
        self.0.waiting.len()
    }
}

/// All of Twilio's routes.
pub fn router(state: TwilioState) -> Router {
    Router::new()
        .route(paths::VOICE, post(voice))
        .route(paths::VOICE_AGAIN, post(voice_again))
        .route(paths::AFTER_STREAM, post(after_stream))
        .route(paths::FALLBACK, post(fallback))
        .route(paths::STATUS, post(status))
        .route(paths::STREAM_STATUS, post(stream_status))
        .route(paths::MEDIA, get(media))
        .merge(transfers::routes())
        .merge(outbound::routes())
        .merge(hold::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(state)
}

async fn voice(State(state): State<TwilioState>, request: Request) -> Response {
    answer_ring(&state, request, 0).await
}

/// The path is ours and signed, so the count is what we wrote; one that is none counts as the last.
async fn voice_again(State(state): State<TwilioState>, Path(asked): Path<String>, request: Request) -> Response {
    answer_ring(&state, request, asked.parse().unwrap_or(twiml::AGAIN_MAX)).await
}

async fn answer_ring(state: &TwilioState, request: Request, asked: u32) -> Response {
    let answer = async {
        let form = state.accept(request).await?;
        answer_form(state, &form, asked).await
    };
    always_twiml(answer).await
}

async fn answer_form(state: &TwilioState, form: &Form, asked: u32) -> Result<Response, Response> {
    let ring = callback::voice(form).map_err(refuse_form)?;
    let leg = ring.leg.clone();
    let answer = answer_in_time(state.door().ring(ring)).await.unwrap_or(Answer::AskAgain);
    if matches!(answer, Answer::AskAgain) && asked >= twiml::AGAIN_MAX {
        state.door().gave_up(&leg);
    }
    Ok(twiml::respond(state.0.documents.answer_again(&answer, asked)))
}

async fn after_stream(State(state): State<TwilioState>, request: Request) -> Response {
    let answer = async {
        let asking = asking(&request);
        let form = state.accept(request).await?;
        let leg = callback::after_stream(&form).map_err(refuse_form)?;
        let next = answer_in_time(state.door().ask(&leg, Question::AfterStream)).await.flatten();
        Ok(state.to_caller(&asking, &form, &leg, next))
    };
    always_twiml(answer).await
}

/// An answer that the carrier could not use, or did not get. The call has another one, if it lives.
async fn fallback(State(state): State<TwilioState>, request: Request) -> Response {
    let answer = async {
        let asking = asking(&request).after_stream();
        let form = state.accept(request).await?;
        let failed = callback::fallback(&form).map_err(refuse_form)?;
        tracing::error!(leg = %failed.leg, code = failed.code, "the carrier could not use our answer");
        count("fallback");
        if failed.of_ring {
            return answer_form(&state, &form, 0).await;
        }
        let next = answer_in_time(state.door().ask(&failed.leg, Question::Fallback)).await.flatten();
        Ok(state.to_caller(&asking, &form, &failed.leg, next))
    };
    always_twiml(answer).await
}

async fn status(State(state): State<TwilioState>, request: Request) -> Response {
    let taken = async {
        let form = state.accept(request).await?;
        let progress = callback::status(&form).map_err(refuse_form)?;
        match progress.status {
            Some(status) => state.door().leg_status(&progress.leg, status, progress.sequence),
            None => count("status_unknown"),
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    caught(taken, || StatusCode::INTERNAL_SERVER_ERROR.into_response()).await
}

async fn stream_status(State(state): State<TwilioState>, request: Request) -> Response {
    let taken = async {
        let form = state.accept(request).await?;
        let progress = callback::stream_status(&form).map_err(refuse_form)?;
        if let Some(error) = &progress.error {
            tracing::warn!(leg = %progress.leg, stream = %progress.stream, error, "the carrier reports a stream error");
        }
        if progress.ended {
            state.door().stream_ended(&progress.leg, &progress.stream);
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    caught(taken, || StatusCode::INTERNAL_SERVER_ERROR.into_response()).await
}

/// The ticket is in the path, so that each call's upgrade has a signature of its own. One that leaked, or comes again,
/// opens nothing once its ticket is used, and takes no seat.
async fn media(
    State(state): State<TwilioState>,
    Path(ticket): Path<String>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let target = Target::new(&extensions, &uri);
    if let Err(refused) = state.0.verifier.upgrade(target.raw(), &headers) {
        return state.refuse_signature(refused, &target);
    }
    if !state.door().knows_ticket(&ticket) {
        return state.refuse_ticket();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let seat = state.0.waiting.take();
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .on_upgrade(move |socket| attach::serve(socket, seat, ticket, state))
}

impl TwilioState {
    /// What a caller's leg does next. `None`: nobody can tell yet, so it asks again; if that was often enough, an
    /// apology is the best that there is, and the call hears that it was ours.
    fn to_caller(&self, asking: &Asking, form: &Form, leg: &LegId, next: Option<Script>) -> Response {
        let document = self.next_document(asking, form, next);
        if document.is_none() {
            self.door().gave_up(leg);
        }
        twiml::respond(document.unwrap_or_else(twiml::apology))
    }

    /// The same of a leg that we created; its end says enough.
    fn to_own_leg(&self, asking: &Asking, form: &Form, next: Option<Script>) -> Response {
        twiml::respond(self.next_document(asking, form, next).unwrap_or_else(twiml::apology))
    }

    fn next_document(&self, asking: &Asking, form: &Form, next: Option<Script>) -> Option<String> {
        let documents = &self.0.documents;
        match next {
            Some(script) if script.document != Document::AskAgain => Some(documents.write(&script)),
            _ if !asking.may_ask_again() => None,
            Some(_) => Some(asking.soon(documents, form)),
            None => Some(asking.later(documents, form)),
        }
    }

    /// Reads a webhook's form if Twilio sent it, for our account; else the refusal.
    async fn accept(&self, request: Request) -> Result<Form, Response> {
        let target = Target::of(&request);
        let refuse_signature = |refused| self.refuse_signature(refused, &target);
        let headers = request.headers().clone();
        if !is_form(&headers) {
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type"));
        }
        // Before the body is read, because whoever has no signature must not cost us more than a look.
        self.0.verifier.might_be_signed(&headers).map_err(refuse_signature)?;
        let body = match tokio::time::timeout(BODY_WAIT, Bytes::from_request(request, &())).await {
            Ok(Ok(body)) => body,
            Ok(Err(rejection)) => return Err(refuse(rejection.status(), "body")),
            Err(_) => return Err(refuse(StatusCode::REQUEST_TIMEOUT, "body_slow")),
        };
        let mut form = Form::parse(&body).map_err(refuse_form)?;
        self.0.verifier.form(target.raw(), &headers, form.pairs()).map_err(refuse_signature)?;
        let account = form.account().map_err(refuse_form)?;
        if self.0.account.is_some() && self.0.account != account {
            return Err(refuse(StatusCode::FORBIDDEN, "account"));
        }
        form.recall(target.query());
        Ok(form)
    }
}

fn asking(request: &Request) -> Asking {
    Asking::new(request.uri().path(), request.uri().query())
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// What the calls say, or nothing if they take too long.
async fn answer_in_time<T>(answer: impl Future<Output = T>) -> Option<T> {
    let answer = tokio::time::timeout(ANSWER_WAIT, answer).await;
    if answer.is_err() {
        tracing::error!("the calls took too long to answer a webhook; the leg asks again");
        count("answer_slow");
    }
    answer.ok()
}

/// A panic on the way to an answer becomes the apology.
async fn always_twiml(answer: impl Future<Output = Result<Response, Response>>) -> Response {
    caught(answer, || twiml::respond(twiml::apology())).await
}

async fn caught(answer: impl Future<Output = Result<Response, Response>>, otherwise: fn() -> Response) -> Response {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(response) | Err(response)) => response,
        Err(_) => {
            // The panic hook has logged where; what it says may quote the webhook.
            tracing::error!("a webhook's handler panicked");
            count("panic");
            otherwise()
        }
    }
}
