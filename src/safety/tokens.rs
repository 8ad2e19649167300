//! From a transcript to words: lower case, no accents, contractions opened, stutters and spelling of numbers evened out.
//!
//! A recognizer writes the same speech in many ways, with and without punctuation. The rules see one spelling, and
//! punctuation only as a hint that may be missing.

/// What stands between a word and the next one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Break {
    None,
    Comma,
    Stop,
    Question,
}

/// One word in the rules' spelling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub word: String,
    pub after: Break,
}

/// The words of `text`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 5 + 1);
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = match c {
            // "sí" is yes, and "si" is if.
            'í' | 'Í' if matches!(word.as_str(), "s") && !chars.peek().is_some_and(|next| next.is_alphanumeric()) => {
                word.replace_range(.., "yes");
                continue;
            }
            c if c.is_alphanumeric() => {
                fold(c, &mut word);
                continue;
            }
            // Accents that stand alone belong to the letter before.
            '\u{300}'..='\u{36f}' => continue,
            '\'' | '\u{2019}' | '\u{2bc}' | '`' if !word.is_empty() => {
                if chars.peek().is_some_and(|next| next.is_alphabetic()) {
                    word.push('\'');
                }
                continue;
            }
            // 104.5 is one number.
            '.' | ',' if ends_in_digit(&word) && chars.peek().is_some_and(char::is_ascii_digit) => {
                while chars.peek().is_some_and(char::is_ascii_digit) {
                    chars.next();
                }
                continue;
            }
            '.' if matches!(word.as_str(), "dr" | "dra" | "mr" | "mrs" | "ms" | "sr" | "sra" | "st" | "ave") => {
                Break::None
            }
            '.' | '!' | ';' | ':' | '\u{2026}' | '\u{bf}' | '\u{a1}' | '\n' => Break::Stop,
            '?' => Break::Question,
            ',' | '\u{2014}' | '\u{2013}' | '(' | ')' => Break::Comma,
            '-' if chars.peek() == Some(&' ') => Break::Comma,
            _ => Break::None,
        };
        push(&mut tokens, &mut word);
        if let Some(last) = tokens.last_mut().filter(|last| last.after < after) {
            last.after = after;
        }
    }
    push(&mut tokens, &mut word);
    even_out(&mut tokens);
    tokens
}

/// Words in a row that are one thing, or nothing: the longest first.
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
    (&["en", "consciente"], &["inconsciente"]),
    (&["huelga", "gas"], &["huele", "gas"]),
    (&["i", "mean"], &[]),
    (&["o", "sea"], &[]),
];

/// Replaces the rows, and drops "you know" where nobody is asked whether they know.
fn even_out(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        if at > 0 && tokens[at - 1].after == Break::None {
            let base = tokens[at - 1].word.clone();
            if let Some((base, rest)) = apart(&base, &tokens[at].word) {
                tokens[at].word = rest.to_owned();
                if let Some(base) = base {
                    tokens[at - 1].word = base.to_owned();
                }
            }
        }
        let word = |from: usize, nth: usize| tokens.get(from + nth).map_or("", |token| token.word.as_str());
        let row = ROWS.iter().find(|(row, _)| row.iter().enumerate().all(|(nth, part)| word(at, nth) == *part));
        let asks = at > 0 && matches!(word(at - 1, 0), "do" | "did" | "if" | "let" | "would" | "as" | "will" | "that");
        let told =
            matches!(word(at, 2), "how" | "what" | "where" | "who" | "when" | "if" | "that" | "about" | "whether");
        let (length, instead): (usize, &[&str]) = match row {
            Some((row, instead)) => (row.len(), instead),
            None if word(at, 0) == "you" && word(at, 1) == "know" && !asks && !told => (2, &[]),
            None => {
                at += 1;
                continue;
            }
        };
        let after = tokens[at + length - 1].after;
        let mut new: Vec<Token> =
            instead.iter().map(|word| Token { word: (*word).to_owned(), after: Break::None }).collect();
        if let Some(last) = new.last_mut() {
            last.after = after;
        }
        at += new.len();
        tokens.splice(at - new.len()..at - new.len() + length, new);
    }
}

