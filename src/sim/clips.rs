//! Recorded sentences, by name: what simulated callers and the simulated model say.
//!
//! The built-in library lives in the binary, so that `demo` works without a checkout; tests may load another folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Deserialize;

use crate::sim::model::g711;
use crate::types::Mulaw;

/// One spoken sentence.
#[derive(Clone, Debug)]
pub struct Clip {
    /// What is said, word for word.
    pub text: Arc<str>,
    pub audio: Mulaw,
    pcm: Arc<OnceLock<Bytes>>,
}

impl Clip {
    pub fn new(text: impl Into<Arc<str>>, audio: Mulaw) -> Self {
        Self { text: text.into(), audio, pcm: Arc::default() }
    }

    /// The same sound as 16-bit little-endian PCM at 24 kHz; made once, then shared.
    pub fn pcm(&self) -> Bytes {
        self.pcm.get_or_init(|| g711::to_pcm(self.audio.bytes())).clone()
    }
}

impl PartialEq for Clip {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.audio == other.audio
    }
}

/// Who speaks a clip.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Caller,
    Assistant,
    /// Staff who answer a transfer, and machines that answer instead of a person.
    Operator,
    Prompt,
}

/// Clips by kind and name; a prompt's name has its language in front, as `es/goodbye`. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Library(Arc<BTreeMap<(Kind, String), Clip>>);

impl Library {
    /// Reads `manifest.toml` in `dir` and the files that it names.
    ///
    /// # Errors
    /// The manifest or a file is missing, or the manifest is not what we expect.
    pub fn load(dir: &Path) -> io::Result<Self> {
        let manifest = parse(&std::fs::read_to_string(dir.join("manifest.toml"))?)?;
        let mut clips = BTreeMap::new();
        for entry in manifest.clip {
            let audio = std::fs::read(dir.join(entry.path()))?;
            clips.insert((entry.kind, entry.name()), Clip::new(entry.text, Mulaw::new(audio.into())));
        }
        Ok(Self(Arc::new(clips)))
    }

    /// The callers', the assistant's and the operators' clips that are part of the binary.
    pub fn builtin() -> Self {
        static BUILTIN: OnceLock<Library> = OnceLock::new();
        BUILTIN.get_or_init(embedded).clone()
    }

    pub fn clip(&self, kind: Kind, id: &str) -> Option<Clip> {
        self.0.get(&(kind, id.to_owned())).cloned()
    }

    /// All clips of one kind, by name.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&str, &Clip)> {
        self.0.iter().filter(move |((of, _), _)| *of == kind).map(|((_, id), clip)| (id.as_str(), clip))
    }
}

/// A clip of the built-in library.
pub fn clip(kind: Kind, id: &str) -> Option<Clip> {
    Library::builtin().clip(kind, id)
}

#[derive(Deserialize)]
struct Manifest {
    clip: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    kind: Kind,
    language: String,
    text: String,
}

impl Entry {
    /// The same prompt is there in several languages; every other name is there once.
    fn name(&self) -> String {
        match self.kind {
            Kind::Caller | Kind::Assistant | Kind::Operator => self.id.clone(),
            Kind::Prompt => format!("{}/{}", self.language, self.id),
        }
    }

    /// Where the sound is, below the manifest's folder.
    fn path(&self) -> String {
        let folder = match self.kind {
            Kind::Caller => "callers",
            Kind::Assistant => "assistant",
            Kind::Operator => "operators",
            Kind::Prompt => "prompts",
        };
        format!("{folder}/{}.ulaw", self.name())
    }
}

fn parse(text: &str) -> io::Result<Manifest> {
    toml::from_str(text).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Embeds `fixtures/audio/<folder>/<name>.ulaw` for each name.
macro_rules! sounds {
    ($($kind:ident in $folder:literal: $($name:literal)+;)+) => {
        &[$($((
            Kind::$kind,
            $name,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audio/", $folder, "/", $name, ".ulaw")),
        )),+),+]
    };
}

const SOUNDS: &[(Kind, &str, &[u8])] = sounds! {
    Caller in "callers":
        "caller-book" "caller-name" "caller-number" "caller-when" "caller-thanks" "caller-stop" "caller-hours"
        "caller-prescription" "caller-yes" "caller-chest-pain" "caller-human" "caller-hello-doctor" "caller-wait"
        "caller-please-call-back" "caller-never-mind" "caller-yes-hello" "caller-ok-thanks";
    Assistant in "assistant":
        "assistant-greeting" "assistant-disclosure" "assistant-ask-name" "assistant-ask-number" "assistant-ask-when"
        "assistant-confirm" "assistant-goodbye" "assistant-long" "assistant-services" "assistant-of-course"
        "assistant-fallback" "assistant-i-hear-you" "assistant-trying" "assistant-nobody" "assistant-declined"
        "assistant-back" "assistant-call-back-soon" "assistant-outbound" "assistant-outbound-thanks";
    Operator in "operators":
        "operator-hello" "operator-advice" "operator-bye" "machine-greeting";
};

const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/audio/manifest.toml"));

fn embedded() -> Library {
    let manifest = parse(MANIFEST).expect("the manifest in the binary was read by a test");
    let texts: BTreeMap<(Kind, String), String> =
        manifest.clip.into_iter().map(|entry| ((entry.kind, entry.name()), entry.text)).collect();
    let clip = |&(kind, id, audio): &(Kind, &str, &'static [u8])| {
        let key = (kind, id.to_owned());
        let text = texts.get(&key).cloned().unwrap_or_default();
        (key, Clip::new(text, Mulaw::from_static(audio)))
    };
    Library(Arc::new(SOUNDS.iter().map(clip).collect()))
}

#[cfg(test)]
mod tests;
