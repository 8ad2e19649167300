//! Words that must not be in the sources.

use super::source::{Hide, Source};
use super::{Complaint, enforce};

/// Left-overs and bad habits, and what to do instead.
const BANNED: &[(&str, &str)] = &[
    ("todo!", "finish it"),
    ("unimplemented!", "finish it"),
    ("#[ignore", "a test that does not run proves nothing"),
    ("should_panic", "assert on the error"),
    ("thread::sleep", "wait for the event"),
];

fn left_overs(source: &Source) -> Vec<Complaint> {
    let code = source.view(Hide::PROSE);
    let mut found = Vec::new();
    for (word, instead) in BANNED {
        let why = format!("`{word}`: {instead}");
        found.extend(code.match_indices(word).map(|(at, _)| source.complain(at, &why)));
    }
    found
}

/// One of the glossary's "not" words: here the AI is the assistant and the person is the operator. The public API's
/// word may be quoted in a comment.
fn wrong_word(source: &Source) -> Vec<Complaint> {
    const WORD: &str = "agent";
    let text = source.view(Hide { strings: true, ..Hide::default() });
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, _) in lower.match_indices(WORD) {
        let (before, after) = (&text[..at], &text[at + WORD.len()..]);
        let quoted = ['`', '"'].iter().any(|quote| before.ends_with(*quote) && after.starts_with(*quote));
        let api = before.ends_with("user|");
        // The HTTP header has had its name for thirty years.
        let header = ["user-", "user_", "user", "user "].iter().any(|user| lower[..at].ends_with(user));
        // Part of another word: `reagent`, `agentive`. Camel humps and plurals are the word itself.
        let inside = before.ends_with(|c: char| c.is_ascii_lowercase()) && text[at..].starts_with('a');
        let longer = after.trim_start_matches('s').starts_with(|c: char| c.is_ascii_lowercase());
        if !(quoted || api || header || inside || longer) {
            found.push(source.complain(at, "say assistant (the AI) or operator (the person)"));
        }
    }
    found
}

#[test]
fn nothing_is_left_over() {
    enforce(Source::everything(), left_overs);
}

#[test]
fn the_glossary_is_kept() {
    let mut sources = Source::everything();
    sources.retain(|source| source.path != "tests/it/tidy/words.rs");
    enforce(sources, wrong_word);
}

#[cfg(test)]
mod tests {
    use super::{Source, left_overs, wrong_word};

    fn found(rule: fn(&Source) -> Vec<String>, text: &str) -> usize {
        rule(&Source::new("src/x.rs", text)).len()
    }

    #[test]
    fn left_overs_are_found() {
        for text in [
            "fn f() { todo!() }",
            "fn f() { unimplemented!(\"later\") }",
            "#[test]\n#[ignore]\nfn f() {}",
            "#[ignore = \"slow\"]",
            "#[should_panic(expected = \"x\")]",
            "fn f() { std::thread::sleep(d) }",
        ] {
            assert_eq!(found(left_overs, text), 1, "{text}");
        }
        assert_eq!(found(left_overs, "// todo! #[ignore]\nconst A: &str = \"thread::sleep\";"), 0);
    }

    #[test]
    fn the_wrong_word_is_found() {
        for text in
            ["struct Agent;", "let agent_text = 1;", "// the agent speaks", "fn f(a: VoiceAgent) {}", "// agents"]
        {
            assert_eq!(found(wrong_word, text), 1, "{text}");
        }
    }

    #[test]
    fn the_wrong_word_may_be_quoted_and_the_header_keeps_its_name() {
        for text in [
            "Speaker { A = \"agent\" }",
            "/// `user` or `agent`.",
            "//! line user|agent TEXT",
            "// \"agent\"",
            "client.user_agent(x)",
            "USER_AGENT",
            "// reagent",
        ] {
            assert_eq!(found(wrong_word, text), 0, "{text}");
        }
    }
}
