//! Requests that are not taken: the status that each gets, counted, and written down within bounds.

use axum::extract::{MatchedPath, Request};
use axum::http::{Extensions, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::twilio::callback::BadForm;
use crate::twilio::paths;
use crate::twilio::routes::TwilioState;
use crate::twilio::signature::Refused;

/// Longest part of a path that gets into the log: paths are the sender's own words.
const PATH_CHARS_MAX: usize = 100;

/// Where a request went, as far as the log is told.
#[derive(Clone)]
pub(super) struct Target {
    /// Our own word for it: `/twilio/transfers/{attempt}/answer`.
    route: Option<MatchedPath>,
    uri: Uri,
}

impl Target {
    pub(super) fn of(request: &Request) -> Self {
        Self::new(request.extensions(), request.uri())
    }

    pub(super) fn new(extensions: &Extensions, uri: &Uri) -> Self {
        Self { route: extensions.get::<MatchedPath>().cloned(), uri: uri.clone() }
    }

    /// The raw path and query, as the sender wrote them.
    pub(super) fn raw(&self) -> &str {
        self.uri.path_and_query().map_or("/", |target| target.as_str())
    }

    pub(super) fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("", MatchedPath::as_str)
    }

    fn is_media(&self) -> bool {
        self.route() == paths::MEDIA
    }

    /// The path for the log: cut, without the query, and without a stream's ticket.
    fn shown(&self) -> String {
        if self.is_media() {
            return paths::media("***");
        }
        let path = self.uri.path();
        match path.char_indices().nth(PATH_CHARS_MAX) {
            Some((end, _)) => format!("{}...", &path[..end]),
            None => path.to_owned(),
        }
    }
}

impl TwilioState {
    pub(super) fn refuse_signature(&self, refused: Refused, target: &Target) -> Response {
        let why = refused.label();
        if let Some(unsaid) = self.0.complaints.may_say(why, Instant::now()) {
            match refused {
                // What was hashed is what whoever set up the number must compare with what they wrote there.
                Refused::Mismatch => {
                    let hashed = self.0.verifier.hashed(&target.shown(), target.is_media());
                    tracing::warn!(route = target.route(), why, hashed, unsaid, "a request was refused");
                }
                Refused::NotConfigured
                | Refused::Missing
                | Refused::Malformed
                | Refused::UnknownKey
                | Refused::BodyHash
                | Refused::Query => tracing::warn!(route = target.route(), why, unsaid, "a request was refused"),
            }
        }
        let status = match refused {
            Refused::NotConfigured => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Missing
            | Refused::Malformed
            | Refused::UnknownKey
            | Refused::Mismatch
            | Refused::BodyHash
            | Refused::Query => StatusCode::FORBIDDEN,
        };
        refuse(status, why)
    }

    /// A signed upgrade whose ticket opens nothing: it was used, it is too late, or somebody sends it again.
    pub(super) fn refuse_ticket(&self) -> Response {
        let why = "ticket";
        if let Some(unsaid) = self.0.complaints.may_say(why, Instant::now()) {
            tracing::warn!(route = paths::MEDIA, why, unsaid, "a request was refused");
        }
        refuse(StatusCode::FORBIDDEN, why)
    }
}

/// A form that contradicts itself could have been signed for something else; one without its ids is of no use.
pub(super) fn refuse_form(bad: BadForm) -> Response {
    match bad {
        BadForm::TooMany => refuse(StatusCode::BAD_REQUEST, "too_many_parameters"),
        BadForm::Repeated(_) => refuse(StatusCode::FORBIDDEN, "repeated"),
        BadForm::Field(_) => refuse(StatusCode::BAD_REQUEST, "field"),
    }
}

pub(super) fn refuse(status: StatusCode, why: &'static str) -> Response {
    count(why);
    status.into_response()
}

pub(super) fn count(why: &'static str) {
    metrics::counter!("switchboard_webhooks_refused_total", "why" => why).increment(1);
}
