//! What one sentence does not show: silence that a recognizer fills with words, misunderstanding that repeats, a loop.
//!
//! One `Watch` per call, and it keeps no more than the last few turns.

use std::collections::{BTreeSet, VecDeque};

use super::{Alarm, Finding, Rules, tokens};
use crate::types::Speaker;
use crate::types::vocabulary::words;

/// Less speech than this is a noise that the recognizer put words to, unless they are serious.
const SPEECH_MS_MIN: u32 = 250;
/// A single word as a cry for help may be as short as this.
const CRY_MS_MIN: u32 = 150;
/// Who is quieter than this may not have spoken; who whispers is hardly louder.
const LOUDNESS_DBFS_MIN: f32 = -50.0;

/// Caller turns in which misunderstandings and repeated requests are counted.
const CALLER_TURNS: usize = 6;
/// Assistant turns in which repeated sentences are counted.
const ASSISTANT_TURNS: usize = 6;
/// Assistant turns in which doubt must come twice.
const DOUBT_TURNS: usize = 4;
const DOUBTS: usize = 2;
const MISUNDERSTANDINGS: usize = 3;
const REPEATS: usize = 3;
/// Sentences with fewer words than this ("yes", "thank you") may be said as often as one likes.
const WORDS_COMPARED_MIN: usize = 3;
const WORDS_KEPT_MAX: usize = 60;

/// What a recognizer is known to write when nobody speaks, in the rules' spelling.
const PHANTOMS: &[&str] = &[
    "",
    "you",
    "bye",
    "thank you",
    "thank you very much",
    "thank you so much",
    "thank you for watching",
    "thanks",
    "thanks for watching",
    "please subscribe",
    "subscribe",
    "gracias",
    "muchas gracias",
    "gracias por ver",
    "gracias por ver el video",
    "subtitulos realizados por la comunidad de amara org",
    "suscribete",
    "music",
    "musica",
    "silence",
];

/// Watches over one call.
#[derive(Clone, Default, Debug)]
pub struct Watch {
    caller: VecDeque<Turn>,
    assistant: VecDeque<Turn>,
}

/// What is remembered of a turn.
#[derive(Clone, Debug)]
struct Turn {
    words: BTreeSet<String>,
    /// The caller did not understand or was not understood; the assistant doubted.
    trouble: bool,
}

words! {
    /// Why an alarm may be none.
    Doubt {
        /// Too quiet for speech.
        Quiet = "quiet",
        /// Too short for speech.
        Short = "short",
    }
}

/// What a turn of the caller came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Nothing,
    Alarm(Finding),
    /// It would be an alarm, but probably nobody spoke.
    Doubted(Finding, Doubt),
}

impl Watch {
    /// Judges a final transcript of the caller. `speech_ms` is how long they spoke, `rms_dbfs` how loud
    /// their loudest moment was, if known.
    ///
    /// What a recognizer makes of silence is known by its words. A measured level is no proof, so it takes back wishes and
    /// misunderstandings, and never what is serious.
    pub fn caller_said(&mut self, rules: &Rules, text: &str, speech_ms: Option<u32>, rms_dbfs: Option<f32>) -> Verdict {
        if is_phantom(text) {
            return Verdict::Nothing;
        }
        let found = rules.judge(Speaker::Caller, text);
        let quiet = rms_dbfs.is_some_and(|dbfs| dbfs < LOUDNESS_DBFS_MIN);
        let shorter = |least: u32| speech_ms.is_some_and(|ms| ms < least);
        let several = || words(text).len() > 1;
        if quiet || shorter(SPEECH_MS_MIN) {
            let Some(found) = found else {
                return Verdict::Nothing;
            };
            let doubt = match found.alarm {
                Alarm::Emergency => (shorter(CRY_MS_MIN) && !several()).then_some(Doubt::Short),
                Alarm::High => shorter(SPEECH_MS_MIN).then_some(Doubt::Short),
                Alarm::Human | Alarm::Uncertainty => Some(if quiet { Doubt::Quiet } else { Doubt::Short }),
            };
            return doubt.map_or(Verdict::Alarm(found), |doubt| Verdict::Doubted(found, doubt));
        }
        let turn = Turn { words: words(text), trouble: misunderstood(text) };
        let repeats = repeats(&self.caller, &turn);
        remember(&mut self.caller, turn, CALLER_TURNS);
        let mut found = found;
        if self.caller.back().is_some_and(|turn| turn.trouble)
            && self.caller.iter().filter(|turn| turn.trouble).count() >= MISUNDERSTANDINGS
        {
            found = worse(found, "misunderstood");
        }
        let found = if repeats { worse(found, "loop") } else { found };
        found.map_or(Verdict::Nothing, Verdict::Alarm)
    }

    /// Judges what the assistant said. Doubt counts at its second time.
    pub fn assistant_said(&mut self, rules: &Rules, text: &str) -> Option<Finding> {
        let found = rules.judge(Speaker::Assistant, text);
        let doubt = found.is_some_and(|found| found.alarm == Alarm::Uncertainty);
        let turn = Turn { words: words(text), trouble: doubt };
        let repeats = repeats(&self.assistant, &turn);
        remember(&mut self.assistant, turn, ASSISTANT_TURNS);
        let doubts = self.assistant.iter().rev().take(DOUBT_TURNS).filter(|turn| turn.trouble).count();
        let found = found.filter(|_| !doubt || doubts >= DOUBTS);
        if repeats { worse(found, "loop") } else { found }
    }
}

