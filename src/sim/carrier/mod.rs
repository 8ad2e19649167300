//! The phone company in a box: callers' lines, media streams, webhooks, documents and requests, with faults on demand.
//!
//! Pure machines at the wire level, written from the carrier's public description and independent of the gateway's own
//! adapter, so that the two can judge each other. Time is passed in, chance comes from a seed.

pub mod company;
pub mod knobs;
pub mod phone;
pub mod playout;
pub mod rest;
pub mod sign;
pub mod twiml;
pub mod wire;

pub use company::{CallPlan, CompanyCall, CompanyConfig, CompanyOut, SocketNo, WebAnswer, WebFailure, WebhookId};
pub use knobs::{CompanyKnobs, PhoneKnobs};
pub use phone::{Phone, PhoneOut};
pub use rest::{Credentials, RestAnswer, RestRequest};
pub use wire::Violation;
