//! Words in a row that are one thing, or nothing: "nine one one", "can t", "you know".
//!
//! A recognizer cuts words in two, writes blanks for apostrophes and keeps every "you know"; the rules should see none of it.

use super::{Break, Token};

/// Rows and what is meant, the longest first.
const ROWS: &[(&[&str], &[&str])] = &[
    (&["nine", "one", "one"], &["911"]),
    (&["9", "1", "1"], &["911"]),
    (&["nueve", "uno", "uno"], &["911"]),
    (&["one", "one", "two"], &["112"]),
    (&["1", "1", "2"], &["112"]),
    (&["uno", "uno", "dos"], &["112"]),
    (&["heart", "a", "tack"], &["heart", "attack"]),
    (&["hang", "him", "self"], &["hang", "himself"]),
    (&["nine", "eleven"], &["911"]),
    (&["9", "11"], &["911"]),
    (&["nueve", "once"], &["911"]),
    (&["ciento", "doce"], &["112"]),
    (&["on", "conscious"], &["unconscious"]),
    (&["sue", "aside"], &["suicide"]),
    (&["emergen", "see"], &["emergency"]),
    (&["inhale", "her"], &["inhaler"]),
    (&["row", "bot"], &["robot"]),
    (&["sum", "one"], &["someone"]),
    (&["my", "self"], &["myself"]),
    (&["him", "self"], &["himself"]),
    (&["her", "self"], &["herself"]),
    (&["speak", "two"], &["speak", "to"]),
    (&["speak", "too"], &["speak", "to"]),
    (&["talk", "two"], &["talk", "to"]),
    (&["talk", "too"], &["talk", "to"]),
    (&["en", "su", "lina"], &["insulina"]),
    (&["un", "bearable"], &["unbearable"]),
    (&["a", "gony"], &["agony"]),
    (&["a", "lergic"], &["allergic"]),
    (&["reel", "person"], &["real", "person"]),
    (&["en", "consciente"], &["inconsciente"]),
    (&["huelga", "gas"], &["huele", "gas"]),
    (&["i", "mean"], &[]),
    // "I'd" and "I'll" without the apostrophe.
    (&["id", "like"], &["i", "would", "like"]),
    (&["id", "rather"], &["i", "would", "rather"]),
    (&["id", "love"], &["i", "would", "love"]),
    (&["id", "prefer"], &["i", "would", "prefer"]),
    (&["id", "only"], &["i", "would", "only"]),
    (&["id", "do"], &["i", "would", "do"]),
    (&["id", "feel"], &["i", "would", "feel"]),
    (&["id", "really"], &["i", "would", "really"]),
    (&["id", "be"], &["i", "would", "be"]),
    (&["id", "want"], &["i", "would", "want"]),
    (&["id", "appreciate"], &["i", "would", "appreciate"]),
    (&["ill", "kill"], &["i", "will", "kill"]),
    (&["ill", "burn"], &["i", "will", "burn"]),
    (&["ill", "shoot"], &["i", "will", "shoot"]),
    (&["ill", "jump"], &["i", "will", "jump"]),
    (&["ill", "be"], &["i", "will", "be"]),
    (&["ill", "do"], &["i", "will", "do"]),
    (&["ill", "never"], &["i", "will", "never"]),
    (&["ill", "hurt"], &["i", "will", "hurt"]),
    (&["ill", "die"], &["i", "will", "die"]),
    (&["ill", "stab"], &["i", "will", "stab"]),
    (&["ill", "blow"], &["i", "will", "blow"]),
    (&["o", "sea"], &[]),
];

/// What "ill" and "hell" are before these: "I'll", "he'll".
const AFTER_WILL: &[&str] = &[
    "kill", "burn", "shoot", "hurt", "be", "call", "take", "do", "die", "jump", "end", "sue", "wait", "speak", "talk",
    "have", "get", "find", "hold", "come", "beat", "stab", "go", "need", "never", "not", "just", "try", "give", "see",
    "tell",
];

/// Evens out the rows, in place.
pub(super) fn even_out(tokens: &mut Vec<Token>) {
    drop_sounds(tokens);
    drop_phrases(tokens);
    drop_stutters(tokens);
    join_apostrophes(tokens);
    replace_rows(tokens);
}

/// Sounds that are no words.
const SOUNDS: &[&str] = &["um", "uh", "uhm", "umm", "er", "erm", "hmm", "mm", "mmm", "ah", "eh", "em"];
/// Words that are none when they stand between commas.
const ASIDES: &[&str] = &["well", "like", "so", "okay", "bueno", "pues", "este", "digamos"];

