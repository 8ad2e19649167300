//! Tests of the transcript: numbers, settling, and the words that were heard.

use std::time::Duration;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

const NOW: Mono = Mono(5_000_000);

#[test]
fn lines_are_numbered_as_they_begin_and_written_as_they_settle() {
    let mut transcript = Transcript::default();
    assert!(transcript.caller_began(&"u1".into(), NOW).is_none());
    assert_eq!(transcript.number(), 1);
    assert!(transcript.caller_began(&"u2".into(), NOW).is_none());
    let second = transcript.caller_text(&"u2".into(), Some(" two ")).unwrap();
    let first = transcript.caller_text(&"u1".into(), Some("one")).unwrap();
    assert_eq!((second.seq, second.text.as_str()), (2, "two"));
    assert_eq!((first.seq, first.text.as_str()), (0, "one"));
    assert!(transcript.is_settled());
}

#[test]
fn a_line_is_written_once() {
    let mut transcript = Transcript::default();
    transcript.caller_began(&"u1".into(), NOW);
    assert!(transcript.caller_text(&"u1".into(), None).is_some());
    assert!(transcript.caller_text(&"u1".into(), Some("late")).is_none());
    assert!(transcript.caller_began(&"u1".into(), NOW).is_none());
    assert!(transcript.is_settled(), "a settled item does not begin again");
}

#[test]
fn a_text_is_waited_for_until_it_is_due() {
    let mut transcript = Transcript::default();
    transcript.caller_began(&"u1".into(), NOW);
    transcript.caller_committed(&"u1".into(), NOW + Duration::from_secs(3));
    assert!(transcript.take_overdue(NOW + Duration::from_secs(2)).is_none());
    let line = transcript.take_overdue(NOW + Duration::from_secs(3)).unwrap();
    assert_eq!(line.text, NOT_UNDERSTOOD);
}

#[test]
fn too_many_open_lines_give_up_the_oldest() {
    let mut transcript = Transcript::default();
    let mut given_up = Vec::new();
    for n in 0..=WAITING_MAX {
        given_up.extend(transcript.caller_began(&format!("u{n}").as_str().into(), NOW));
    }
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].seq, 0);
}

#[test]
fn heard_words_are_whole_words_by_proportion() {
    let text = "eins zwei drei vier";
    let table =
        [(0, ""), (20, ""), (25, "eins"), (50, "eins zwei"), (60, "eins zwei"), (99, "eins zwei drei"), (100, text)];
    for (heard, expected) in table {
        assert_eq!(heard_words(text, Millis(heard), Millis(100)), expected, "{heard}");
    }
    assert_eq!(heard_words("\u{fc}\u{fc}\u{fc}\u{fc}", Millis(50), Millis(100)), "", "never a part of a character");
}

#[derive(Deserialize)]
struct CutLines {
    items: Vec<CutLine>,
}

#[derive(Deserialize)]
struct CutLine {
    text: String,
    total_ms: u32,
    heard_ms: u32,
}

#[test]
fn a_cut_line_without_blanks_keeps_what_was_heard() {
    let cases = include_str!("../../../fixtures/field/02-cut-line.json");
    let CutLines { items } = serde_json::from_str(cases).unwrap();
    for CutLine { text, total_ms, heard_ms } in items {
        let kept = heard_words(&text, Millis(heard_ms), Millis(total_ms));
        let share = kept.chars().count() as f64 / text.chars().count() as f64;
        assert!(text.starts_with(&kept) && (0.45..=0.5).contains(&share), "{share} of {text}: {kept}");
    }
    // Marks stay with their letter; a long word behind short ones is cut inside.
    assert_eq!(heard_words("สวัสดีค่ะ", Millis(50), Millis(100)), "สวัส");
    assert_eq!(
        heard_words("die Rechtsschutzversicherungsgesellschaft", Millis(50), Millis(100)),
        "die Rechtsschutzvers"
    );
}

proptest! {
    /// Whatever the script: a beginning of the text, of whole letters, never more than the share that was heard, and
    /// less by one ordinary word or letter at most.
    #[test]
    fn what_was_heard_is_a_beginning_of_the_text(text in "(\\PC|[a-z]{1,9} |[\u{e01}-\u{e4e}]|[\u{4e00}-\u{4fff}]|\\p{M}){0,60}", heard in 0_u32..=100) {
        let kept = heard_words(&text, Millis(heard), Millis(100));
        prop_assert!(text.starts_with(&kept));
        let share = text.chars().count() * heard as usize / 100;
        prop_assert!(kept.chars().count() <= share || heard == 100);
        let lost: String = text[kept.len()..].chars().take(share - kept.chars().count()).collect();
        let longest = lost.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
        let marks = lost.chars().any(|c| !c.is_alphanumeric());
        prop_assert!(longest <= WORD_CHARS_MAX || marks, "lost {lost:?} of {text:?}");
    }
}
