//! Tests of `clips`.

use super::*;

#[test]
fn every_builtin_clip_has_words_and_sound() {
    let library = Library::builtin();
    assert_eq!(library.0.len(), SOUNDS.len());
    for ((kind, id), clip) in library.0.iter() {
        assert!(!clip.text.is_empty(), "{kind:?} {id} is not in the manifest");
        assert!(clip.audio.duration().as_millis() > 500, "{kind:?} {id} is too short");
        assert_eq!(clip.pcm().len(), clip.audio.len() * 6);
    }
}

#[test]
fn a_folder_gives_the_same_clips_as_the_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/audio");
    let loaded = Library::load(&folder).unwrap();
    for ((kind, id), clip) in Library::builtin().0.iter() {
        assert_eq!(loaded.clip(*kind, id).as_ref(), Some(clip), "{id}");
    }
}

#[test]
fn an_unknown_name_is_no_clip() {
    assert_eq!(clip(Kind::Caller, "assistant-long"), None);
}