/// Drops sounds and asides, and the comma that led to them: "I don't have, um, chest pain".
fn drop_sounds(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        let Token { word, after } = &tokens[at];
        let (word, after) = (word.as_str(), *after);
        let before = if at > 0 { tokens[at - 1].after } else { Break::Stop };
        let aside = ASIDES.contains(&word) && after == Break::Comma && before >= Break::Comma;
        if !SOUNDS.contains(&word) && !aside {
            at += 1;
            continue;
        }
        tokens.remove(at);
        // "no, um, chest pain" stays an answer and a complaint.
        if at > 0 && tokens[at - 1].word != "no" {
            let last = &mut tokens[at - 1].after;
            *last = if *last == Break::Comma && after == Break::Comma { Break::None } else { after.max(*last) };
        }
    }
}

/// Says once what was said twice in a row: "my my chest". "no no" is a different thing from "no".
fn drop_stutters(tokens: &mut Vec<Token>) {
    let counts = |word: &str| {
        matches!(word, "no" | "help" | "fire" | "one" | "uno" | "dos" | "zero")
            || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    tokens.dedup_by(|next, last| {
        let again = next.word == last.word && last.after <= Break::Comma && !counts(&next.word);
        if again {
            last.after = next.after;
        }
        again
    });
}

/// Drops "you know" where nobody is asked whether they know.
fn drop_phrases(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at + 1 < tokens.len() {
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let before = if at > 0 { word(at - 1) } else { "" };
        let asks = matches!(before, "do" | "did" | "if" | "let" | "would" | "as" | "will" | "that");
        let told = ["how", "what", "where", "who", "that", "about", "whether"].contains(&word(at + 2));
        if word(at) == "you" && word(at + 1) == "know" && !asks && !told {
            // "ruled out, you know, a stroke": both commas go with it.
            if at > 0 && tokens[at - 1].after == Break::Comma && tokens[at + 1].after == Break::Comma && before != "no"
            {
                tokens[at - 1].after = Break::None;
            }
            tokens.drain(at..at + 2);
        } else {
            at += 1;
        }
    }
}

/// Puts "can t", "he s" and "ill kill" right.
fn join_apostrophes(tokens: &mut Vec<Token>) {
    let mut at = 1;
    while at < tokens.len() {
        let (base, rest) = (tokens[at - 1].word.clone(), tokens[at].word.clone());
        let subject = match base.as_str() {
            "ill" => Some("i"),
            "hell" => Some("he"),
            "shell" => Some("she"),
            _ => None,
        };
        if tokens[at - 1].after == Break::None {
            if base == "not" && rest == "t" {
                // "doesn t": the "doesn" was opened already.
                tokens.remove(at);
                continue;
            }
            if let Some((base, rest)) = apart(&base, &rest) {
                tokens[at].word = rest.to_owned();
                if let Some(base) = base {
                    tokens[at - 1].word = base.to_owned();
                }
            } else if let Some(subject) = subject.filter(|_| AFTER_WILL.contains(&rest.as_str())) {
                tokens[at - 1].word = subject.to_owned();
                tokens.insert(at, Token { word: "will".to_owned(), after: Break::None });
            }
        }
        at += 1;
    }
}

fn replace_rows(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        let word = |nth: usize| tokens.get(at + nth).map_or("", |token| token.word.as_str());
        let row = ROWS.iter().find(|(row, _)| row.iter().enumerate().all(|(nth, part)| word(nth) == *part));
        let Some((row, instead)) = row else {
            at += 1;
            continue;
        };
        let after = tokens[at + row.len() - 1].after;
        let mut new: Vec<Token> =
            instead.iter().map(|word| Token { word: (*word).to_owned(), after: Break::None }).collect();
        if let Some(last) = new.last_mut() {
            last.after = after;
        }
        let next = at + new.len();
        tokens.splice(at..at + row.len(), new);
        at = next;
    }
}

/// What "can t", "he s" are when the apostrophe was written as a blank: the base if it changes, and the ending.
fn apart<'a>(base: &'a str, rest: &str) -> Option<(Option<&'a str>, &'static str)> {
    Some(match rest {
        "t" if base == "can" => (None, "not"),
        "t" if matches!(base, "won" | "don" | "shan" | "ain") => {
            let base = if base == "don" {
                "do"
            } else if base == "ain" {
                "is"
            } else {
                "will"
            };
            (Some(base), "not")
        }
        "t" if base.len() > 3 && base.ends_with('n') => (Some(&base[..base.len() - 1]), "not"),
        "t" if base == "isn" => (Some("is"), "not"),
        "s" if base.len() > 1 => (None, "is"),
        "m" if base == "i" => (None, "am"),
        // Spanish has words "ve" and "re": only where English has the ending.
        "ve" if matches!(
            base,
            "i" | "you" | "we" | "they" | "could" | "would" | "should" | "might" | "must" | "who"
        ) =>
        {
            (None, "have")
        }
        "re" if matches!(base, "you" | "we" | "they" | "who" | "there" | "what") => (None, "are"),
        "ll" => (None, "will"),
        "d" if matches!(base, "i" | "he" | "she" | "they" | "we" | "you") => (None, "would"),
        _ => return None,
    })
}
