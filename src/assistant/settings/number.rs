//! Phone numbers as people write them, into E.164.
//!
//! The country's code is never guessed: a number without one could be anybody's.

use crate::types::PhoneNumber;

/// Reads `+1 (202) 555-0142`, `0049 30 1234567`, `tel:+12025550142`, `+49 (0)30 1234567`.
///
/// # Errors
/// A sentence that says what is missing.
pub fn read_number(written: &str) -> Result<PhoneNumber, &'static str> {
    let text = written.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim();
    // Written for callers at home and abroad at once: the 0 is not dialled after the country's code.
    let text = text.replace("(0)", "");
    let is_decoration =
        |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2010}'..='\u{2015}' | '\u{202f}');
    let bare: String = text.chars().filter(|c| !is_decoration(*c)).collect();
    let (is_international, digits) = match (bare.strip_prefix('+'), bare.strip_prefix("00")) {
        (Some(digits), _) | (None, Some(digits)) => (true, digits),
        (None, None) => (false, bare.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("This must be a phone number, such as +1 202 555 0142.");
    }
    if !is_international && digits.len() <= SHORT_DIGITS {
        return Err("Short and emergency numbers cannot be rung from here. Give a number with its country's code, \
                    such as +1 202 555 0142.");
    }
    if !is_international {
        return Err("The country's code is missing. Write the number as it is dialled from abroad, such as \
                    +1 202 555 0142.");
    }
    format!("+{digits}").parse().map_err(|_| "This has too few or too many digits for a phone number.")
}

/// `911`, `112`, `116117`: as a rule no country has numbers for everybody that are as short.
const SHORT_DIGITS: usize = 6;

#[cfg(test)]
mod tests;
