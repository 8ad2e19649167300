//! The first model: the OpenAI Realtime API (GA) over WebSocket.
//!
//! `event` and `translate` read what the server says, leniently; `command`, `setup` and `encode` write what we say,
//! strictly; `socket` carries both. Decoder and encoder are synchronous and know no socket, so that a simulated world
//! can use the very same code.
//!
//! ```text
//! text -> event::parse -> ServerEvent -> Decoder -> ModelEvent        ModelCommand -> Encoder -> text
//! ```

mod base64;
pub mod command;
pub mod encode;
pub mod event;
pub mod fault;
mod lenient;
mod link;
mod mint;
mod probe;
pub mod setup;
pub mod socket;
pub mod tap;
pub mod translate;

pub use encode::Encoder;
pub use mint::SecretMint;
pub use probe::{KeyProbe, KeyState};
pub use socket::{BadUrl, ConnectorError, RealtimeConnector, RealtimeSettings};
pub use tap::{Direction, Recorder, Tap};
pub use translate::Decoder;
