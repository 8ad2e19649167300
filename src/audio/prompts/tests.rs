//! Every local sentence is there, in every language.

use super::{HOLD_WAV, for_language, hold};
use crate::audio::level;
use crate::types::Prompt;

#[test]
fn every_prompt_is_a_sentence_with_sound() {
    for language in ["en", "es"] {
        let prompts = for_language(language);
        for prompt in Prompt::ALL {
            let sentence = prompts.sentence(*prompt);
            assert!(sentence.text.ends_with(['.', '?']), "{language} {prompt}");
            assert!(level::is_loud(sentence.audio.bytes()), "{language} {prompt}");
            assert!((500..10_000).contains(&sentence.audio.duration().as_millis()), "{language} {prompt}");
        }
    }
}

#[test]
fn no_sentence_is_said_twice_in_one_language_or_the_same_in_two() {
    let mut texts: Vec<_> = ["en", "es"]
        .into_iter()
        .flat_map(|language| {
            Prompt::ALL.iter().map(move |prompt| for_language(language).sentence(*prompt).text.clone())
        })
        .collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 2 * Prompt::ALL.len());
}

#[test]
fn the_first_part_of_a_language_tag_chooses() {
    let goodbye = |language| for_language(language).sentence(Prompt::Goodbye).text.clone();
    for spanish in ["es", "es-MX", "ES", "es_419"] {
        assert_eq!(&*goodbye(spanish), "Gracias por llamar. Hasta luego.", "{spanish}");
    }
}

#[test]
fn other_languages_fall_back_to_english() {
    let goodbye = |language| for_language(language).sentence(Prompt::Goodbye).text.clone();
    for other in ["en", "en-US", "de-CH", "est", "", "-es"] {
        assert_eq!(&*goodbye(other), "Thank you for calling. Goodbye.", "{other}");
    }
}

#[test]
fn the_hold_sound_is_four_soft_seconds_and_the_wav_holds_the_same() {
    let sound = hold();
    assert_eq!(sound.duration().as_millis(), 4_000);
    let (notes, quiet) = sound.bytes().split_at(20_000);
    assert!((-36.0..-30.0).contains(&level::rms_dbfs(notes)), "{}", level::rms_dbfs(notes));
    assert!(!level::is_loud(quiet));
    assert!(HOLD_WAV.starts_with(b"RIFF") && HOLD_WAV.ends_with(sound.bytes()));
    // Format 7 is mu-law; one channel.
    assert_eq!(HOLD_WAV[20..24], [7, 0, 1, 0]);
}
