//! The local sentences and the hold sound, rendered before the build and embedded.
//!
//! The caller must hear a voice even when the model, the disk and the network are gone.

use std::sync::LazyLock;

use crate::types::prompt::Sentence;
use crate::types::{Mulaw, Prompt, Prompts};

mod english;
mod spanish;

/// The sentences in `language` (BCP 47, as `es-MX`): only its first part counts, in any case. English if we have none.
pub fn for_language(language: &str) -> Prompts {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "es" => SPANISH.clone(),
        _ => ENGLISH.clone(),
    }
}

/// What a caller hears while waiting: two soft notes, then quiet; 4 s, made to be repeated.
pub fn hold() -> Mulaw {
    Mulaw::from_static(include_bytes!("../../fixtures/audio/hold.ulaw"))
}

/// The same sound as a WAV file (8 kHz mu-law, mono), for the carrier to play.
pub const HOLD_WAV: &[u8] = include_bytes!("../../fixtures/audio/hold.wav");

/// Words and sound of one sentence.
type Said = (&'static str, &'static [u8]);

static ENGLISH: LazyLock<Prompts> = LazyLock::new(|| collect(english::said));
static SPANISH: LazyLock<Prompts> = LazyLock::new(|| collect(spanish::said));

fn collect(said: fn(Prompt) -> Said) -> Prompts {
    let sentence = |prompt: &Prompt| {
        let (text, audio) = said(*prompt);
        Sentence { text: text.into(), audio: Mulaw::from_static(audio) }
    };
    Prompts::new(Prompt::ALL.iter().map(sentence).collect()).expect("one sentence is made for each prompt")
}

#[cfg(test)]
mod tests;
