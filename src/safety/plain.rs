//! The second check, for words that the rules could not judge: plain phrases, looked for as they are.
//!
//! It shares nothing with the rules, so that what makes them fail does not make it fail. It knows no negation and no
//! context: where nobody judges, a phone that rings for nothing is the smaller harm.

use super::{Alarm, EXTENSION, Extensions, Finding};

/// Name of the rule that the phrases here are.
pub const PLAIN: &str = "plain";

/// The phrases of one organization, each between blanks.
pub(super) struct Phrases(Vec<(Alarm, String)>);

impl Phrases {
    pub(super) fn new(extensions: &Extensions) -> Self {
        let Extensions { emergency, high, human, ignore: _ } = extensions;
        let groups = [(Alarm::Emergency, emergency), (Alarm::High, high), (Alarm::Human, human)];
        let phrases = groups.into_iter().flat_map(|(alarm, phrases)| phrases.iter().map(move |text| (alarm, text)));
        Self(phrases.map(|(alarm, text)| (alarm, spelled(text))).filter(|(_, text)| text.len() > 1).collect())
    }

    /// The most serious phrase that stands in `text`.
    pub(super) fn find(&self, text: &str) -> Option<Finding> {
        let text = spelled(text);
        let core = CORE.iter().any(|phrase| text.contains(&format!(" {phrase} ")));
        let own = self.0.iter().filter(|(_, phrase)| stands_in(phrase, &text)).map(|(alarm, _)| *alarm).min();
        match own {
            Some(alarm) if !core || alarm == Alarm::Emergency => Some(Finding { alarm, rule: EXTENSION }),
            _ => core.then_some(Finding { alarm: Alarm::Emergency, rule: PLAIN }),
        }
    }
}

/// Whether `phrase` stands in `text` as whole words; between letters beyond Latin and its neighbours also as a part, since
/// some scripts write no blanks.
fn stands_in(phrase: &str, text: &str) -> bool {
    let is_far = |c: char| c > '\u{e00}';
    text.contains(phrase) || (phrase.chars().any(is_far) && text.contains(phrase.trim()))
}

/// Lower case, one blank between words and at both ends; no apostrophes, and nothing else that is no letter or digit.
fn spelled(text: &str) -> String {
    let mut spelled = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '\'' | '\u{2019}' | '\u{2bc}' | '`' => {}
            'á' => spelled.push('a'),
            'é' => spelled.push('e'),
            'í' => spelled.push('i'),
            'ó' => spelled.push('o'),
            'ú' | 'ü' => spelled.push('u'),
            'ñ' => spelled.push('n'),
            c if c.is_alphanumeric() => spelled.push(c),
            _ if spelled.ends_with(' ') => {}
            _ => spelled.push(' '),
        }
    }
    if !spelled.ends_with(' ') {
        spelled.push(' ');
    }
    spelled
}

/// What nobody says for nothing.
const CORE: &[&str] = &[
    "911",
    "112",
    "999",
    "emergency",
    "ambulance",
    "paramedics",
    "help me",
    "cant breathe",
    "cannot breathe",
    "can not breathe",
    "not breathing",
    "isnt breathing",
    "stopped breathing",
    "choking",
    "chest pain",
    "chest hurts",
    "heart attack",
    "cardiac arrest",
    "stroke",
    "seizure",
    "unconscious",
    "passed out",
    "wont wake up",
    "overdose",
    "overdosed",
    "bleeding",
    "suicide",
    "suicidal",
    "kill myself",
    "killing myself",
    "end my life",
    "want to die",
    "dying",
    "fire",
    "smoke",
    "gas leak",
    "gun",
    "shot",
    "stabbed",
    "attacked",
    "rape",
    "raped",
    "drowning",
    "poisoned",
    "allergic reaction",
    "anaphylaxis",
    "turning blue",
    "emergencia",
    "ambulancia",
    "auxilio",
    "socorro",
    "ayudenme",
    "no respira",
    "no puede respirar",
    "no puedo respirar",
    "se ahoga",
    "me ahogo",
    "dolor de pecho",
    "dolor en el pecho",
    "me duele el pecho",
    "le duele el pecho",
    "infarto",
    "derrame",
    "convulsiones",
    "inconsciente",
    "desmayo",
    "sobredosis",
    "sangrando",
    "suicidarme",
    "suicidio",
    "matarme",
    "quiero morir",
    "quitarme la vida",
    "incendio",
    "fuego",
    "fuga de gas",
    "pistola",
    "disparo",
    "apunalado",
    "veneno",
    "reaccion alergica",
];

#[cfg(test)]
mod tests;
