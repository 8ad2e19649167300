//! API keys: hashes and the names that people gave them.
//!
//! The key itself never reaches the store.

use async_trait::async_trait;

use crate::ports::store::{Keys, StoreError};
use crate::store::db::{Arg, fetch};
use crate::store::entry::storable;
use crate::store::fault::limited;
use crate::store::{OPERATION_MAX, Store};

const ANY: &str = "select hash from api_keys limit 1";
const ADD: &str = "insert into api_keys (hash, name) values ($1, $2) on conflict (hash) do nothing";
/// More than anybody has; those beyond are looked for one by one.
const ALL: &str = "select hash, name from api_keys order by hash limit 10000";
const FIND: &str = "select name from api_keys where hash = $1";

#[async_trait]
impl Keys for Store {
    async fn any(&self) -> Result<bool, StoreError> {
        let found = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, (String,), ANY) }).await?;
        Ok(found.is_some())
    }

    async fn add(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        let name = storable(name);
        limited(OPERATION_MAX, self.db.execute(ADD, &[Arg::Text(hash), Arg::Text(&name)])).await?;
        Ok(())
    }

    async fn find(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let found = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, (String,), FIND, hash) }).await?;
        Ok(found.map(|(name,)| name))
    }
}

impl Store {
    /// Every key: hash and name.
    pub(crate) async fn key_hashes(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_all, (String, String), ALL) });
        Ok(rows.await?)
    }
}
