//! The one choke point of every dial: which numbers may be called, and how often.
//!
//! Pure: time comes in as a value. [`Permitted`] can be made here only, and the carrier's port takes nothing else, so
//! no other path to a phone exists.

use std::fmt;

use crate::types::PhoneNumber;

/// A number that may be called now. Only this module makes them.
#[derive(Clone, PartialEq, Eq)]
pub struct Permitted(PhoneNumber);

impl Permitted {
    pub const fn number(&self) -> &PhoneNumber {
        &self.0
    }
}

impl fmt::Debug for Permitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
