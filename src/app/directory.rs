//! Which organization a dialled number belongs to, also while the database is away.
//!
//! Each call asks the database, so that a change counts from the next call on; when it does not answer at once, what
//! was read last counts. Everything is read at start and now and then, so that the first call to a number is served too.
//! A number that memory does not know may have been given to somebody since: the default answers for it only if the
//! database says that nobody owns it, or said so when everything was read last and is away now.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use crate::assistant::settings;
use crate::ports::store::{Directory, OrgLookup, OrgRow, OwnerUnknown, StoreError};
use crate::types::org::Organization;
use crate::types::{OrgId, PhoneNumber};

/// The caller hears the phone ring meanwhile; a database that is well answers in a few milliseconds.
const FRESH_WAIT: Duration = Duration::from_millis(400);

/// The same for a number that memory does not know: nobody else can tell whose caller it is.
const OWNER_WAIT: Duration = Duration::from_millis(600);

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
    /// Everything was read: a number that is not among `owners` had none.
    complete: bool,
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
        let rows = self.directory.orgs().await?;
        fresh.complete = rows.len() <= ORGS_MAX;
        for row in rows.into_iter().take(ORGS_MAX) {
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
        if let (Some(number), None) = (dialled, &owner) {
            // What was known of it is not true any more.
            self.known.write().unwrap_or_else(PoisonError::into_inner).owners.remove(number);
        }
        if let (Some(number), Some(owner)) = (dialled, &owner) {
            // Also if the organization cannot be read now: the number is somebody's.
            self.known.write().unwrap_or_else(PoisonError::into_inner).owners.insert(number.clone(), owner.clone());
        }
        let Some(id) = owner.or_else(|| self.default.clone()) else {
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
        Ok(Some(org))
    }

    /// Memory knows the number's owner, and what it knew last of that organization.
    fn owner_in_memory(&self, dialled: Option<&PhoneNumber>) -> Option<Arc<Organization>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.orgs.get(known.owners.get(dialled?)?).cloned()
    }

    /// The default, for a number that nobody owned when everything was read, or for none at all.
    fn default_in_memory(&self, dialled: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, OwnerUnknown> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_nobodys = dialled.is_none_or(|number| known.complete && !known.owners.contains_key(number));
        if !is_nobodys {
            return Err(OwnerUnknown);
        }
        match &self.default {
            Some(default) => known.orgs.get(default).cloned().map(Some).ok_or(OwnerUnknown),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl OrgLookup for OrgCache {
    async fn for_number(&self, dialled: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, OwnerUnknown> {
        let mut reading = pin!(self.fresh(dialled));
        let mut read = timeout(FRESH_WAIT, reading.as_mut()).await;
        if !matches!(read, Ok(Ok(_)))
            && let Some(owner) = self.owner_in_memory(dialled)
        {
            tracing::warn!("the directory does not answer; what was read before counts");
            return Ok(Some(owner));
        }
        if read.is_err() {
            read = timeout(OWNER_WAIT, reading).await;
        }
        match read {
            Ok(Ok(org)) => Ok(org),
            // Away: since everything was read, a minute ago at most, hardly anybody was given the number.
            Ok(Err(error)) => {
                tracing::warn!(%error, "the directory cannot be read; what was read before counts");
                self.default_in_memory(dialled)
            }
            // Slow: somebody may have been.
            Err(_) if dialled.is_none() => self.default_in_memory(None),
            Err(_) => {
                tracing::warn!("the directory takes too long, and nobody else knows whose number it is");
                Err(OwnerUnknown)
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

    /// From memory alone: a phone waits to be rung. A number that was assigned since the last refresh is missed.
    async fn is_ours(&self, number: &PhoneNumber) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).owners.contains_key(number)
    }

    /// The first of several, so that a person who is rung sees the same one every time.
    fn number_of(&self, org: &OrgId) -> Option<PhoneNumber> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.owners.iter().filter(|(_, owner)| *owner == org).map(|(number, _)| number).min().cloned()
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
