//! The regular forms of a word, so that a table lists "bleed" once and "bleeding" is found.
//!
//! Forms are generated when the tables are compiled instead of cutting endings off what callers say: a generated form is
//! the word and nothing else, while cutting makes "stable" of "stab". Irregular forms stand in the tables.

use super::Language;

/// Every regular form of `word`, the word itself first.
pub(super) fn forms(language: Language, word: &str) -> Vec<String> {
    let mut forms = match language {
        Language::English => english(word),
        Language::Spanish => spanish(word),
    };
    forms.dedup();
    forms
}

const VOWELS: &[char] = &['a', 'e', 'i', 'o', 'u'];

fn english(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    let mut add = |stem: &str, ends: &[&str]| forms.extend(ends.iter().map(|end| format!("{stem}{end}")));
    if let Some(stem) = word.strip_suffix("ie") {
        add(word, &["s", "d"]);
        add(stem, &["ying"]);
    } else if let Some(stem) = word.strip_suffix('e') {
        add(word, &["s", "d"]);
        add(stem, &["ing", "in"]);
        add(word, if word.ends_with("ee") { &["ing"] } else { &[] });
    } else if let Some(stem) = word.strip_suffix('y').filter(|stem| !stem.ends_with(VOWELS)) {
        add(stem, &["ies", "ied"]);
        add(word, &["ing"]);
    } else {
        let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end));
        add(word, if hisses { &["es", "ed", "ing"] } else { &["s", "ed", "ing"] });
        let mut ends = word.chars().rev();
        if let (Some(last), Some(middle), Some(before)) = (ends.next(), ends.next(), ends.next())
            && !VOWELS.contains(&last)
            && !['w', 'x', 'y', 'h'].contains(&last)
            && VOWELS.contains(&middle)
            && !VOWELS.contains(&before)
        {
            add(&format!("{word}{last}"), &["ed", "ing"]);
        }
    }
    forms
}

const AR: &[&str] = &[
    "o", "as", "a", "amos", "ais", "an", "e", "es", "en", "emos", "aste", "aron", "aba", "abas", "aban", "abamos",
    "ando", "ado", "ada", "ados", "adas", "are", "ara", "aran", "aria", "ase",
];
const ER: &[&str] = &[
    "o", "es", "e", "emos", "imos", "en", "a", "as", "an", "i", "iste", "io", "ieron", "ia", "ias", "ian", "iamos",
    "iendo", "ido", "ida", "idos", "idas", "ere", "era", "eran", "ire", "ira", "iran", "iera",
];
const CLITICS: &[&str] = &["me", "te", "se", "lo", "la", "le", "los", "las", "les", "nos", "melo", "selo", "sela"];

fn spanish(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    let verb = [("ar", AR, "ando"), ("er", ER, "iendo"), ("ir", ER, "iendo")]
        .into_iter()
        .find_map(|(end, ends, gerund)| Some((word.strip_suffix(end).filter(|stem| stem.len() > 1)?, ends, gerund)));
    if let Some((stem, ends, gerund)) = verb {
        for end in ends {
            // Spelling follows sound: ahogar, ahogue; tocar, toque; cruzar, cruce.
            let soft = word.ends_with("ar") && end.starts_with('e');
            let stem = match stem.as_bytes().last() {
                Some(b'g') if soft => format!("{stem}u"),
                Some(b'c') if soft => format!("{}qu", &stem[..stem.len() - 1]),
                Some(b'z') if soft => format!("{}c", &stem[..stem.len() - 1]),
                _ => stem.to_owned(),
            };
            forms.push(format!("{stem}{end}"));
        }
        for clitic in CLITICS {
            forms.push(format!("{word}{clitic}"));
            forms.push(format!("{stem}{gerund}{clitic}"));
        }
        return forms;
    }
    if let Some(stem) = word.strip_suffix('o') {
        forms.extend(["a", "os", "as"].map(|end| format!("{stem}{end}")));
    } else if let Some(stem) = word.strip_suffix('z') {
        forms.push(format!("{stem}ces"));
    } else if word.ends_with(VOWELS) {
        forms.push(format!("{word}s"));
    } else {
        forms.extend(["es", "a", "as"].map(|end| format!("{word}{end}")));
    }
    forms
}

#[cfg(test)]
mod tests;
