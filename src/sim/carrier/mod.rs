//! The phone company in a box: callers' lines, media streams, webhooks, documents and requests, with faults on demand.
//!
//! Pure machines at the wire level, written from the carrier's public description and independent of the gateway's own
//! adapter, so that the two can judge each other. Time is passed in, chance comes from a seed.
//!
//! ```text
//! Exchange ------ legs: CompanyCall (a document interpreter), each with its Phone streams
//!    |  \\------- phone book: number -> Person (when they answer, what they press, when they leave)
//!    |   \\------ rooms, bridges (who heard whom, from when to when), every number dialled
//!    +--- rest(): REST requests in, answers out
//! ```
//! In: `place_call(now, CallPlan, out) -> LegNo`, `rest(now, &RestRequest, out) -> RestAnswer`, answers to what came out
//! (`webhook_answered`, `webhook_failed`, `stream_opened`, ... each with the leg's number), `advance` at
//! `next_deadline`. Out: `(LegNo, CompanyOut)`; callbacks about rooms come from `LegNo::COMPANY`. Asked at any time:
//! `report()`, `live_legs()`, `live_rooms()`, `dialled()`, `bridges()`, `is_at_rest()`.
//! A single `CompanyCall` works without an exchange as long as its documents dial nobody.

pub mod company;
pub mod exchange;
pub mod knobs;
pub mod person;
pub mod phone;
pub mod playout;
pub mod rest;
pub mod sign;
pub mod twiml;
pub mod wire;

pub use company::{CallPlan, CompanyCall, CompanyConfig, CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId};
pub use exchange::{Exchange, ExchangeConfig, ExchangeOut, ExchangeReport, LegNo};
pub use knobs::{CompanyKnobs, PhoneKnobs};
pub use person::{Habits, Keys, Leave, Person, PickUp};
pub use phone::{Phone, PhoneOut};
pub use rest::{Credentials, RestAnswer, RestRequest};
pub use wire::Violation;
