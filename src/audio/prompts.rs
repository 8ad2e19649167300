//! The local sentences, rendered before the build and embedded.
//!
//! The caller must hear a voice even when the model, the disk and the network are gone.

use std::sync::LazyLock;

use crate::types::prompt::Sentence;
use crate::types::{Mulaw, Prompt, Prompts};

/// The sentences in `language` (BCP 47). English is the only one yet, and what every other language falls back to.
pub fn for_language(_language: &str) -> Prompts {
    ENGLISH.clone()
}

static ENGLISH: LazyLock<Prompts> = LazyLock::new(|| {
    let sentence = |prompt: &Prompt| {
        let (text, audio) = english(*prompt);
        Sentence { text: text.into(), audio: Mulaw::from_static(audio) }
    };
    Prompts::new(Prompt::ALL.iter().map(sentence).collect()).expect("one sentence is made for each prompt")
});

/// Words and sound of one sentence; both as in `fixtures/audio/manifest.toml`.
const fn english(prompt: Prompt) -> (&'static str, &'static [u8]) {
    macro_rules! audio {
        ($name:literal) => {
            include_bytes!(concat!("../../fixtures/audio/prompts/en/", $name, ".ulaw"))
        };
    }
    match prompt {
        Prompt::Hello => ("Hello, and thank you for calling. One moment, please.", audio!("hello")),
        Prompt::OneMoment => ("One moment, please.", audio!("one_moment")),
        Prompt::StillThere => ("Are you still there?", audio!("still_there")),
        Prompt::StillThereAgain => {
            ("I can't hear you. Please say something, or press any key.", audio!("still_there_again"))
        }
        Prompt::SilentGoodbye => (
            "I still can't hear you, so I will end this call now. Please call again. Goodbye.",
            audio!("silent_goodbye"),
        ),
        Prompt::ModelLost => (
            "I am sorry. I have a technical problem and can't go on. Please call again in a few minutes. Goodbye.",
            audio!("model_lost"),
        ),
        Prompt::TimeWarning => ("We have one minute left.", audio!("time_warning")),
        Prompt::TimeUp => ("We have reached the end of our time. Please call again. Goodbye.", audio!("time_up")),
        Prompt::Reconnected => ("Sorry, the connection was lost for a moment. Please go on.", audio!("reconnected")),
        Prompt::Draining => (
            "I am sorry, we have to end this call now for maintenance. Please call again in a moment. Goodbye.",
            audio!("draining"),
        ),
        Prompt::Goodbye => ("Thank you for calling. Goodbye.", audio!("goodbye")),
    }
}

#[cfg(test)]
mod tests;
