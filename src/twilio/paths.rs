//! Our own paths, as Twilio is told about them.
//!
//! A path names a call, an attempt or a stream by random characters and nothing else: paths end up in logs, ours and the
//! carrier's.

use crate::types::{AttemptId, CallId};

pub const VOICE: &str = "/twilio/voice";
/// The same question once more, for a caller who waits; the last part is a number from 1.
pub const VOICE_AGAIN: &str = "/twilio/voice/again/{asked}";
/// What such a path begins with.
pub const VOICE_AGAIN_PREFIX: &str = "/twilio/voice/again/";
/// The media socket of the stream with this one-use ticket: Twilio keeps a path, and drops a query.
pub const MEDIA: &str = "/twilio/media/{ticket}";
pub const AFTER_STREAM: &str = "/twilio/after-stream";
pub const STATUS: &str = "/twilio/status";
pub const STREAM_STATUS: &str = "/twilio/stream-status";
pub const FALLBACK: &str = "/twilio/fallback";
/// What somebody who waits in a room hears; `lang=es` asks for Spanish.
pub const HOLD: &str = "/twilio/hold";
/// Open to everybody: Twilio fetches media without a signature.
pub const HOLD_SOUND: &str = "/twilio/hold.wav";

/// The voice webhook, asked for the so-many-th time again.
pub fn voice_again(asked: u32) -> String {
    format!("{VOICE}/again/{asked}")
}

/// The media socket, for one stream.
pub fn media(ticket: &str) -> String {
    format!("/twilio/media/{ticket}")
}

/// Of one attempt to reach an operator; the last part is one of `ANSWER` to `CALLER_DONE`, or `key/<step>`.
pub fn transfer(attempt: AttemptId, what: &str) -> String {
    format!("/twilio/transfers/{attempt}/{what}")
}

/// An operator's leg was answered.
pub const ANSWER: &str = "answer";
/// Status of an operator's leg.
pub const LEG: &str = "leg";
/// Events of the room.
pub const CONFERENCE: &str = "conference";
/// Who picked up.
pub const AMD: &str = "amd";
pub const OPERATOR_DONE: &str = "operator-done";
pub const CALLER_DONE: &str = "caller-done";

/// The operator's key at this step.
pub fn key(attempt: AttemptId, step: u32) -> String {
    transfer(attempt, &format!("key/{step}"))
}

/// The answered party of a call that we placed.
pub fn outbound(call: CallId) -> String {
    format!("/twilio/outbound/{call}")
}

/// Status of that leg.
pub fn outbound_status(call: CallId) -> String {
    format!("/twilio/outbound/{call}/status")
}

/// Who picked up there.
pub fn outbound_amd(call: CallId) -> String {
    format!("/twilio/outbound/{call}/amd")
}

/// The caller has finished the message.
pub fn voicemail_done(call: CallId) -> String {
    format!("/twilio/voicemail/{call}/done")
}

/// The recording of the message is ready, or came to nothing.
pub fn voicemail_recording(call: CallId) -> String {
    format!("/twilio/voicemail/{call}/recording")
}
