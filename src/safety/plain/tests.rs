//! Tests of the second check.

use super::{PLAIN, Phrases};
use crate::safety::{Alarm, EXTENSION, Extensions, Finding};

#[test]
fn core_words_are_found_however_they_are_written() {
    let phrases = Phrases::new(&Extensions::default());
    let found = Some(Finding { alarm: Alarm::Emergency, rule: PLAIN });
    for text in [
        "He's NOT breathing!",
        "I can\u{2019}t breathe, Søren",
        "¡Me duele el pecho!",
        "Zażółć: fire?",
        "\u{202e}heart\u{0} attack\u{ffff}",
    ] {
        assert_eq!(phrases.find(text), found, "{text}");
    }
    for text in ["", " ", "firewall", "Zażółć gęślą jaźń", "您好"] {
        assert_eq!(phrases.find(text), None, "{text}");
    }
}

#[test]
fn an_organizations_phrases_are_found_in_any_script() {
    let (one, none) = (|text: &str| vec![text.to_owned()], Vec::new());
    let phrases = Phrases::new(&Extensions {
        emergency: one("火灾"),
        high: one("Прорвало трубу"),
        human: none,
        ignore: one("x"),
    });
    let own = |alarm| Some(Finding { alarm, rule: EXTENSION });
    assert_eq!(phrases.find("我家发生火灾了"), own(Alarm::Emergency));
    assert_eq!(phrases.find("у нас прорвало трубу!"), own(Alarm::High));
    assert_eq!(phrases.find("прорвало трубу, fire"), Some(Finding { alarm: Alarm::Emergency, rule: PLAIN }));
    assert_eq!(phrases.find("x"), None);
}
