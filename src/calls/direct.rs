//! Callers who are connected with a person at once, because nothing can be written down now.
//!
//! "All our lines are busy" is no answer for as long as a disk stays full, and a dial by the caller's own leg needs
//! neither a record nor a request.

use metrics::counter;

use crate::calls::known::Who;
use crate::calls::route::Switchboard;
use crate::ports::door::Answer;
use crate::session::input::Question;
use crate::telemetry::Trouble;
use crate::types::CallId;
use crate::types::org::Organization;

impl Switchboard {
    /// Nothing can be written down, and somebody of the organization can be rung. What such calls leave behind waits in
    /// memory, so there is a limit to them.
    pub(super) fn may_connect_directly(&self, org: &Organization) -> bool {
        let now = self.ports.clock.now().wall;
        let people = (self.settings.people)(org, now);
        people.targets.iter().any(|target| target.hours.is_open(now)) && self.tasks.len() < UNWRITTEN_MAX
    }

    /// The caller's own leg dials, by the answer to its first webhook.
    pub(super) async fn connect_directly(&self, call: CallId, begun: Answer) -> Answer {
        if !matches!(begun, Answer::Connect { .. }) {
            return begun;
        }
        counter!("switchboard_calls_direct_total").increment(1);
        self.ports.troubles.raise(Trouble::RecordsInMemory, "journal_full");
        match self.ask_known(Who::Call(call), Question::AfterStream).await {
            Some(script) => Answer::Follow(Box::new(script)),
            None => begun,
        }
    }
}

/// Tasks of calls, those included that only wait for the journal, beyond which nobody is connected unwritten.
const UNWRITTEN_MAX: usize = 5_000;
