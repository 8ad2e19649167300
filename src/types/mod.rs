//! The vocabulary of a call: plain values that every layer may use and that are valid by construction.
//!
//! Everything here is parsed once, at the edge; inside the program nobody checks it again.
//! Nothing here reads a clock, allocates a connection or knows a wire format.

pub mod address;
pub mod audio;
pub mod dial;
pub mod hours;
pub mod id;
pub mod json;
pub mod org;
pub mod phone;
pub mod prompt;
pub mod secret;
pub mod text;
pub mod time;
pub mod transfer;
pub mod usage;
pub mod vocabulary;

pub use address::Address;
pub use audio::Mulaw;
pub use dial::{DialFault, NotDialled};
pub use hours::OpenHours;
pub use id::{AccountId, CallId, ItemId, LegId, OrgId, ResponseId, StreamId, ToolCallId};
pub use phone::{Caller, PhoneNumber};
pub use prompt::{Prompt, Prompts};
pub use secret::Secret;
pub use time::{Millis, Mono, Now, Wall};
pub use transfer::{
    AnsweredBy, AttemptId, AttemptState, CallbackState, Cause, Direction, EscalationState, Fallback, RoomId, TargetId,
    TransferMode,
};
pub use vocabulary::{Channel, Outcome, Phase, Reason, Speaker, Status, Urgency};
