//! API keys: hashes and the names that people gave them.
//!
//! The key itself never reaches the store.

use async_trait::async_trait;

use crate::ports::store::{KeyRow, Keys, StoreError};
use crate::store::db::{Arg, fetch};
use crate::store::entry::storable;
use crate::store::fault::limited;
use crate::store::{OPERATION_MAX, Store};

const LIST: &str = "select name, hash from api_keys order by name, hash";
const ADD: &str = "insert into api_keys (hash, name) values ($1, $2) on conflict (hash) do nothing";
/// More than anybody has; those beyond are looked for one by one.
const ALL: &str = "select hash, name from api_keys order by hash limit 10000";
const ADD_FIRST: &str = "insert into api_keys (hash, name, first)
    select $1, $2, 1 where not exists (select 1 from api_keys) on conflict do nothing";
const REVOKE_OTHERS: &str = "delete from api_keys where name = $2 and hash <> $1";
const RENAME: &str = "update api_keys set name = $2 where hash = $1";
const REVOKE: &str = "delete from api_keys where hash = $1";
const FIND: &str = "select name from api_keys where hash = $1";

#[async_trait]
impl Keys for Store {
    async fn list(&self) -> Result<Vec<KeyRow>, StoreError> {
        let rows = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_all, (String, String), LIST) }).await?;
        Ok(rows.into_iter().map(|(name, hash)| KeyRow { name, hash }).collect())
    }

    async fn add(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        let name = storable(name);
        limited(OPERATION_MAX, self.db.execute(ADD, &[Arg::Text(hash), Arg::Text(&name)])).await?;
        Ok(())
    }

    async fn add_first(&self, name: &str, hash: &str) -> Result<bool, StoreError> {
        let name = storable(name);
        let added = limited(OPERATION_MAX, self.db.execute(ADD_FIRST, &[Arg::Text(hash), Arg::Text(&name)])).await?;
        Ok(added > 0)
    }

    async fn replace(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        let name = storable(name);
        let args = [Arg::Text(hash), Arg::Text(&name)];
        limited(OPERATION_MAX, async {
            let mut tx = self.db.begin().await?;
            for sql in [ADD, RENAME, REVOKE_OTHERS] {
                tx.execute(sql, &args).await?;
            }
            tx.commit().await
        })
        .await?;
        Ok(())
    }

    async fn revoke(&self, hash: &str) -> Result<bool, StoreError> {
        let gone = limited(OPERATION_MAX, self.db.execute(REVOKE, &[Arg::Text(hash)])).await?;
        Ok(gone > 0)
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
