//! The phone company of a world: one leg for a plain call, a whole exchange when people are brought in.
//!
//! Both speak of legs by number; a plain call's is 0.

use crate::sim::carrier::company::{CompanyCall, CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId};
use crate::sim::carrier::exchange::{Exchange, ExchangeOut, LegNo};
use crate::sim::carrier::rest::{RestAnswer, RestRequest};
use crate::types::Mono;

/// The caller's leg: the first that there is.
pub(super) const CALLER: LegNo = LegNo(0);

#[expect(clippy::large_enum_variant, reason = "there is one of it in a world")]
pub(super) enum Carrier {
    Leg(CompanyCall),
    Exchange(Exchange),
}

impl Carrier {
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        match self {
            Self::Leg(leg) => leg.next_deadline(),
            Self::Exchange(exchange) => exchange.next_deadline(),
        }
    }

    pub(super) fn advance(&mut self, now: Mono, out: &mut Vec<ExchangeOut>) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.advance(now, out)),
            Self::Exchange(exchange) => exchange.advance(now, out),
        }
    }

    pub(super) fn webhook_answered(
        &mut self,
        now: Mono,
        leg: LegNo,
        id: WebhookId,
        answer: WebAnswer,
        out: &mut Vec<ExchangeOut>,
    ) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.webhook_answered(now, id, answer, out)),
            Self::Exchange(exchange) => exchange.webhook_answered(now, leg, id, answer, out),
        }
    }

    pub(super) fn webhook_failed(
        &mut self,
        now: Mono,
        leg: LegNo,
        id: WebhookId,
        failure: WebFailure,
        out: &mut Vec<ExchangeOut>,
    ) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.webhook_failed(now, id, failure, out)),
            Self::Exchange(exchange) => exchange.webhook_failed(now, leg, id, failure, out),
        }
    }

    pub(super) fn stream_opened(&mut self, now: Mono, leg: LegNo, socket: SocketNo, out: &mut Vec<ExchangeOut>) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.stream_opened(now, socket, out)),
            Self::Exchange(exchange) => exchange.stream_opened(now, leg, socket, out),
        }
    }

    pub(super) fn stream_refused(&mut self, now: Mono, leg: LegNo, socket: SocketNo, out: &mut Vec<ExchangeOut>) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.stream_refused(now, socket, None, out)),
            Self::Exchange(exchange) => exchange.stream_refused(now, leg, socket, None, out),
        }
    }

    pub(super) fn stream_text(&mut self, now: Mono, socket: SocketNo, text: &str, out: &mut Vec<ExchangeOut>) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.stream_text(now, socket, text, out)),
            Self::Exchange(exchange) => exchange.stream_text(now, CALLER, socket, text, out),
        }
    }

    pub(super) fn stream_closed(&mut self, now: Mono, socket: SocketNo, out: &mut Vec<ExchangeOut>) {
        match self {
            Self::Leg(leg) => tagged(out, |out| leg.stream_closed(now, socket, out)),
            Self::Exchange(exchange) => exchange.stream_closed(now, CALLER, socket, out),
        }
    }

    pub(super) fn rest(&mut self, now: Mono, request: &RestRequest, out: &mut Vec<ExchangeOut>) -> RestAnswer {
        match self {
            Self::Leg(leg) => {
                let mut outs = Vec::new();
                let answer = leg.rest(now, request, &mut outs);
                out.extend(outs.into_iter().map(|item| (CALLER, item)));
                answer
            }
            Self::Exchange(exchange) => exchange.rest(now, request, out),
        }
    }

    /// The caller's leg; a call that is placed has none before it is dialled.
    pub(super) fn caller(&self) -> Option<&CompanyCall> {
        match self {
            Self::Leg(leg) => Some(leg),
            Self::Exchange(exchange) => exchange.leg(CALLER),
        }
    }

    pub(super) const fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Leg(_) => None,
            Self::Exchange(exchange) => Some(exchange),
        }
    }
}

fn tagged(out: &mut Vec<ExchangeOut>, input: impl FnOnce(&mut Vec<CompanyOut>)) {
    let mut outs = Vec::new();
    input(&mut outs);
    out.extend(outs.into_iter().map(|item| (CALLER, item)));
}
