//! What the carrier's answers mean, by the rules of the real adapter and desk.

use super::*;
use crate::ports::carrier::CarrierError::Gone;

impl Gateway {
    /// The rooms of one state; when all states were asked for, what was found is ended.
    pub(super) fn rooms_found(
        &mut self,
        now: Mono,
        action: Option<ActionId>,
        (room, state, mut found, mut failed): (RoomId, usize, Vec<String>, bool),
        tried: Tried,
    ) {
        let page = match tried {
            Tried::Done(body) => serde_json::from_slice::<Conferences>(&body).ok(),
            _ => None,
        };
        failed |= page.is_none();
        let live = page.map_or(Vec::new(), |page| page.live(&room.to_string()));
        found.extend(live.into_iter().filter(|sid| !found.contains(sid)).collect::<Vec<_>>());
        if state + 1 < LIVE_ROOMS.len() {
            return self.begin(now, action, What::FindRoom(room, state + 1, found, failed));
        }
        if found.is_empty() {
            return self.done(now, action, if failed { ActionResult::Failed } else { ActionResult::Done });
        }
        self.begin(now, action, What::EndRooms(found, failed));
    }

    /// What an answer means to the core.
    pub(super) fn result(&mut self, what: &What, tried: Tried) -> ActionResult {
        match (what, tried) {
            (What::EndRooms(_, true), _) => ActionResult::Failed,
            (What::HangUp(_) | What::EndRooms(..), Tried::Refused(Gone)) => ActionResult::Done,
            (What::HangUp(_) | What::Move(..) | What::FindRoom(..) | What::EndRooms(..), Tried::Done(_)) => {
                ActionResult::Done
            }
            (What::LookUp(_), Tried::Done(body)) => {
                let call: Option<Call> = serde_json::from_slice(&body).ok();
                let status = call.and_then(|call| crate::twilio::callback::leg_status(&call.status));
                status.map_or(ActionResult::Failed, ActionResult::Status)
            }
            (What::Create(attempt, _), Tried::Done(body)) => {
                let call: Option<Call> = serde_json::from_slice(&body).ok();
                match call.and_then(|call| call.sid.parse::<LegId>().ok()) {
                    Some(leg) => {
                        self.owners.entry(leg.clone()).or_insert(*attempt);
                        ActionResult::Dialled(leg)
                    }
                    None => ActionResult::Unknown,
                }
            }
            (What::Create(..), Tried::Unknown) => ActionResult::Unknown,
            (What::Create(..), Tried::Limited) => ActionResult::NotDone(NotDialled::Limited.into()),
            (What::Create(..), Tried::Unsent) => ActionResult::NotDone(NotDialled::Unreachable.into()),
            (What::Create(..), Tried::Refused(error)) => match error.dial_fault() {
                Some(fault) if fault.why.is_common() => ActionResult::NotDone(fault),
                Some(fault) => ActionResult::Refused(fault),
                None => ActionResult::Unknown,
            },
            (What::Find { attempt, since, .. }, Tried::Done(body)) => self.found(*attempt, *since, &body),
            (_, Tried::Refused(Gone)) => ActionResult::Gone,
            (_, Tried::Refused(_) | Tried::Limited | Tried::Unknown | Tried::Unsent) => ActionResult::Failed,
        }
    }

    fn found(&mut self, attempt: Option<u32>, since: Wall, body: &[u8]) -> ActionResult {
        let Ok(page) = serde_json::from_slice::<Calls>(body) else {
            return ActionResult::Failed;
        };
        let mut found: Vec<_> = page.calls.iter().filter_map(|call| call.created_since(since)).collect();
        found.retain(|found| self.owners.get(&found.leg).is_none_or(|owner| *owner == attempt));
        match found.as_slice() {
            [] => ActionResult::Gone,
            [only] => {
                self.owners.insert(only.leg.clone(), attempt);
                ActionResult::Dialled(only.leg.clone())
            }
            _ => ActionResult::Failed,
        }
    }
}
