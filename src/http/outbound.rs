//! `POST /api/call/start` with `to`: the organization has somebody called, who agreed to it. Without: see `sessions`.
//!
//! A request that is sent twice must not ring a phone twice, so it carries a key under which its answer is kept.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::auth::hash_key;
use crate::calls::new_call_id;
use crate::http::access::KeyName;
use crate::http::body::JsonObject;
use crate::http::fields::Fields;
use crate::http::idempotency;
use crate::http::problem::of_store;
use crate::http::views::Started;
use crate::http::{AppState, FieldError, Problem, sessions};
use crate::ports::door::OutboundOrder;
use crate::session::effect::Consent;
use crate::types::{CallId, OrgId, PhoneNumber, Wall};

const THE_ORG: &str = "The organization";

/// Longest statement of why somebody may be called, and of who says so.
const CONSENT_CHARS_MAX: usize = 200;

/// How far a clock may be ahead of ours.
const CLOCKS_DIFFER_US: i64 = 5 * 60 * 1_000_000;

const KEY_HEADER: &str = "idempotency-key";
const KEY_CHARS_MAX: usize = 255;

/// A request that says everything.
struct Order {
    org: OrgId,
    to: PhoneNumber,
    consent: Consent,
}

/// `POST /api/call/start {org_id, to, consent{basis, at, by}}` with `Idempotency-Key`.
pub(super) async fn start(
    State(state): State<AppState>,
    Extension(KeyName(key_name)): Extension<KeyName>,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Response, Problem> {
    let org = org_of(&body)?;
    state.api.directory.org(&org).await.map_err(of_store(THE_ORG))?;
    if body.get("to").is_none_or(Value::is_null) {
        return sessions::start(&state, org, body, KeyName(key_name)).await.map(Json::into_response);
    }
    let now = state.api.clock.now().wall;
    let order = read(org, body, now)?;
    let key = idempotency_key(&headers)?;

    // The same words in any order and spacing are the same request.
    let Order { org, to, consent } = &order;
    let words = json!([org.as_str(), to.e164(), consent.basis, consent.at.0, consent.by]).to_string();
    let hash = hash_key(&words);
    let scope = order.org.as_str().to_owned();
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| Problem::internal())?;
    let call = new_call_id(now, &random);
    if let Some(answer) = idempotency::claim(&state, (&scope, key), &hash, call, now).await? {
        let kind = [(axum::http::header::CONTENT_TYPE, "application/json")];
        return Ok((kind, answer).into_response());
    }
    let placed = place(&state, call, order, &key_name).await;
    let answer = match &placed {
        Ok(started) => serde_json::to_string(started).map_err(|_| Problem::internal())?,
        // Nothing was done, so the key may be used again.
        Err(_) => String::new(),
    };
    if let Err(error) = state.api.transfers.settle_key(&scope, key, &answer).await {
        // The call, if there is one, goes on; the key stays taken, so that repeating the request rings nobody.
        tracing::warn!(%error, "the answer of an idempotency key could not be kept");
    }
    placed.map(|started| Json(started).into_response())
}

async fn place(state: &AppState, call: CallId, order: Order, key_name: &str) -> Result<Started, Problem> {
    let org = state.api.orgs.by_id(&order.org).await.ok_or_else(Problem::storage_unavailable)?;
    if !org.outbound.enabled {
        return Err(Problem::outbound_disabled());
    }
    let numbers = state.api.directory.numbers(&order.org).await.map_err(of_store(THE_ORG))?;
    let from = numbers.into_iter().next().ok_or_else(Problem::no_number)?;
    let org_id = org.id.clone();
    state.api.door.place(OutboundOrder { call, org, to: order.to, from, consent: order.consent }).await?;
    tracing::info!(call_id = %call, org = %org_id, key = key_name, "staff have a call placed");
    Ok(Started::new(call))
}

/// The organization, which decides whether anything else is looked at.
pub(super) fn org_of(body: &Map<String, Value>) -> Result<OrgId, Problem> {
    match body.get("org_id") {
        None | Some(Value::Null) => Err(Problem::missing_field("org_id")),
        Some(Value::String(text)) => text.parse().map_err(|_| Problem::not_found(THE_ORG)),
        Some(_) => {
            let error = FieldError::at("/org_id", "wrong_type", "`org_id` must be a text.");
            Err(Problem::validation_failed(vec![error]))
        }
    }
}

fn read(org: OrgId, mut body: Map<String, Value>, now: Wall) -> Result<Order, Problem> {
    body.remove("org_id");
    let mut fields = Fields::new(body);
    let to = fields.required_line("to", 32).and_then(|text| {
        let number = text.parse::<PhoneNumber>().ok();
        if number.is_none() {
            fields.complain("to", "invalid", "`to` must be a phone number in E.164, such as +12025550142.");
        }
        number
    });
    let consent = fields.open("consent").and_then(|mut inner| {
        let consent = consent(&mut inner, now);
        fields.close(inner);
        consent
    });
    fields.finish()?;
    match (to, consent) {
        (Some(to), Some(consent)) => Ok(Order { org, to, consent }),
        _ => Err(Problem::internal()),
    }
}

/// Why the party may be called, since when, and who says so: all three, or nobody is called.
fn consent(fields: &mut Fields, now: Wall) -> Option<Consent> {
    let basis = fields.required_line("basis", CONSENT_CHARS_MAX);
    let by = fields.required_line("by", CONSENT_CHARS_MAX);
    let at = fields.required_line("at", 64).and_then(|text| {
        let at = text.parse::<Timestamp>().ok().map(|at| Wall(at.as_microsecond()));
        match at {
            None => fields.complain("at", "invalid", "`at` must be a time such as 2026-11-22T18:37:13Z."),
            Some(at) if at.0 > now.0.saturating_add(CLOCKS_DIFFER_US) => {
                fields.complain("at", "invalid", "`at` must not be in the future.");
                return None;
            }
            Some(_) => {}
        }
        at
    });
    Some(Consent { basis: basis?, at: at?, by: by? })
}

/// One header of 1 to 255 visible characters.
fn idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(KEY_HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::idempotency_key_required());
    };
    let visible = |key: &&str| (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    value.to_str().ok().filter(visible).ok_or_else(Problem::idempotency_key_required)
}
