//! Phone numbers: E.164, parsed once, and never shown whole by accident.

use std::fmt;
use std::str::FromStr;

use crate::types::Address;
use crate::types::id::InvalidId;

/// An E.164 number: `+` and 7 to 15 digits, the first of them not 0.
///
/// `Display` and `Debug` mask it (`+1***1234`), so that no log line can leak it; `e164` gives the whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(Box<str>);

impl PhoneNumber {
    /// The whole number, for the wire and the database.
    pub fn e164(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(digits) = text.strip_prefix('+') else {
            return Err(InvalidId("E.164 phone number"));
        };
        let shaped = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        if shaped && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId("E.164 phone number"))
        }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = (&self.0[..2], &self.0[self.0.len() - 4..]);
        write!(f, "{head}***{tail}")
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who phones, as far as the carrier tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Caller {
    Number(PhoneNumber),
    /// Withheld, empty, or something without a number (`anonymous`, `sip:bob@example.com`).
    Withheld,
}

impl Caller {
    /// Reads the carrier's `From`; whatever holds no whole number counts as withheld.
    pub fn parse(text: &str) -> Self {
        match Address::parse(text) {
            Address::Number(number) => Self::Number(number),
            Address::Bare(_) | Address::Other => Self::Withheld,
        }
    }

    pub const fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Withheld => None,
        }
    }
}

/// Whether a prefix is `+` and at least a whole country code.
pub fn is_country_prefix(prefix: &str) -> bool {
    let Some(digits) = prefix.strip_prefix('+') else {
        return false;
    };
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) || digits.starts_with('0') {
        return false;
    }
    let code = match digits.get(..2) {
        _ if digits.starts_with(['1', '7']) => 1,
        Some(two) if TWO_DIGITS.contains(&two) => 2,
        Some(_) | None => 3,
    };
    digits.len() >= code
}

/// Country codes of two digits; those that begin with 1 and 7 have one, all others three.
const TWO_DIGITS: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];
