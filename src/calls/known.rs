//! What the database knows of a leg or a call that this process does not have.
//!
//! It may be of an earlier process, or of one beside this one, which is left alone.

use std::time::Duration;

use tokio::time::timeout;

use crate::calls::route::Switchboard;
use crate::ports::store::StoreError;
use crate::types::{CallId, LegId};

/// What the history knows of a leg.
pub(super) enum Known {
    New,
    /// An earlier process took the call, and it has no outcome yet.
    Unfinished,
    /// A process beside this one has the call.
    Elsewhere,
    Ended,
}

/// Whom a question is about.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// The call of this caller's leg.
    Leg(&'a LegId),
    Call(CallId),
}

impl Switchboard {
    /// What the history knows of a leg. One that does not answer does not keep the phone ringing.
    pub(super) async fn known(&self, leg: &LegId) -> Known {
        let history = &self.ports.history;
        let looked = timeout(HISTORY_LOOKUP_MAX, async {
            Ok::<_, StoreError>(match history.by_leg(leg).await? {
                None => Known::New,
                Some(row) if row.outcome.is_some() => Known::Ended,
                Some(row) if history.is_elsewhere(row.id).await? => Known::Elsewhere,
                Some(_) => Known::Unfinished,
            })
        });
        match looked.await {
            Ok(Ok(known)) => known,
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot look a leg up; it is taken for a new one");
                Known::New
            }
            Err(_) => {
                tracing::warn!("the look-up of a leg takes too long; it is taken for a new one");
                Known::New
            }
        }
    }

    /// Whether another process has the call. A database that does not answer knows of none.
    pub(super) async fn is_elsewhere(&self, who: Who<'_>) -> bool {
        let history = &self.ports.history;
        let looked = timeout(HISTORY_LOOKUP_MAX, async {
            let call = match who {
                Who::Leg(leg) => match history.by_leg(leg).await? {
                    Some(row) if row.outcome.is_none() => row.id,
                    Some(_) | None => return Ok(false),
                },
                Who::Call(call) => call,
            };
            history.is_elsewhere(call).await
        });
        let looked: Result<Result<bool, StoreError>, _> = looked.await;
        matches!(looked, Ok(Ok(true)))
    }
}

/// A database that is slower than this is not waited for: the caller hears the phone ring meanwhile.
pub(super) const HISTORY_LOOKUP_MAX: Duration = Duration::from_millis(500);
