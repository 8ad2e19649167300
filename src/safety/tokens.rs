//! From a transcript to words: lower case, no accents, contractions opened, stutters and spelling of numbers evened out.
//!
//! A recognizer writes the same speech in many ways, with and without punctuation. The rules see one spelling, and
//! punctuation only as a hint that may be missing.

mod rows;

use crate::types::text::is_unspaced;

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
            // Where words are not written apart every character is one.
            c if is_unspaced(c) && c.is_alphanumeric() => {
                push(&mut tokens, &mut word);
                word.push(c);
                push(&mut tokens, &mut word);
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
    rows::even_out(&mut tokens);
    tokens
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
    let mut add = |part: &str| tokens.push(Token { word: part.to_owned(), after: Break::None });
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
        "nobodys" => &["nobody", "is"],
        "somebodys" => &["somebody", "is"],
        "someones" => &["someone", "is"],
        "everyones" => &["everyone", "is"],
        "yall" | "y'all" => &["you"],
        "youll" => &["you", "will"],
        "theyll" => &["they", "will"],
        "itll" => &["it", "will"],
        "youve" => &["you", "have"],
        "weve" => &["we", "have"],
        "theyve" => &["they", "have"],
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
