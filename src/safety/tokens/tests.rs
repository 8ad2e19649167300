//! Tests of evening out what a recognizer wrote.

use super::{Break, tokens};

fn words(text: &str) -> String {
    tokens(text).into_iter().map(|token| token.word).collect::<Vec<_>>().join(" ")
}

#[test]
fn case_accents_and_apostrophes_are_evened_out() {
    assert_eq!(words("Él NO está respirando"), "el no esta respirando");
    assert_eq!(words("I can\u{2019}t breathe"), "i can not breathe");
    assert_eq!(words("i cant breathe, he isn't, she won't"), "i can not breathe he is not she will not");
    assert_eq!(words("e\u{301}l"), "el");
}

#[test]
fn contractions_read_the_same_with_and_without_apostrophes() {
    for (written, heard) in
        [("I'm", "im"), ("he's", "hes"), ("don't", "dont"), ("cannot", "can't"), ("they're", "theyre")]
    {
        assert_eq!(words(written), words(heard));
    }
}

#[test]
fn breaks_are_kept_and_the_strongest_counts() {
    let tokens = tokens("No, chest pain. Really?");
    let breaks: Vec<Break> = tokens.iter().map(|token| token.after).collect();
    assert_eq!(breaks, [Break::Comma, Break::None, Break::Stop, Break::Question]);
    assert_eq!(super::tokens("what?!")[0].after, Break::Question);
}

#[test]
fn stutters_are_said_once_but_no_no_is_kept() {
    assert_eq!(words("my my chest"), "my chest");
    assert_eq!(words("no, no chest pain"), "no no chest pain");
    assert_eq!(words("heeelp"), "help");
}

#[test]
fn numbers_keep_together() {
    assert_eq!(words("fever of 104.5 now"), "fever of 104 now");
    assert_eq!(words("at 10:30"), "at 10 30");
}

#[test]
fn nothing_gives_nothing() {
    assert!(tokens(" ... ").is_empty());
}
