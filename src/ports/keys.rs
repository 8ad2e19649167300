//! API keys, as the API asks for them and as they are kept: hashed, under names.

use async_trait::async_trait;

use crate::ports::store::StoreError;

/// A key of the API, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRow {
    pub name: String,
    /// SHA-256 in lower-case hex.
    pub hash: String,
}

impl KeyRow {
    /// What a key is called where its name does not tell it from another: the beginning of its hash.
    pub fn id(&self) -> &str {
        self.hash.get(..KEY_ID_CHARS).unwrap_or(&self.hash)
    }
}

/// Enough to tell the keys of one gateway apart.
const KEY_ID_CHARS: usize = 12;

/// API keys, stored hashed (SHA-256, lower-case hex).
#[async_trait]
pub trait Keys: Send + Sync {
    /// Every key, by name.
    async fn list(&self) -> Result<Vec<KeyRow>, StoreError>;

    /// Stores a key's hash under a name; an existing hash is left as it is.
    async fn add(&self, name: &str, hash: &str) -> Result<(), StoreError>;

    /// Stores the first key of all; false if there is one, also if another process stores it at this moment.
    async fn add_first(&self, name: &str, hash: &str) -> Result<bool, StoreError>;

    /// Stores the key and takes back all others of its name, in one step.
    async fn replace(&self, name: &str, hash: &str) -> Result<(), StoreError>;

    /// Takes back a key; false if there was none.
    async fn revoke(&self, hash: &str) -> Result<bool, StoreError>;

    /// The name of the key with this hash.
    async fn find(&self, hash: &str) -> Result<Option<String>, StoreError>;
}