/// The more serious of a finding and a wish for a person.
fn worse(found: Option<Finding>, rule: &'static str) -> Option<Finding> {
    let person = Finding { alarm: Alarm::Human, rule };
    Some(found.filter(|found| found.alarm <= Alarm::Human).unwrap_or(person))
}

fn remember(turns: &mut VecDeque<Turn>, turn: Turn, most: usize) {
    turns.push_back(turn);
    while turns.len() > most {
        turns.pop_front();
    }
}

fn is_phantom(text: &str) -> bool {
    PHANTOMS.contains(&spelled(text).as_str())
}

fn spelled(text: &str) -> String {
    let words: Vec<String> = tokens::tokens(text).into_iter().map(|token| token.word).collect();
    words.join(" ")
}

fn words(text: &str) -> BTreeSet<String> {
    tokens::tokens(text).into_iter().map(|token| token.word).take(WORDS_KEPT_MAX).collect()
}

/// Whether `turn` says nearly what was said often enough before.
fn repeats(turns: &VecDeque<Turn>, turn: &Turn) -> bool {
    turn.words.len() >= WORDS_COMPARED_MIN
        && turns.iter().filter(|before| alike(&before.words, &turn.words)).count() + 1 >= REPEATS
}

/// Four words of five are the same.
fn alike(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let common = one.intersection(other).count();
    let all = one.len() + other.len() - common;
    common * 5 >= all * 4 || (all <= 4 && common + 1 >= all)
}

/// Whether the caller did not understand, or was not understood. Short turns only: "sorry, I need to move my
/// appointment" is none.
fn misunderstood(text: &str) -> bool {
    let spelled = spelled(text);
    let words = spelled.split(' ').count();
    let whole = ALONE.contains(&spelled.as_str());
    let part = OPENINGS.iter().any(|opening| {
        spelled.starts_with(opening) && spelled[opening.len()..].starts_with([' ']) || spelled == *opening
    });
    let within = WITHIN.iter().any(|phrase| format!(" {spelled} ").contains(&format!(" {phrase} ")));
    whole || (part && words <= 20) || within
}

/// The whole turn.
const ALONE: &[&str] = &[
    "what",
    "huh",
    "sorry",
    "pardon",
    "excuse me",
    "come again",
    "say again",
    "what was that",
    "repeat that",
    "hello",
    "que",
    "como",
    "perdon",
    "mande",
    "eh",
    "disculpe",
    "otra vez",
    "como dice",
    "que dijo",
    "como dijo",
    "bueno",
    "what did you say",
    "say that again",
    "i am sorry",
    "sorry what",
    "wait what",
    "no no",
    "no no no",
];

/// How such a turn begins.
const OPENINGS: &[&str] = &[
    "i said",
    "i just said",
    "i already said",
    "i already told you",
    "i told you",
    "as i said",
    "like i said",
    "no i said",
    "no not that",
    "no that is not what",
    "that is not what",
    "that is not right",
    "no that is wrong",
    "that is wrong",
    "what do you mean",
    "can you repeat",
    "could you repeat",
    "please repeat",
    "can you say that",
    "could you say that",
    "pardon me",
    "sorry what",
    "what did you",
    "no i meant",
    "i meant",
    "i did not say",
    "no i did not say",
    "are you listening",
    "are you even listening",
    "did you hear",
    "can you hear me",
    "no you are not listening",
    "he dicho",
    "dije",
    "ya dije",
    "ya le dije",
    "ya te dije",
    "ya se lo dije",
    "le dije",
    "te dije",
    "le he dicho",
    "no eso no",
    "no no es eso",
    "eso no es",
    "no es eso",
    "no dije",
    "no he dicho",
    "no quise decir",
    "quise decir",
    "que quiere decir",
    "como dice",
    "que dice",
    "puede repetir",
    "me puede repetir",
    "repita",
    "repitame",
    "me escucha",
    "me oye",
    "me entiende",
    "no lo dije",
    "no me esta",
];

/// What says it anywhere in a turn.
const WITHIN: &[&str] = &[
    "not what i said",
    "not what i asked",
    "not what i meant",
    "you are not understanding",
    "you do not understand",
    "you did not understand",
    "you misunderstood",
    "you are not listening",
    "you got it wrong",
    "you got that wrong",
    "i do not understand you",
    "i can not understand you",
    "i did not catch that",
    "i did not understand",
    "i do not understand what you",
    "say that again",
    "i did not say that",
    "i never said that",
    "for the third time",
    "no es lo que dije",
    "no es lo que pregunte",
    "no me entiende",
    "no me entendio",
    "no me esta entendiendo",
    "no le entiendo",
    "no te entiendo",
    "no entendi",
    "no me entiendes",
    "no me escucha",
    "no esta escuchando",
    "no dije eso",
    "yo no dije",
    "por tercera vez",
    "no es lo que pedi",
    "no le entendi",
];

#[cfg(test)]
mod tests;
