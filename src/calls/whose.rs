//! Whose caller it is: the owner of the dialled number, and what the two ends of the call are.
//!
//! Trunks and SIP domains write numbers without their plus. Such digits count as a number only if it is one of ours; then
//! the same trunk means the caller's in the same way. Otherwise they stay unknown: a guess must never be called back.

use std::sync::Arc;

use crate::calls::Switchboard;
use crate::ports::door::Ring;
use crate::ports::store::OwnerUnknown;
use crate::types::org::Organization;

impl Switchboard {
    /// The organization that answers, if any, and the ring with its ends as far as they are known.
    pub(super) async fn whose(&self, ring: &Ring) -> Result<(Option<Arc<Organization>>, Ring), OwnerUnknown> {
        let orgs = &self.ports.orgs;
        let Some(guess) = &ring.guess else {
            return Ok((orgs.for_number(ring.dialled.as_ref()).await?, ring.clone()));
        };
        // For a number that nobody owns this is the default, as for none.
        let org = orgs.for_number(Some(&guess.dialled)).await?;
        if !orgs.is_ours(&guess.dialled).await {
            return Ok((org, ring.clone()));
        }
        let (caller, dialled) = (guess.caller.clone(), Some(guess.dialled.clone()));
        Ok((org, Ring { leg: ring.leg.clone(), caller, dialled, guess: None }))
    }
}
