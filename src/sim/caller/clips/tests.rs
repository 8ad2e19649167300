use super::*;
use crate::audio::level;

#[test]
fn every_fixture_is_there_and_is_speech() {
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audio/callers"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".ulaw").map(str::to_owned))
        .collect();
    files.sort();
    assert_eq!(files, names().collect::<Vec<_>>());
    for name in names() {
        let audio = clip(name).unwrap();
        assert!(audio.len() > 8000 && level::is_loud(audio.bytes()), "{name}");
    }
    assert_eq!(clip("caller-nobody"), None);
}
