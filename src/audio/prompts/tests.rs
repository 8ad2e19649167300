//! Every local sentence is there.

use super::for_language;
use crate::audio::level;
use crate::types::Prompt;

#[test]
fn every_prompt_is_a_sentence_with_sound() {
    let prompts = for_language("en");
    for prompt in Prompt::ALL {
        let sentence = prompts.sentence(*prompt);
        assert!(sentence.text.ends_with(['.', '?']), "{prompt}");
        assert!(level::is_loud(sentence.audio.bytes()), "{prompt}");
        assert!((500..10_000).contains(&sentence.audio.duration().as_millis()), "{prompt}");
    }
}

#[test]
fn other_languages_fall_back_to_english() {
    let sentence = |language| for_language(language).sentence(Prompt::Goodbye).text.clone();
    assert_eq!(sentence("de-CH"), sentence("en"));
    assert_eq!(sentence(""), sentence("en"));
}