fn ends_in_digit(word: &str) -> bool {
    word.ends_with(|c: char| c.is_ascii_digit())
}

/// Adds `c` in lower case without its accent; a letter drawn out ("heeelp") is one letter.
fn fold(c: char, word: &mut String) {
    for c in c.to_lowercase() {
        let plain = match c {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            c => c,
        };
        let bytes = word.as_bytes();
        let drawn = plain.is_ascii_alphabetic()
            && bytes.len() >= 2
            && bytes[bytes.len() - 2..].iter().all(|&byte| byte == plain as u8);
        if drawn {
            word.pop();
        } else {
            word.push(plain);
        }
    }
}

/// Moves the collected letters into tokens.
fn push(tokens: &mut Vec<Token>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    let mut add = |part: &str| {
        // "my my chest": said once. "no no" is a different thing from "no".
        let again = tokens.last().is_some_and(|last| last.word == part && last.after <= Break::Comma);
        let counts = matches!(part, "no" | "help" | "fire" | "one" | "uno" | "dos" | "zero")
            || part.bytes().all(|byte| byte.is_ascii_digit());
        if !again || counts {
            tokens.push(Token { word: part.to_owned(), after: Break::None });
        }
    };
    if matches!(word.as_str(), "um" | "uh" | "uhm" | "umm" | "er" | "erm" | "hmm" | "mm" | "mmm" | "ah" | "eh" | "em") {
        word.clear();
        return;
    }
    match open(word) {
        Some(parts) => parts.iter().for_each(|part| add(part)),
        None => match word.split_once('\'') {
            Some((base, rest)) => {
                let (base, rest) = suffix(base, rest);
                add(base);
                if !rest.is_empty() {
                    add(rest);
                }
            }
            None => add(word),
        },
    }
    word.clear();
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

/// Base and opened ending of a word with an apostrophe.
fn suffix<'a>(base: &'a str, rest: &'a str) -> (&'a str, &'a str) {
    match rest {
        "t" if base.len() > 1 && base.ends_with('n') => (&base[..base.len() - 1], "not"),
        "s" => (base, "is"),
        "re" => (base, "are"),
        "ve" => (base, "have"),
        "ll" => (base, "will"),
        "d" => (base, "would"),
        "m" => (base, "am"),
        _ => (base, rest),
    }
}

/// Contractions that are irregular, or that recognizers write without the apostrophe.
fn open(word: &str) -> Option<&'static [&'static str]> {
    Some(match word {
        "can't" | "cant" | "cannot" | "kant" => &["can", "not"],
        "won't" | "wont" => &["will", "not"],
        "dont" => &["do", "not"],
        "doesnt" | "dosent" | "dosnt" | "doesn" => &["does", "not"],
        "didnt" | "didn" => &["did", "not"],
        "isnt" | "isn" | "ain't" | "aint" => &["is", "not"],
        "wasnt" | "wasn" => &["was", "not"],
        "arent" | "aren" => &["are", "not"],
        "werent" => &["were", "not"],
        "wouldnt" => &["would", "not"],
        "couldnt" => &["could", "not"],
        "shouldnt" => &["should", "not"],
        "hasnt" => &["has", "not"],
        "havent" => &["have", "not"],
        "hadnt" => &["had", "not"],
        "mustnt" => &["must", "not"],
        "im" => &["i", "am"],
        "ive" => &["i", "have"],
        "hes" => &["he", "is"],
        "shes" => &["she", "is"],
        "its" => &["it", "is"],
        "thats" => &["that", "is"],
        "theres" => &["there", "is"],
        "whats" => &["what", "is"],
        "whos" => &["who", "is"],
        "theyre" => &["they", "are"],
        "youre" => &["you", "are"],
        "gonna" | "gunna" => &["going", "to"],
        "wanna" => &["want", "to"],
        "gotta" => &["got", "to"],
        "gimme" => &["give", "me"],
        "lemme" => &["let", "me"],
        "dunno" => &["do", "not", "know"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
