//! Names of things: newtypes that are parsed once, at the door.
//!
//! Carrier ids keep the carrier's shape (two letters, 32 hex digits), because they end up in URLs and rows.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// An id that does not have its kind's shape.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a valid {0}")]
pub struct InvalidId(pub &'static str);

/// The caller's whole contact; the row's primary key. A UUIDv7, so that newer calls sort later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub Uuid);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for CallId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidId("call id"))
    }
}

/// An organization: 1 to 64 characters of `a-z 0-9 - _`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgId(Arc<str>);

impl OrgId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrgId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 64 || !text.chars().all(legal) {
            return Err(InvalidId("organization id"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Carrier ids: a two-letter prefix and 32 lower-case hex digits.
macro_rules! carrier_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                let shaped = text.len() == 34 && text.starts_with($prefix) && text.bytes().skip(2).all(hex);
                if shaped { Ok(Self(text.into())) } else { Err(InvalidId($what)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

carrier_id!(
    /// One phone connection, as the carrier names it (Twilio's CallSid).
    LegId, "CA", "leg id"
);
carrier_id!(
    /// One media-stream socket, as the carrier names it (Twilio's StreamSid).
    StreamId, "MZ", "stream id"
);
carrier_id!(
    /// The carrier account that a webhook or stream belongs to (Twilio's AccountSid).
    AccountId, "AC", "account id"
);

/// Ids that the model's provider makes: opaque, never parsed, cheap to clone.
macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// An item of the model's conversation: one utterance, or one tool call.
    ItemId
);
opaque_id!(
    /// One response of the model: what it makes in one go, of any number of items.
    ResponseId
);
opaque_id!(
    /// One request of the model to use a tool.
    ToolCallId
);
