//! The distance behind "did you mean".

use super::*;

#[test]
fn distance_counts_single_edits() {
    for (a, b, expected) in
        [("", "", 0), ("BIND", "BIND", 0), ("BIND", "", 4), ("", "BIND", 4), ("BIND", "BLND", 1), ("BND", "BIND", 1)]
    {
        assert_eq!(distance(a, b), expected, "{a} {b}");
    }
}

#[test]
fn a_suggestion_is_close_or_absent() {
    let names = || SETTINGS.iter().map(|setting| setting.name);
    assert_eq!(did_you_mean("openai_apikey", names()), Some("OPENAI_API_KEY"));
    assert_eq!(did_you_mean("databse_url", names()), Some("DATABASE_URL"));
    assert_eq!(did_you_mean("colour", names()), None);
}

#[test]
fn every_name_is_listed_once() {
    let mut names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
