//! Which organization a dialled number belongs to, also while the database is away.
//!
//! Each call asks the database, so that a change counts from the next call on; when it does not answer at once, what
//! was read last counts. Everything is read at start and now and then, so that the first call to a number is served too.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use crate::assistant::settings;
use crate::ports::store::{Directory, OrgLookup, OrgRow, StoreError};
use crate::types::org::Organization;
use crate::types::{OrgId, PhoneNumber};

/// The caller hears the phone ring meanwhile; a database that is well answers in a few milliseconds.
const FRESH_WAIT: Duration = Duration::from_millis(400);

/// Organizations kept in memory; more are looked up when they are called.
const ORGS_MAX: usize = 5000;

/// The directory with a memory.
pub struct OrgCache {
    directory: Arc<dyn Directory>,
    default: Option<OrgId>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    orgs: HashMap<OrgId, Arc<Organization>>,
    owners: HashMap<PhoneNumber, OrgId>,
}

impl OrgCache {
    /// `default` answers for numbers that nobody owns.
    pub fn new(directory: Arc<dyn Directory>, default: Option<OrgId>) -> Self {
        Self { directory, default, known: RwLock::default() }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// The database does not answer; what was known stays.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut fresh = Known::default();
        for row in self.directory.orgs().await?.into_iter().take(ORGS_MAX) {
            let Ok(id) = row.id.parse::<OrgId>() else { continue };
            for number in self.directory.numbers(&id).await? {
                fresh.owners.insert(number, id.clone());
            }
            fresh.orgs.insert(id, Arc::new(readable(row)));
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Asks the database.
    async fn fresh(&self, dialled: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, StoreError> {
        let owner = match dialled {
            Some(number) => self.directory.owner(number).await?,
            None => None,
        };
        let Some(id) = owner.clone().or_else(|| self.default.clone()) else {
            return Ok(None);
        };
        let org = match self.directory.org(&id).await {
            Ok(row) => Arc::new(readable(row)),
            Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.orgs.len() < ORGS_MAX || known.orgs.contains_key(&id) {
            known.orgs.insert(id, org.clone());
        }
        if let (Some(number), Some(owner)) = (dialled, owner)
            && known.orgs.contains_key(&owner)
        {
            known.owners.insert(number.clone(), owner);
        }
        Ok(Some(org))
    }

    fn remembered(&self, dialled: Option<&PhoneNumber>) -> Option<Arc<Organization>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let owner = dialled.and_then(|number| known.owners.get(number)).or(self.default.as_ref())?;
        known.orgs.get(owner).cloned()
    }
}

#[async_trait]
impl OrgLookup for OrgCache {
    async fn for_number(&self, dialled: Option<&PhoneNumber>) -> Option<Arc<Organization>> {
        match timeout(FRESH_WAIT, self.fresh(dialled)).await {
            Ok(Ok(org)) => org,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the directory cannot be read; what was read before counts");
                self.remembered(dialled)
            }
            Err(_) => {
                tracing::warn!("the directory takes too long; what was read before counts");
                self.remembered(dialled)
            }
        }
    }

    async fn by_id(&self, id: &OrgId) -> Option<Arc<Organization>> {
        match timeout(FRESH_WAIT, self.directory.org(id)).await {
            Ok(Ok(row)) => Some(Arc::new(readable(row))),
            Ok(Err(_)) | Err(_) => {
                let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
                known.orgs.get(id).cloned()
            }
        }
    }

    /// From memory alone: a dial is about to be made, and lies on the way to somebody who needs help.
    /// From memory alone: a phone waits to be rung. A number that was assigned since the last refresh is missed.
    async fn is_ours(&self, number: &PhoneNumber) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).owners.contains_key(number)
    }
}

/// A row as calls use it. One with settings that cannot be read, which only another program can have written, answers
/// with its name and the defaults: the caller is served, and the log says why.
fn readable(row: OrgRow) -> Organization {
    let problems = match settings::organization(&row) {
        Ok(org) => return org,
        Err(problems) => problems,
    };
    for problem in &problems {
        tracing::error!(org = row.id, at = problem.pointer, "a setting of this organization cannot be read");
    }
    let name = if row.name.trim().is_empty() { row.id.clone() } else { row.name };
    let bare = OrgRow { id: row.id, name, ..OrgRow::default() };
    settings::organization(&bare).unwrap_or_else(|_| {
        let nameless = OrgRow { id: "unnamed".to_owned(), name: "the office".to_owned(), ..OrgRow::default() };
        settings::organization(&nameless).expect("an organization with an id and a name has nothing to refuse")
    })
}

#[cfg(test)]
mod tests;
