//! What may be dialled, and when: the choke point as the shell asks it, and the intent that has to be on disk before.

use super::*;
use crate::dialling::{DialRequest, Permitted};
use crate::types::org::{EscalationSettings, OutboundSettings};

impl Gateway {
    /// The choke point.
    pub(super) fn permit(&mut self, now: Mono, to: Destination<'_>, urgency: Urgency) -> Result<Permitted, NotDialled> {
        let (ours, party) = (self.settings.ours(), self.settings.party());
        let is_emergency = urgency == Urgency::Emergency;
        let urgency = if planted!(self.settings.policy, SharesBudget) { Urgency::Low } else { urgency };
        let none = EscalationSettings::default();
        let crew = self.settings.crew.as_ref();
        let request = DialRequest {
            org: &"demo".parse().expect("a constant id"),
            escalation: crew.map_or(&none, |crew| &crew.escalation),
            outbound: &OutboundSettings { enabled: true, ..OutboundSettings::default() },
            call: call_id(self.settings.seed),
            urgency,
            shown: Some(&ours),
            caller: matches!(to, Destination::Target(_)).then_some(&party),
            to,
            is_ours: &|number| *number == ours,
            at_us: now.0,
        };
        let permitted = self.dials.permit(&request);
        if let Err(why) = permitted
            && is_emergency
            && why.is_common()
            && why != NotDialled::EmergencyFull
        {
            self.held_up.push((now, why));
        }
        permitted
    }

    /// The row that must exist before anything rings is on disk. An emergency waits two seconds for that.
    pub(super) fn is_intended(&self, now: Mono, attempt: Option<u32>) -> bool {
        let intends = |record: &Record| match (record, attempt) {
            (Record::Attempt(fact), Some(no)) => fact.no == no,
            (Record::Opened(_), None) => true,
            _ => false,
        };
        let Some(index) = self.records.iter().position(|(_, record)| intends(record)) else {
            return false;
        };
        let (at, record) = &self.records[index];
        let escalation = match record {
            Record::Attempt(fact) => fact.escalation,
            _ => 0,
        };
        let is_emergency = self.records.iter().any(|(_, record)| match record {
            Record::Escalation(fact) => fact.no == escalation && fact.urgency == Urgency::Emergency,
            Record::EscalationRaised(raised) => raised.no == escalation && raised.urgency == Urgency::Emergency,
            _ => false,
        });
        let waited = now.since(*at) + Duration::from_millis(1) >= self.settings.policy.commit_wait;
        index < self.durable as usize || is_emergency && waited
    }
}

/// What the choke point's no means to the call.
pub(super) fn not_permitted(why: NotDialled) -> ActionResult {
    if why.is_common() { ActionResult::NotDone(why.into()) } else { ActionResult::Refused(why.into()) }
}
