//! JSON that others wrote: unpaired surrogates are put right, so that one odd character does not cost a whole message.
//!
//! JavaScript and Python keep half of an astral character as a string and write it as `\ud83d`; RFC 8259 (section 8.2)
//! leaves open what a reader does with it, and ours refuses the message.

use std::borrow::Cow;

/// What stands for a character that is none.
const REPLACEMENT: &str = "\\ufffd";

/// An escape `\uXXXX`, in bytes.
const ESCAPE: usize = 6;

/// `text` with `\ufffd` for each surrogate escape that lacks its other half.
pub fn mended(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('\\')).map(|at| from + at) {
        from = match (escaped(text, at), escaped(text, at + ESCAPE)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at + 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str(&text[copied..at]);
                mended.push_str(REPLACEMENT);
                copied = at + ESCAPE;
                copied
            }
            (Some(_), _) => at + ESCAPE,
            // Another escape: what follows the backslash belongs to it, another backslash above all.
            (None, _) => at + 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[copied..]);
    Cow::Owned(mended)
}

/// The code unit that is escaped at `at`.
fn escaped(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests;
