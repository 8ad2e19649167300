//! Tests of mending: halves are replaced, everything else stays as it is.

use proptest::prelude::*;
use serde_json::Value;

use super::mended;

fn read(text: &str) -> Value {
    serde_json::from_str(&mended(text)).unwrap()
}

#[test]
fn halves_of_characters_are_replaced() {
    let table = [
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""a \uD83D b""#, "a \u{fffd} b"),
        (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\\ud83d""#, "\\ud83d"),
        (r#""\\\ud83d""#, "\\\u{fffd}"),
    ];
    for (text, expected) in table {
        assert!(serde_json::from_str::<Value>(text).is_err() || text.starts_with("\"\\\\u"), "{text}: nothing to mend");
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_is_whole_is_not_copied() {
    for text in [r#"{"a":"\ud83d\ude00 \\ \" \u00e9"}"#, "", "\\", "\\u", "\\ud83", "\\\u{e9}", r"\u+123"] {
        assert!(matches!(mended(text), std::borrow::Cow::Borrowed(same) if same == text), "{text}");
    }
}

proptest! {
    /// Any sequence of code units that some program wrote as escapes can be read.
    #[test]
    fn every_string_of_code_units_can_be_read(units in prop::collection::vec(any::<u16>(), 0..40)) {
        let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let expected = String::from_utf16_lossy(&units);
        prop_assert_eq!(read(&format!("\"{text}\"")), expected);
    }

    #[test]
    fn any_text_is_survived(text in "(\\\\|u|d8|[0-9a-fA-F]{2}|\\PC){0,40}") {
        let once = mended(&text).into_owned();
        prop_assert_eq!(&mended(&once), &once);
    }
}
