//! What callers can say: the speech of `fixtures/audio/callers`, in the binary, so that a demo needs no files.

use crate::types::Mulaw;

/// The clip of this name (its file's, without the ending).
pub fn clip(name: &str) -> Option<Mulaw> {
    CLIPS.iter().find(|(known, _)| *known == name).map(|(_, audio)| Mulaw::from_static(audio))
}

/// Every clip's name.
pub fn names() -> impl Iterator<Item = &'static str> {
    CLIPS.iter().map(|(name, _)| *name)
}

macro_rules! clips {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../fixtures/audio/callers/", $name, ".ulaw")))),*]
    };
}

const CLIPS: &[(&str, &[u8])] = clips![
    "caller-book",
    "caller-hours",
    "caller-name",
    "caller-number",
    "caller-prescription",
    "caller-stop",
    "caller-thanks",
    "caller-when",
    "caller-yes",
];

#[cfg(test)]
mod tests;
