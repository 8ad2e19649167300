//! Numbers as people write them.

use super::read_number;

#[test]
fn numbers_are_read_as_people_write_them() {
    for (written, e164) in [
        ("+12025550142", "+12025550142"),
        ("+1 (202) 555-0142", "+12025550142"),
        (" tel:+1-202-555-0142 ", "+12025550142"),
        ("0049 30 1234567", "+49301234567"),
        ("+49 (0)30 / 1234567", "+49301234567"),
        ("+1\u{a0}202\u{2013}555.0142", "+12025550142"),
    ] {
        assert_eq!(read_number(written).map(|number| number.e164().to_owned()).as_deref(), Ok(e164), "{written}");
    }
}

#[test]
fn what_cannot_be_dialled_says_why() {
    for (written, part) in [
        ("911", "Short and emergency"),
        ("112", "Short and emergency"),
        ("(202) 555-0177", "country's code"),
        ("1-900-555-1234", "country's code"),
        ("", "must be a phone number"),
        ("+", "must be a phone number"),
        ("+1 202 555 0142 ext. 7", "must be a phone number"),
        ("sip:desk@example.com", "must be a phone number"),
        ("+١٢٠٢٥٥٥٠١٤٢", "must be a phone number"),
        ("+123", "too few"),
        ("+1234567890123456", "too many"),
    ] {
        let why = read_number(written).expect_err(written);
        assert!(why.contains(part), "{written}: {why}");
    }
}
