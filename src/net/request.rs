//! One HTTP/1.1 request on a connection of its own.
//!
//! Connections are not kept, on purpose. A kept one can be dead without a sign: behind an edge or a NAT that still
//! answers TCP it took requests for ever and answered none, and with HTTP/2 every later request went the same way, while
//! an emergency waited. On a connection of its own a request can only fail by itself, the next one starts anew, and it
//! is known whether anything was sent at all. The price is a handshake, which is short beside the ringing of a phone.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, DATE, HOST, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::fmt::rfc2822;
use tokio::time::{Instant, timeout, timeout_at};

use crate::net::{Net, NotConnected, Place, Stream};
use crate::types::Wall;

/// What is asked.
pub struct Request {
    pub method: Method,
    pub url: Uri,
    /// Beside `Host` and what belongs to the connection.
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// The server's clock, in whole seconds.
    pub date: Option<Wall>,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Missed {
    /// Nothing was sent.
    #[error(transparent)]
    Unsent(#[from] NotConnected),
    /// It may have been taken.
    #[error("no answer in time")]
    TimedOut,
    /// It may have been taken.
    #[error("the connection broke")]
    Broken,
    /// It was taken; what came back is too long or broke off.
    #[error("an answer ({0}) that cannot be used")]
    Unusable(StatusCode),
}

impl Missed {
    /// A closed word, for logs and causes.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Unsent(why) => why.label(),
            Self::TimedOut => "no_answer",
            Self::Broken => "broken",
            Self::Unusable(_) => "unusable",
        }
    }
}

impl Net {
    /// Sends a request and reads its answer, of `bytes_max` at most, all within `wait`.
    pub async fn send(&self, request: Request, wait: Duration, bytes_max: usize) -> Result<Answer, Missed> {
        let due = Instant::now() + wait;
        let place = Place::of(&request.url).ok_or(NotConnected::Name)?;
        let connected = timeout(wait, self.connect(&place)).await.unwrap_or(Err(NotConnected::TimedOut));
        let exchanged = timeout_at(due, exchange(connected?, request, bytes_max)).await;
        exchanged.unwrap_or(Err(Missed::TimedOut))
    }
}

async fn exchange(stream: Stream, request: Request, bytes_max: usize) -> Result<Answer, Missed> {
    let request = written(request).ok_or(Missed::Broken)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Missed::Broken)?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|error| {
            tracing::debug!(%error, "a connection broke before the answer");
            Missed::Broken
        })?;
        read(response, bytes_max).await
    };
    // The connection moves only while it is polled, and ends when this is dropped.
    match select(Box::pin(answered), Box::pin(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answered)) => answered.await,
    }
}

fn written(request: Request) -> Option<hyper::Request<Full<Bytes>>> {
    let Request { method, url, headers, body } = request;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut written = hyper::Request::builder().method(method).uri(path).body(Full::new(body)).ok()?;
    *written.headers_mut() = headers;
    let headers = written.headers_mut();
    let authority = url.authority()?.as_str();
    // Without a user: there is none in our URLs, and none may become a header.
    let host = authority.rsplit('@').next().unwrap_or(authority);
    headers.insert(HOST, HeaderValue::from_str(host).ok()?);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("switchboard/", env!("CARGO_PKG_VERSION"))));
    Some(written)
}

async fn read(response: Response<Incoming>, bytes_max: usize) -> Result<Answer, Missed> {
    let status = response.status();
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(instant);
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|_| Missed::Unusable(status))?;
        let Some(data) = frame.data_ref() else { continue };
        if body.len() + data.len() > bytes_max {
            return Err(Missed::Unusable(status));
        }
        body.extend_from_slice(data);
    }
    Ok(Answer { status, date, body })
}

/// An HTTP date is a date of mail, with the old name of the zone.
fn instant(date: &str) -> Option<Wall> {
    rfc2822::parse(date).ok().map(|time| Wall(time.timestamp().as_microsecond()))
}
