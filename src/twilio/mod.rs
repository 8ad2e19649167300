//! The first carrier: Twilio's webhooks, TwiML, Media Streams and REST.
//!
//! Everything that Twilio says is translated here into the words of `ports`, and nothing of its wire gets further in.
//!
//! ```text
//! routes    webhooks in, TwiML out        attach    a socket from its upgrade to its call
//! callback  form -> typed request         socket    the two halves of an attached socket
//! signature is it Twilio that asks?       waiting   seats for sockets that have not said `start`
//! origin    our public origin             wire      Media Streams messages, both ways
//! paths     what is under it              rest      what we ask of Twilio
//! twiml     documents                     asking    a question that is asked again
//! twiml     documents                   complaints  log lines about what was refused
//! ```

pub mod asking;
pub mod attach;
pub mod callback;
mod complaints;
pub mod origin;
pub mod paths;
pub mod rest;
pub mod routes;
pub mod signature;
pub mod socket;
pub mod twiml;
pub mod waiting;
pub mod wire;

use crate::types::{AccountId, Secret};

pub use rest::TwilioRest;
pub use routes::{TwilioState, router};

/// What the adapter must be told; `config` reads it from the environment.
#[derive(Clone)]
pub struct TwilioSettings {
    /// The origin that Twilio calls, for example `https://gw.example.com`.
    pub public_base_url: String,
    /// Auth tokens that may sign; the first is used for REST.
    pub tokens: Vec<Secret>,
    /// SharedKey ids and their secrets (public beta).
    pub shared_keys: Vec<(String, Secret)>,
    /// The account that webhooks and streams must belong to; `None`: any.
    pub account: Option<AccountId>,
    /// An API key (`SK...`) and its secret, preferred for REST.
    pub api_key: Option<(String, Secret)>,
    /// For example `https://api.twilio.com`.
    pub api_base_url: String,
    /// False: signatures are not checked. `config` allows it on loopback only.
    pub validate: bool,
}

impl TwilioSettings {
    /// Settings for this origin without any credentials: every route answers 503 until a token is there.
    pub fn new(public_base_url: impl Into<String>) -> Self {
        Self {
            public_base_url: public_base_url.into(),
            tokens: Vec::new(),
            shared_keys: Vec::new(),
            account: None,
            api_key: None,
            api_base_url: "https://api.twilio.com".to_owned(),
            validate: true,
        }
    }
}
