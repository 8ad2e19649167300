//! REST requests against a scripted Twilio on loopback.

mod conformance;
mod creates;
mod fake;
mod legs;
mod moves;
mod outage;
mod watch;
