//! What a recognizer writes when it mishears: one wrong letter, another spelling of the same sound, a known homophone.
//!
//! Forgiving is limited to what it is safe to forgive: real words that happen to lie next to a key word ("breeding") mean
//! themselves, unless the list of homophones says otherwise.

use std::collections::{BTreeSet, HashMap};

const HEARD: &str = include_str!("words/heard.txt");
const REAL: &str = include_str!("words/real.txt");

/// Heard word -> words that may be meant.
pub(super) fn heard() -> HashMap<&'static str, Vec<&'static str>> {
    let mut heard: HashMap<_, Vec<_>> = HashMap::new();
    for (meant, words) in lines(HEARD).filter_map(|line| line.split_once('=')) {
        for word in words.split_whitespace() {
            heard.entry(word).or_default().push(meant.trim());
        }
    }
    heard
}

/// Words that mean themselves.
pub(super) fn real() -> BTreeSet<&'static str> {
    lines(REAL).flat_map(str::split_whitespace).collect()
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

/// `word` without one of its letters, each in turn.
pub(super) fn shorter(word: &str) -> impl Iterator<Item = String> + '_ {
    word.char_indices().map(|(at, letter)| format!("{}{}", &word[..at], &word[at + letter.len_utf8()..]))
}

/// Whether one letter too many, too few, wrong or swapped with its neighbour makes `a` of `b`.
pub(super) fn near(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // The first letter is what recognizers get right, and what tells real words apart: "letting", "petting".
    if a.first() != b.first() {
        return false;
    }
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[head..], &b[head..]);
    match a.len() as isize - b.len() as isize {
        0 if a.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..] => true,
        0 => a.is_empty() || a[1..] == b[1..],
        1 => a[1..] == *b,
        -1 => *a == b[1..],
        _ => false,
    }
}

/// How a Spanish word of plain letters sounds: spellings that sound alike in some country are one.
pub(super) fn sound(word: &str) -> String {
    let bytes = word.as_bytes();
    let mut sound = String::with_capacity(word.len());
    let mut at = 0;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        let (letter, used) = match (bytes[at], next) {
            (b'c', b'h') => ('C', 2),
            (b'h', _) => ('\0', 1),
            (b'v', _) => ('b', 1),
            (b'z', _) | (b'c', b'e' | b'i') => ('s', 1),
            (b'l', b'l') => ('y', 2),
            (b'q', b'u') => ('k', 2),
            (b'c' | b'k', _) => ('k', 1),
            (b'g', b'e' | b'i') => ('j', 1),
            (letter, next) if letter == next => (letter as char, 2),
            (letter, _) => (letter as char, 1),
        };
        if letter != '\0' {
            sound.push(letter);
        }
        at += used;
    }
    sound
}

#[cfg(test)]
mod tests;
