//! Tests of cutting text: whole letters, whatever the script.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::{boundary, head, is_unspaced, xml};

#[test]
fn letters_keep_their_marks() {
    // A letter with an accent, a family, a flag, a Thai syllable, a Hangul syllable in parts.
    for letter in ["e\u{301}", "👨\u{200d}👩\u{200d}👧", "🇩🇪", "กำ", "\u{1100}\u{1161}\u{11a8}"] {
        let text = format!("a{letter}b");
        for at in 1..1 + letter.len() {
            assert_eq!(boundary(&text, at), 1, "{letter} at {at}");
        }
        assert_eq!(boundary(&text, 1 + letter.len()), 1 + letter.len());
        assert_eq!(head(&text, letter.chars().count()), "a", "{letter}");
    }
}

#[test]
fn a_heap_of_marks_is_cut_all_the_same() {
    let heap = format!("a{}", "\u{301}".repeat(10_000));
    assert!(boundary(&heap, 9_001) >= 8_000);
    assert_eq!(head(&heap, 500).chars().count(), 500);
}

#[test]
fn scripts_without_blanks_are_known() {
    for c in "您あアไᠠ".chars().take(4) {
        assert!(is_unspaced(c), "{c}");
    }
    for c in "aéßжعअ한 1".chars() {
        assert!(!is_unspaced(c), "{c}");
    }
}

proptest! {
    #[test]
    fn cuts_are_where_letters_begin(text in ".{0,60}", at in 0_usize..200) {
        let cut = boundary(&text, at);
        prop_assert!(cut <= at.min(text.len()) && text.is_char_boundary(cut));
        let begins = text.grapheme_indices(true).any(|(begin, _)| begin == cut);
        prop_assert!(begins || cut == text.len());
    }

    #[test]
    fn a_head_is_never_longer(text in ".{0,60}", chars in 0_usize..80) {
        prop_assert!(head(&text, chars).chars().count() <= chars && text.starts_with(head(&text, chars)));
    }

    #[test]
    fn what_xml_cannot_hold_is_blank(text in prop::collection::vec(any::<char>(), 0..60)) {
        let text: String = text.into_iter().collect();
        let kept = xml(&text);
        prop_assert_eq!(kept.chars().count(), text.chars().count());
        let illegal = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || c == '\u{fffe}' || c == '\u{ffff}';
        prop_assert!(!kept.chars().any(illegal));
    }
}
