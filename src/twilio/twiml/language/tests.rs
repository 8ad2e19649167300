//! Tests of `twilio::twiml::language`.

use super::*;

#[test]
fn a_tag_gets_the_nearest_voice_and_an_unknown_one_english() {
    for (tag, expected) in [
        ("en", "en-US"),
        ("en-GB", "en-GB"),
        ("EN-gb", "en-GB"),
        ("en-SG", "en-US"),
        ("es", "es-US"),
        ("es-419", "es-US"),
        ("es-ES", "es-ES"),
        ("de", "de-DE"),
        ("de-CH", "de-DE"),
        ("pt", "pt-BR"),
        ("tlh", "en-US"),
        ("", "en-US"),
        ("est", "en-US"),
    ] {
        assert_eq!(locale(tag), expected, "{tag}");
    }
}

#[test]
fn our_sentences_are_spanish_for_spanish_and_english_for_all_others() {
    for (tag, tongue, expected) in [
        ("es-MX", Tongue::Spanish, "es-MX"),
        ("ES", Tongue::Spanish, "es-US"),
        ("en-AU", Tongue::English, "en-AU"),
        ("de-DE", Tongue::English, "en-US"),
        ("est", Tongue::English, "en-US"),
    ] {
        assert_eq!(Tongue::of(tag), tongue, "{tag}");
        assert_eq!(tongue.locale(tag), expected, "{tag}");
        assert_eq!(Tongue::of(tongue.tag()), tongue);
    }
}

#[test]
fn what_is_read_aloud_is_one_line_of_legal_characters() {
    assert_eq!(spoken("  a\u{0}b\tc\r\n\n d\u{1b}[1m\u{FFFE}\u{9f}é ", 100), "a b c d [1m é");
    assert_eq!(spoken("áéíóú", 3), "áéí");
    assert_eq!(spoken("\u{7}\n", 3), "");
}
