//! Reading escalations with their attempts: the list, those of one call, one attempt.
//!
//! An escalation is read before its attempts, so an attempt may be further on than its escalation shows, never behind.

use std::collections::HashMap;

use uuid::Uuid;

use crate::ports::store::{AttemptRow, EscalationRow, StoreError};
use crate::store::db::{Db, fetch};
use crate::store::directory::parsed;
use crate::store::fault::limited;
use crate::store::history::{small, unsigned, word};
use crate::store::{OPERATION_MAX, Store};
use crate::types::{
    AttemptId, AttemptState, CallId, Cause, EscalationState, NotDialled, OrgId, TransferMode, Urgency, Wall,
};

type EscalationTuple = (Uuid, String, i64, String, String, String, String, String, i64, i64);
type AttemptTuple = (Uuid, i64, i64, String, String, String, Option<String>, i64, i64, Option<String>, Option<i64>);

/// The states that are not final, as the partial index spells them.
macro_rules! open_states {
    () => {
        "('requested', 'dialing', 'briefing', 'merging', 'bridged')"
    };
}

/// The columns of `EscalationTuple`.
macro_rules! select_escalations {
    ($($rest:expr),+) => {
        concat!(
            "select e.call_id, e.org_id, e.no, e.state, e.cause, e.urgency, e.reason, e.summary, e.requested_at,",
            " e.changed_at from escalations e ",
            $($rest),+
        )
    };
}

/// The columns of `AttemptTuple`.
macro_rules! select_attempts {
    ($($rest:expr),+) => {
        concat!(
            "select a.call_id, a.escalation_no, a.no, a.target, a.mode, a.state, a.leg, a.intended_at, a.changed_at,",
            " a.why, a.code from escalation_attempts a ",
            $($rest),+
        )
    };
}

/// A page of the list, the attempts of that page, and how many there are in all. The page is found in an index that
/// holds nothing else: what is skipped is not read, and neither are other organizations.
struct Texts {
    page: &'static str,
    attempts: &'static str,
    count: &'static str,
}

macro_rules! texts {
    ($narrow:expr) => {
        texts!($narrow, $narrow)
    };
    ($narrow:expr, $narrow_count:expr) => {
        Texts {
            page: select_escalations!(
                page!($narrow),
                " on p.call_id = e.call_id and p.no = e.no order by e.requested_at desc, e.call_id desc, e.no desc"
            ),
            attempts: select_attempts!(
                page!($narrow),
                " on p.call_id = a.call_id and p.no = a.escalation_no order by a.call_id, a.no"
            ),
            count: concat!("select count(*) from escalations", $narrow_count),
        }
    };
}

/// `$1` rows behind `$2`; `$3` is an organization.
macro_rules! page {
    ($narrow:expr) => {
        concat!(
            "join (select call_id, no from escalations",
            $narrow,
            " order by requested_at desc, call_id desc, no desc limit $1 offset $2) p"
        )
    };
}

const ALL: Texts = texts!("");
const OPEN: Texts = texts!(concat!(" where state in ", open_states!()));
const OF_ORG: Texts = texts!(" where org_id = $3", " where org_id = $1");
const OPEN_OF_ORG: Texts = texts!(
    concat!(" where org_id = $3 and state in ", open_states!()),
    concat!(" where org_id = $1 and state in ", open_states!())
);
const OF_CALL: &str = select_escalations!("where e.call_id = $1 order by e.no");
const ATTEMPTS_OF_CALL: &str = select_attempts!("where a.call_id = $1 order by a.no");
const ONE_ATTEMPT: &str = select_attempts!("where a.call_id = $1 and a.no = $2");

