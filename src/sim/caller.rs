//! People on the phone: machines that hear 20 ms, and say 20 ms.
//!
//! The phone company asks a caller once for every frame, so a caller needs no clock and no queue of its own.

use bytes::Bytes;

use crate::types::Mono;

pub mod code;
pub mod coded;
pub mod diary;
pub mod random;
pub mod scripted;
pub mod tones;

pub use coded::ToneCoded;
pub use diary::{Diary, Spoken};
pub use random::RandomCaller;
pub use scripted::ScriptedCaller;

/// A caller, from the moment that the phone is answered.
pub trait Caller: Send {
    /// Asked every 20 ms. `heard` is what was played in the 20 ms before (0 to 160 bytes of mu-law, less when there
    /// were pauses); the answer is what the caller does in the 20 ms after.
    fn frame(&mut self, now: Mono, heard: &[u8]) -> CallerFrame;

    /// Whether what the caller says from now on reaches the gateway. People do not know; callers that count must.
    fn on_air(&mut self, on_air: bool) {
        let _ = on_air;
    }

    /// Connected with another person (in a room, or by a dialled number), or not any more. People who have only ears
    /// need not care.
    fn connected(&mut self, connected: bool) {
        let _ = connected;
    }

    /// What the caller could not do as planned.
    fn complaints(&self) -> Vec<String> {
        Vec::new()
    }

    /// For callers that speak in code: how much of it came back, and how.
    fn code(&self) -> Option<code::CodeReport> {
        None
    }
}

/// 20 ms of a caller.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CallerFrame {
    /// Up to 160 bytes of mu-law, filled up with silence; `None`: silence.
    pub audio: Option<Bytes>,
    pub key: Option<char>,
    /// Puts the phone down after this frame.
    pub hang_up: bool,
}

impl CallerFrame {
    pub const SILENT: Self = Self { audio: None, key: None, hang_up: false };
    pub const HANG_UP: Self = Self { audio: None, key: None, hang_up: true };

    pub const fn speech(audio: Bytes) -> Self {
        Self { audio: Some(audio), key: None, hang_up: false }
    }

    pub const fn key(key: char) -> Self {
        Self { audio: None, key: Some(key), hang_up: false }
    }
}
