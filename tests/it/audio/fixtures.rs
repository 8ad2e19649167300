//! The clips under `fixtures/audio` are what the manifest and the program say they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use switchboard::audio::{level, mulaw, prompts};
use switchboard::types::Prompt;

#[derive(Deserialize)]
struct Manifest {
    clip: Vec<Clip>,
    hold: Hold,
}

#[derive(Deserialize)]
struct Hold {
    sha256: String,
    sha256_wav: String,
}

#[derive(Deserialize)]
struct Clip {
    id: String,
    kind: String,
    language: String,
    text: String,
    sha256: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/audio")
}

fn manifest() -> Manifest {
    let text = fs::read_to_string(root().join("manifest.toml")).expect("the manifest is there");
    toml::from_str(&text).expect("the manifest is TOML of this shape")
}

fn clips() -> Vec<Clip> {
    manifest().clip
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Clip {
    fn path(&self) -> PathBuf {
        let folder = match self.kind.as_str() {
            "prompt" => "prompts",
            "caller" => "callers",
            "assistant" => "assistant",
            "operator" => "operators",
            other => panic!("clip {} is of unknown kind {other}", self.id),
        };
        let language = if folder == "prompts" { &self.language } else { "" };
        root().join(folder).join(language).join(format!("{}.ulaw", self.id))
    }

    fn audio(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap_or_else(|error| panic!("{}: {error}", self.path().display()))
    }
}

#[test]
fn every_clip_has_the_sound_that_the_manifest_names() {
    for clip in clips() {
        assert_eq!(hex(&clip.audio()), clip.sha256, "{} {}", clip.language, clip.id);
    }
}

#[test]
fn the_hold_sound_is_the_one_that_the_manifest_names() {
    let Hold { sha256, sha256_wav } = manifest().hold;
    assert_eq!(hex(prompts::hold().bytes()), sha256);
    assert_eq!(hex(prompts::HOLD_WAV), sha256_wav);
}

#[test]
fn every_sound_file_is_in_the_manifest() {
    let listed: BTreeSet<PathBuf> = clips().iter().map(Clip::path).collect();
    let found: BTreeSet<PathBuf> = ["prompts/en", "prompts/es", "callers", "assistant", "operators"]
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn clips_are_speech_neither_silent_nor_clipped_nor_wrapped_in_silence() {
    for clip in clips() {
        let audio = clip.audio();
        let peak = audio.iter().map(|code| mulaw::decode(*code).unsigned_abs()).max().unwrap();
        assert!((14_000..19_000).contains(&peak), "{}: peak {peak}", clip.id);
        assert!((-28.0..-12.0).contains(&level::rms_dbfs(&audio)), "{}", clip.id);
        for (end, part) in [("start", &audio[..1_600]), ("end", &audio[audio.len() - 1_600..])] {
            assert!(level::is_loud(part), "{}: nothing to hear in 200 ms at its {end}", clip.id);
        }
    }
}

#[test]
fn the_binary_says_what_the_manifest_says() {
    for language in ["en", "es"] {
        let prompts = prompts::for_language(language);
        let listed: Vec<Clip> =
            clips().into_iter().filter(|clip| clip.kind == "prompt" && clip.language == language).collect();
        assert_eq!(listed.len(), Prompt::ALL.len());
        for clip in listed {
            let sentence = prompts.sentence(Prompt::parse(&clip.id).unwrap());
            assert_eq!(*sentence.text, clip.text);
            assert!(sentence.audio.bytes() == clip.audio(), "{language} {}", clip.id);
        }
    }
}

#[test]
fn all_sound_together_stays_small() {
    let bytes: usize = clips().iter().map(|clip| clip.audio().len()).sum();
    assert!(bytes < 3_000_000, "{bytes} bytes");
}
