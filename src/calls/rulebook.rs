//! The safety net's rules of each organization, compiled once and kept: a call must not wait for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::safety::{Extensions, Language, Rules};
use crate::session::guard::guarded;
use crate::telemetry::{Trouble, Troubles};
use crate::types::OrgId;
use crate::types::org::{Organization, SafetySettings};

/// Compiled rules by organization.
#[derive(Default)]
pub(super) struct Rulebook(Mutex<HashMap<OrgId, Page>>);

/// One organization's rules, and what they were compiled from.
struct Page {
    language: Language,
    settings: SafetySettings,
    rules: Arc<Rules>,
}

impl Rulebook {
    /// The rules of this organization as its settings are now.
    pub(super) fn of(&self, org: &Organization, troubles: &Troubles) -> Arc<Rules> {
        let language = Language::of(&org.language);
        if let Some(page) = self.lock().get(&org.id)
            && page.language == language
            && page.settings == org.safety
        {
            return Arc::clone(&page.rules);
        }
        // Outside the lock: other organizations' calls go on. Two calls may compile the same.
        let extensions = extensions(&org.safety);
        let rules = guarded(|| Rules::new(language, &extensions)).unwrap_or_else(|| {
            troubles.raise(Trouble::Panic, "phrases");
            Rules::without_phrases(&extensions)
        });
        let rules = Arc::new(rules);
        let page = Page { language, settings: org.safety.clone(), rules: Arc::clone(&rules) };
        let mut pages = self.lock();
        if pages.len() >= PAGES_MAX && !pages.contains_key(&org.id) {
            pages.clear();
        }
        pages.insert(org.id.clone(), page);
        rules
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OrgId, Page>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn extensions(settings: &SafetySettings) -> Extensions {
    Extensions {
        emergency: settings.emergency.clone(),
        high: settings.high.clone(),
        human: settings.human.clone(),
        ignore: settings.ignore.clone(),
    }
}

/// Organizations whose rules are kept; when there are more, all are compiled again as they are needed.
const PAGES_MAX: usize = 1_000;

#[cfg(test)]
mod tests;
