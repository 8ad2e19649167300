//! Fields that take whatever the server puts there: null, a wrong type, or nothing at all reads as "absent".
//!
//! The live service sends nulls and types that its own description does not allow, and one odd field must not cost an
//! event. `Text` borrows from the message when it can: `Option<Cow<str>>` under serde always copies.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A string, or absent.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

/// A number of either kind, or absent.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Number(pub Option<f64>);

const COUNT_MAX: u64 = 1_000_000_000;

impl Text<'_> {
    /// The string, empty if absent.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }
}

impl Number {
    /// A count, rounded down and capped far above any real one, so that sums cannot overflow; `None` if absent.
    pub(super) fn count(self) -> Option<u64> {
        // A float cast saturates and takes NaN to 0, so no input can upset it.
        self.0.map(|n| (n as u64).min(COUNT_MAX))
    }

    /// Rounded down into range; `None` if absent.
    pub(super) fn u32(self) -> Option<u32> {
        self.0.map(|n| n as u32)
    }
}

/// The arms that both visitors share: everything that is not what is wanted.
macro_rules! otherwise_absent {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    otherwise_absent!();

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    otherwise_absent!();

    fn visit_u64<E>(self, n: u64) -> Result<Self::Value, E> {
        Ok(Number(Some(n as f64)))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Self::Value, E> {
        Ok(Number(Some(n as f64)))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Self::Value, E> {
        Ok(Number(Some(n)))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Number(None))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}
