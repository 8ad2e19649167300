//! Organizations and the numbers they own.
//!
//! Rows hold what was written, as text; what it means is read elsewhere.

use async_trait::async_trait;

use crate::ports::store::{Directory, OrgRow, StoreError};
use crate::store::db::{Arg, fetch};
use crate::store::entry::storable;
use crate::store::fault::{Fault, limited};
use crate::store::{OPERATION_MAX, Store};
use crate::types::{OrgId, PhoneNumber};

type OrgTuple = (String, String, String, String, String, String, String);

const ONE_ORG: &str = "
    select id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config
    from organizations where id = $1";

const ALL_ORGS: &str = "
    select id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config
    from organizations order by id";

const UPDATE_ORG: &str = "
    update organizations set
        name = $2, business_hours = $3, after_hours_policy = $4, services_offered = $5, escalation_phone = $6, config = $7
    where id = $1";

const CREATE_ORG: &str = "
    insert into organizations
        (id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (id) do nothing";

const ASSIGN_NUMBER: &str = "
    insert into phone_numbers (number, org_id) values ($1, $2)
    on conflict (number) do update set org_id = excluded.org_id";

const OWNER: &str = "select org_id from phone_numbers where number = $1";

const NUMBERS: &str = "select number from phone_numbers where org_id = $1 order by number";

#[async_trait]
impl Directory for Store {
    async fn org(&self, id: &OrgId) -> Result<OrgRow, StoreError> {
        let found = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, OrgTuple, ONE_ORG, id.as_str()) });
        found.await?.map(org_row).ok_or(StoreError::NotFound)
    }

    async fn update_org(&self, row: &OrgRow) -> Result<(), StoreError> {
        if self.write_org(UPDATE_ORG, row).await? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
    }

    async fn create_org(&self, row: &OrgRow) -> Result<(), StoreError> {
        self.write_org(CREATE_ORG, row).await?;
        Ok(())
    }

    async fn orgs(&self) -> Result<Vec<OrgRow>, StoreError> {
        let rows = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_all, OrgTuple, ALL_ORGS) }).await?;
        Ok(rows.into_iter().map(org_row).collect())
    }

    async fn assign_number(&self, number: &PhoneNumber, org: &OrgId) -> Result<(), StoreError> {
        let args = [Arg::Text(number.e164()), Arg::Text(org.as_str())];
        match limited(OPERATION_MAX, self.db.execute(ASSIGN_NUMBER, &args)).await {
            Ok(_) => Ok(()),
            Err(Fault::Refused { missing_parent: true, .. }) => Err(StoreError::NotFound),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn owner(&self, number: &PhoneNumber) -> Result<Option<OrgId>, StoreError> {
        let found = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_optional, (String,), OWNER, number.e164()) });
        found.await?.map(|(id,)| parsed(id.parse(), "phone_numbers.org_id")).transpose()
    }

    async fn numbers(&self, org: &OrgId) -> Result<Vec<PhoneNumber>, StoreError> {
        let rows = limited(OPERATION_MAX, async { fetch!(&self.db, fetch_all, (String,), NUMBERS, org.as_str()) });
        rows.await?.into_iter().map(|(number,)| parsed(number.parse(), "phone_numbers.number")).collect()
    }
}

impl Store {
    async fn write_org(&self, sql: &'static str, row: &OrgRow) -> Result<u64, Fault> {
        let columns = [
            storable(&row.id),
            storable(&row.name),
            storable(&row.business_hours),
            storable(&row.after_hours_policy),
            storable(&row.services_offered),
            storable(&row.escalation_phone),
            storable(&row.config),
        ];
        let args: Vec<_> = columns.iter().map(|column| Arg::Text(column)).collect();
        limited(OPERATION_MAX, self.db.execute(sql, &args)).await
    }
}

fn org_row(tuple: OrgTuple) -> OrgRow {
    let (id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config) = tuple;
    OrgRow { id, name, business_hours, after_hours_policy, services_offered, escalation_phone, config }
}

/// A column that somebody else wrote and that is not what we write there. Names the column, never its content.
#[derive(Debug, thiserror::Error)]
#[error("unreadable value in {0}")]
struct Unreadable(&'static str);

/// Turns a column that cannot be parsed into an error that names it.
pub(crate) fn parsed<T, E>(result: Result<T, E>, column: &'static str) -> Result<T, StoreError> {
    result.map_err(|_| StoreError::Database(Box::new(Unreadable(column))))
}
