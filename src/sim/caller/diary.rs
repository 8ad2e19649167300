//! What people said and when, for those who want to read along: sound alone does not tell.

use std::sync::{Arc, Mutex, PoisonError};

use crate::types::Mono;

/// One sentence of somebody on the phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    /// When it began.
    pub at: Mono,
    /// The clip's name.
    pub clip: String,
    /// A person heard it, and the gateway did not.
    pub to_person: bool,
}

/// Shared by whoever speaks and whoever reads. One for each person.
#[derive(Clone, Default, Debug)]
pub struct Diary(Arc<Mutex<Vec<Spoken>>>);

impl Diary {
    pub(super) fn note(&self, spoken: Spoken) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() < ENTRIES_MAX {
            entries.push(spoken);
        }
    }

    /// Everything after the first `known` sentences.
    pub fn after(&self, known: usize) -> Vec<Spoken> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(known..).unwrap_or_default().to_vec()
    }
}

/// More than any script has.
const ENTRIES_MAX: usize = 1000;