impl Store {
    /// Newest first, with how many there are in all.
    pub(crate) async fn read_escalations(
        &self,
        org: Option<&OrgId>,
        open: bool,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<EscalationRow>, u64), StoreError> {
        let (limit, offset) = (i64::from(limit), i64::from(offset));
        let read = limited(OPERATION_MAX, async {
            Ok(match org.map(OrgId::as_str) {
                None => {
                    let texts = if open { OPEN } else { ALL };
                    (
                        fetch!(&self.staff, fetch_all, EscalationTuple, texts.page, limit, offset)?,
                        fetch!(&self.staff, fetch_all, AttemptTuple, texts.attempts, limit, offset)?,
                        fetch!(&self.staff, fetch_one, (i64,), texts.count)?,
                    )
                }
                Some(org) => {
                    let texts = if open { OPEN_OF_ORG } else { OF_ORG };
                    (
                        fetch!(&self.staff, fetch_all, EscalationTuple, texts.page, limit, offset, org)?,
                        fetch!(&self.staff, fetch_all, AttemptTuple, texts.attempts, limit, offset, org)?,
                        fetch!(&self.staff, fetch_one, (i64,), texts.count, org)?,
                    )
                }
            })
        });
        let (page, attempts, (total,)) = read.await?;
        Ok((together(page, attempts)?, unsigned(total)))
    }

    pub(crate) async fn read_attempt(&self, id: AttemptId) -> Result<Option<AttemptRow>, StoreError> {
        let no = i64::from(id.no);
        let found = limited(OPERATION_MAX, async {
            fetch!(&self.db, fetch_optional, AttemptTuple, ONE_ATTEMPT, id.call.0, no)
        });
        found.await?.map(attempt_row).transpose()
    }
}

/// What the database has of one call's escalations.
pub(crate) struct Fetched {
    escalations: Vec<EscalationTuple>,
    attempts: Vec<AttemptTuple>,
}

impl Fetched {
    /// Oldest first.
    pub(crate) fn rows(self) -> Result<Vec<EscalationRow>, StoreError> {
        together(self.escalations, self.attempts)
    }
}

/// Reads the escalations of one call; a part of a larger read, which has the time limit.
pub(crate) async fn fetch_of(db: &Db, call: CallId) -> Result<Fetched, sqlx::Error> {
    Ok(Fetched {
        escalations: fetch!(db, fetch_all, EscalationTuple, OF_CALL, call.0)?,
        attempts: fetch!(db, fetch_all, AttemptTuple, ATTEMPTS_OF_CALL, call.0)?,
    })
}

/// Gives each escalation its attempts, in the order in which both were read.
fn together(escalations: Vec<EscalationTuple>, attempts: Vec<AttemptTuple>) -> Result<Vec<EscalationRow>, StoreError> {
    let mut of: HashMap<(Uuid, i64), Vec<AttemptRow>> = HashMap::new();
    for attempt in attempts {
        of.entry((attempt.0, attempt.1)).or_default().push(attempt_row(attempt)?);
    }
    escalations
        .into_iter()
        .map(|escalation| {
            let attempts = of.remove(&(escalation.0, escalation.2)).unwrap_or_default();
            escalation_row(escalation, attempts)
        })
        .collect()
}

fn escalation_row(tuple: EscalationTuple, attempts: Vec<AttemptRow>) -> Result<EscalationRow, StoreError> {
    let (call, org, no, state, cause, urgency, reason, summary, requested, changed) = tuple;
    Ok(EscalationRow {
        call: CallId(call),
        org: parsed(org.parse(), "escalations.org_id")?,
        no: small(no),
        state: word(EscalationState::parse(&state), "escalations.state")?,
        cause: word(Cause::parse(&cause), "escalations.cause")?,
        urgency: word(Urgency::parse(&urgency), "escalations.urgency")?,
        reason,
        summary,
        requested_at: Wall(requested),
        changed_at: Wall(changed),
        attempts,
    })
}

fn attempt_row(tuple: AttemptTuple) -> Result<AttemptRow, StoreError> {
    let (_, escalation, no, target, mode, state, leg, intended, changed, why, code) = tuple;
    Ok(AttemptRow {
        no: small(no),
        escalation: small(escalation),
        target: parsed(target.parse(), "escalation_attempts.target")?,
        mode: word(TransferMode::parse(&mode), "escalation_attempts.mode")?,
        state: word(AttemptState::parse(&state), "escalation_attempts.state")?,
        leg: leg.map(|leg| parsed(leg.parse(), "escalation_attempts.leg")).transpose()?,
        why: why.map(|why| word(NotDialled::parse(&why), "escalation_attempts.why")).transpose()?,
        code: code.map(small),
        intended_at: Wall(intended),
        changed_at: Wall(changed),
    })
}

#[cfg(test)]
mod tests;
