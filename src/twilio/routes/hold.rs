//! What somebody hears who waits in a room: a sentence and a sound, again and again.
//!
//! The document is signed like everything that Twilio asks. The sound is open, because media are fetched unsigned.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use axum::http::{Extensions, HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::audio::prompts::HOLD_WAV;
use crate::twilio::callback::Form;
use crate::twilio::routes::refusals::{Target, refuse, refuse_form};
use crate::twilio::routes::{TwilioState, always_twiml};
use crate::twilio::twiml::language::Tongue;
use crate::twilio::{paths, twiml};

pub(super) fn routes() -> Router<TwilioState> {
    Router::new().route(paths::HOLD, get(asked).post(posted)).route(paths::HOLD_SOUND, get(sound))
}

/// A GET: the parameters are in the query, and nothing but the URL is signed.
async fn asked(State(state): State<TwilioState>, extensions: Extensions, uri: Uri, headers: HeaderMap) -> Response {
    let target = Target::new(&extensions, &uri);
    if let Err(refused) = state.0.verifier.get(target.raw(), &headers) {
        return state.refuse_signature(refused, &target);
    }
    let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
    let account = match query.and_then(|query| query.account()) {
        Ok(account) => account,
        Err(bad) => return refuse_form(bad),
    };
    if account.is_some() && state.account().is_some_and(|ours| Some(ours) != account.as_ref()) {
        return refuse(StatusCode::FORBIDDEN, "account");
    }
    document(&state, uri.query())
}

async fn posted(State(state): State<TwilioState>, request: Request) -> Response {
    let answer = async {
        let query = request.uri().query().map(str::to_owned);
        state.accept(request).await?;
        Ok(document(&state, query.as_deref()))
    };
    always_twiml(answer).await
}

fn document(state: &TwilioState, query: Option<&str>) -> Response {
    let mut parts = query.unwrap_or_default().split('&');
    let language = parts.find_map(|part| part.strip_prefix("lang=")).unwrap_or_default();
    twiml::respond(state.0.documents.hold(Tongue::of(language)))
}

/// One for each connection: it is open to all and long, so it must not be had in bulk.
async fn sound() -> Response {
    let headers = [(CONTENT_TYPE, "audio/wav"), (CACHE_CONTROL, "public, max-age=86400"), (CONNECTION, "close")];
    (headers, HOLD_WAV).into_response()
}
