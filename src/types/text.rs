//! Text as people anywhere write it: where it may be cut, which scripts write no blanks, what XML can hold.
//!
//! What callers say and models write is arbitrary Unicode, so nobody outside this file counts bytes of it or cuts it.

use std::borrow::Cow;

use unicode_segmentation::GraphemeCursor;

/// One letter with all its marks is not longer than this; a heap of marks is cut.
const LETTER_BYTES_MAX: usize = 256;

/// The latest place at or before `at` where a letter begins, its marks included: cutting there leaves whole letters.
pub fn boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    let floor = floor(text, at);
    // Only the neighbourhood is looked at, so that a text of marks alone costs no more than any other.
    let near = self::floor(text, floor.saturating_sub(LETTER_BYTES_MAX));
    let rest = &text[near..];
    let mut cursor = GraphemeCursor::new(floor - near, rest.len(), true);
    if cursor.is_boundary(rest, 0) == Ok(true) {
        return floor;
    }
    match cursor.prev_boundary(rest, 0) {
        Ok(Some(letter)) if letter > 0 || near == 0 => near + letter,
        Ok(_) | Err(_) => floor,
    }
}

/// The latest place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first `chars_max` characters of `text` at most, and no part of a letter.
pub fn head(text: &str, chars_max: usize) -> &str {
    let end = text.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| at);
    &text[..boundary(text, end)]
}

/// Whether `c` belongs to a script that is written without blanks between its words.
pub const fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        // Thai, Lao, Tibetan, Burmese, Khmer, and the smaller scripts around them
        '\u{e01}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19ff}'
            | '\u{1a20}'..='\u{1aaf}' | '\u{a980}'..='\u{a9df}' | '\u{aa60}'..='\u{aa7f}'
            // Chinese and Japanese
            | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Whether XML 1.0 may hold `c` (production `Char`).
const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// `text` with a blank for everything that XML cannot hold, not even escaped.
pub fn xml(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_xml(c) { c } else { ' ' }).collect())
}

#[cfg(test)]
mod tests;
