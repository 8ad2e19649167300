//! The keys of the API in memory: staff command live calls also while the database is away.
//!
//! What was read last counts until it is read again, every few seconds. A key that memory does not know is looked for in
//! the database, so a new one works at once, wherever it was made.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use crate::ports::store::{KeyRow, Keys, StoreError};
use crate::store::Store;

pub(super) struct KeyRing {
    store: Store,
    /// Names, by hash.
    known: RwLock<HashMap<String, String>>,
}

impl KeyRing {
    pub(super) fn new(store: Store) -> Self {
        Self { store, known: RwLock::default() }
    }

    /// Reads every key: one that was taken back is forgotten.
    ///
    /// # Errors
    /// The database does not answer; what was known stays.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        let fresh = self.store.key_hashes().await?.into_iter().collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn known(&self, hash: &str) -> Option<String> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn learn(&self, hash: &str, name: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(hash.to_owned()).or_insert_with(|| name.to_owned());
    }
}

#[async_trait]
impl Keys for KeyRing {
    async fn list(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.store.list().await
    }

    async fn add(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        self.store.add(name, hash).await?;
        self.learn(hash, name);
        Ok(())
    }

    async fn add_first(&self, name: &str, hash: &str) -> Result<bool, StoreError> {
        let is_first = self.store.add_first(name, hash).await?;
        if is_first {
            self.learn(hash, name);
        }
        Ok(is_first)
    }

    async fn replace(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        self.store.replace(name, hash).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, other| other != name);
        known.insert(hash.to_owned(), name.to_owned());
        Ok(())
    }

    async fn revoke(&self, hash: &str) -> Result<bool, StoreError> {
        let was_there = self.store.revoke(hash).await?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(hash);
        Ok(was_there)
    }

    async fn find(&self, hash: &str) -> Result<Option<String>, StoreError> {
        if let Some(name) = self.known(hash) {
            return Ok(Some(name));
        }
        let found = self.store.find(hash).await?;
        if let Some(name) = &found {
            self.learn(hash, name);
        }
        Ok(found)
    }
}
