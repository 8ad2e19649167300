//! Tests of `types::address`.

use proptest::prelude::*;

use super::*;

#[test]
fn one_number_is_written_in_many_ways() {
    for text in [
        "+12025550199",
        " +12025550199 ",
        "whatsapp:+12025550199",
        "WhatsApp:+12025550199",
        "sip:+12025550199@pbx.example.com",
        "SIPS:%2B12025550199@pbx.example.com:5061;transport=tls",
        "sip:+12025550199;ext=7:secret@pbx.example.com",
        "sip:+12025550199",
        "tel:+12025550199",
        "tel:+1-202-555-0199",
        "tel:+1(202)555.0199;ext=7",
        "tel:2025550199;phone-context=+1",
        "rcs:+12025550199",
    ] {
        assert_eq!(Address::parse(text), Address::Number("+12025550199".parse().unwrap()), "{text}");
    }
}

#[test]
fn digits_without_a_plus_are_a_guess() {
    for text in
        ["12025550199", "0012025550199", "sip:12025550199@gw.test", "whatsapp:12025550199", "tel:1-202-555-0199"]
    {
        assert_eq!(Address::parse(text), Address::Bare("+12025550199".parse().unwrap()), "{text}");
    }
}

#[test]
fn names_and_what_is_no_number_stay_what_they_are() {
    for text in [
        "",
        "anonymous",
        "Restricted",
        "sip:clinic@gw.test",
        "sip:2000@gw.test",
        "sip:",
        "sip:@",
        "client:+12025550199",
        "client:12025550199",
        "messenger:12025550199",
        "whatsapp:+1 202 555 0199",
        "tel:;phone-context=+1",
        "+0123456789",
        "02025550199",
        "+1202555019912345678",
        "+1202555019\u{0669}",
        ":",
    ] {
        assert_eq!(Address::parse(text), Address::Other, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_only_digits_become_numbers(text in "\\PC{0,40}") {
        match Address::parse(&text) {
            Address::Number(number) | Address::Bare(number) => {
                prop_assert!(number.e164()[1..].bytes().all(|b| b.is_ascii_digit()));
            }
            Address::Other => {}
        }
    }
}
