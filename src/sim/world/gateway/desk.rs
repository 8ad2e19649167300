//! Requests to the carrier, as the shell makes them: its own forms, paths and documents, and its rules for repeating.
//!
//! A create whose outcome is unknown is never repeated. What is answered after the call is over is ended as a stray.

mod choke;
mod request;
mod results;

pub(super) use request::encoded;

use std::time::Duration;

use crate::dialling::Destination;
use crate::net::CONNECT_WAIT;
use crate::ports::carrier::{DialOrder, Purpose, Script};
use crate::session::document::Document;
use crate::session::effect::{ActionId, CarrierEffect, Dial, Record};
use crate::session::input::{ActionResult, LegStatus};
use crate::session::plant::planted;
use crate::sim::carrier::rest::{RestAnswer, RestRequest};
use crate::sim::world::gateway::desk::choke::not_permitted;
use crate::sim::world::gateway::{Gateway, Later, Learned, ToWorld, account, call_id};
use crate::twilio::rest::request::{Tried, judge_code};
use crate::twilio::rest::wire::{Call, Calls, Conferences, LIVE_ROOMS, creation};
use crate::types::{AttemptId, DialFault, LegId, Mono, NotDialled, PhoneNumber, RoomId, Secret, Urgency, Wall};

/// A request that is not answered is given up after this, as the client does.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Stands for the status of a request that had no connection.
const UNSENT: u16 = 1;
const BACKOFF: Duration = Duration::from_millis(100);
const LIMITED_TRIES_MAX: u32 = 5;
const UNKNOWN_TRIES_MAX: u32 = 3;

/// The carrier's clock tells whole seconds.
const CLOCKS_APART: i64 = 2_000_000;

/// What one effect became.
#[derive(Clone)]
pub(in crate::sim::world) struct Errand {
    /// `None`: a stray leg, of which the core knows nothing.
    action: Option<ActionId>,
    what: What,
    limited: u32,
    failed: u32,
    began: Mono,
}

#[derive(Clone)]
enum What {
    HangUp(LegId),
    LookUp(LegId),
    /// `None`: the party of an outbound call.
    Create(Option<u32>, Vec<(&'static str, String)>),
    Find {
        attempt: Option<u32>,
        query: Vec<(&'static str, String)>,
        since: Wall,
    },
    Move(LegId, String),
    /// The room, how many states were listed before, what was found, and whether a list failed.
    FindRoom(RoomId, usize, Vec<String>, bool),
    /// Whether something before failed.
    EndRooms(Vec<String>, bool),
}

/// One request, for the books.
#[derive(Clone, Debug)]
pub(in crate::sim::world) struct Asked {
    pub(in crate::sim::world) at: Mono,
    pub(in crate::sim::world) for_what: AskedFor,
    /// The intent of a create, and of a document that dials, was on disk.
    pub(in crate::sim::world) covered: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::sim::world) enum AskedFor {
    Create(Option<u32>),
    /// A document that dials, given as an answer or by request.
    Cold(u32),
    HangUp(LegId),
    Move(LegId),
    Other,
}

impl Gateway {
    pub(super) fn ask_carrier(&mut self, now: Mono, action: ActionId, effect: CarrierEffect) {
        let what = match effect {
            CarrierEffect::HangUp(leg) => What::HangUp(leg),
            CarrierEffect::LookUp(leg) => What::LookUp(leg),
            CarrierEffect::Dial(dial) => return self.dial(now, action, &dial),
            CarrierEffect::DialOut { ring, time_limit } => return self.dial_out(now, action, ring, time_limit),
            CarrierEffect::FindDialled(dial) => return self.find(now, action, dial.as_ref()),
            CarrierEffect::Redirect { leg, document } => match self.script(now, document) {
                Ok(script) => What::Move(leg, self.documents.write(&script)),
                Err(fault) => return self.done(now, Some(action), ActionResult::Refused(fault)),
            },
            CarrierEffect::EndRoom { escalation } => {
                What::FindRoom(RoomId { call: call_id(self.settings.seed), escalation }, 0, Vec::new(), false)
            }
        };
        self.begin(now, Some(action), what);
    }

    /// Ends a leg that belongs to nobody.
    pub(super) fn end_stray(&mut self, now: Mono, leg: LegId) {
        self.begin(now, None, What::HangUp(leg));
    }

    /// A document with all that is needed to write it.
    ///
    /// # Errors
    /// It dials, and the number may not be called.
    pub(super) fn script(&mut self, now: Mono, document: Document) -> Result<Script, DialFault> {
        let mut cold = None;
        match &document {
            Document::Connect => self.mint(),
            Document::Cold { attempt, target, urgency, .. } => {
                let covered = self.is_intended(now, Some(*attempt));
                self.asked.push(Asked { at: now, for_what: AskedFor::Cold(*attempt), covered });
                let to = self.permit(now, Destination::Target(target), *urgency)?;
                cold = Some((to, self.settings.ours()));
            }
            Document::Briefing { text, .. } => {
                if text.chars().count() > 600 || text.chars().any(char::is_control) {
                    self.indiscretions.push((now, format!("a briefing of {} characters", text.chars().count())));
                }
            }
            Document::HangUp
            | Document::AskAgain
            | Document::Apologise
            | Document::Room(_)
            | Document::Voicemail { .. }
            | Document::Gate { .. }
            | Document::Proceed
            | Document::Goodbye(_)
            | Document::Message(_) => {}
        }
        let ticket = self.ticket.clone().filter(|_| document == Document::Connect).map(Secret::new);
        Ok(Script {
            call: call_id(self.settings.seed),
            document,
            org_name: "Riverside Clinic".into(),
            language: "en".into(),
            emergency: "".into(),
            ticket,
            cold,
        })
    }

    fn dial(&mut self, now: Mono, action: ActionId, dial: &Dial) {
        let to = match self.permit(now, Destination::Target(&dial.target), dial.urgency) {
            Ok(to) => to,
            Err(why) => return self.done(now, Some(action), not_permitted(why)),
        };
        let purpose = Purpose::Attempt(AttemptId { call: call_id(self.settings.seed), no: dial.attempt });
        let (ring, time_limit) = (dial.ring, dial.time_limit);
        let order = DialOrder { to, from: self.settings.ours(), purpose, ring, time_limit };
        let mut form = creation(&order, &self.documents);
        if planted!(self.settings.policy, DialsWhatIsSaid)
            && let Some(said) = self.said_number()
        {
            form[0].1 = said;
        }
        self.begin(now, Some(action), What::Create(Some(dial.attempt), form));
    }

    fn dial_out(&mut self, now: Mono, action: ActionId, ring: Duration, time_limit: Duration) {
        let party = self.settings.party();
        let to = match self.permit(now, Destination::Number(&party), Urgency::Low) {
            Ok(to) => to,
            Err(why) => return self.done(now, Some(action), not_permitted(why)),
        };
        let purpose = Purpose::Outbound(call_id(self.settings.seed));
        let order = DialOrder { to, from: self.settings.ours(), purpose, ring, time_limit };
        let form = creation(&order, &self.documents);
        self.begin(now, Some(action), What::Create(None, form));
    }

    fn find(&mut self, now: Mono, action: ActionId, dial: Option<&Dial>) {
        let attempt = dial.map(|dial| dial.attempt);
        let known = self.owners.iter().find(|(_, owner)| **owner == attempt).map(|(leg, _)| leg.clone());
        if let Some(leg) = known {
            return self.done(now, Some(action), ActionResult::Dialled(leg));
        }
        let to = match dial {
            Some(dial) => self.settings.number_of(&dial.target),
            None => Some(self.settings.party()),
        };
        let Some(to) = to else {
            return self.done(now, Some(action), ActionResult::Failed);
        };
        let intended = |record: &Record| match (record, attempt) {
            (Record::Attempt(fact), Some(no)) => fact.no == no,
            (Record::Opened(_), None) => true,
            _ => false,
        };
        let at = self.records.iter().find(|(_, record)| intended(record)).map_or(self.opened_at, |(at, _)| *at);
        let since = Wall(self.clock(at).wall.0 - CLOCKS_APART);
        let from = self.settings.ours();
        let query =
            vec![("To", to.e164().to_owned()), ("From", from.e164().to_owned()), ("PageSize", "100".to_owned())];
        self.begin(now, Some(action), What::Find { attempt, query, since });
    }

    /// A number in somebody's words: only a planted bug wants it.
    fn said_number(&self) -> Option<String> {
        self.records.iter().rev().find_map(|(_, record)| match record {
            Record::Escalation(fact) => {
                let words = format!("{} {}", fact.reason, fact.summary);
                words.split_whitespace().find(|word| word.parse::<PhoneNumber>().is_ok()).map(str::to_owned)
            }
            _ => None,
        })
    }

    fn begin(&mut self, now: Mono, action: Option<ActionId>, what: What) {
        if let What::Move(leg, _) = &what {
            let other = |errand: &Errand| matches!(&errand.what, What::Move(moved, _) if moved == leg);
            if self.errands.values().any(other) {
                self.overtaken.push(now);
            }
        }
        let no = self.next_errand;
        self.next_errand += 1;
        self.errands.insert(no, Errand { action, what, limited: 0, failed: 0, began: now });
        self.send_errand(now, no);
    }

    pub(super) fn send_errand(&mut self, now: Mono, no: u32) {
        let Some(errand) = self.errands.get(&no) else {
            return;
        };
        let (method, path, query, form) = errand.what.request();
        let for_what = match &errand.what {
            What::Create(attempt, _) => AskedFor::Create(*attempt),
            What::HangUp(leg) => AskedFor::HangUp(leg.clone()),
            What::Move(leg, _) => AskedFor::Move(leg.clone()),
            What::LookUp(_) | What::Find { .. } | What::FindRoom(..) | What::EndRooms(..) => AskedFor::Other,
        };
        // Each request has a connection of its own, as the client's have.
        let own = self.asked.len() as u64 + 1;
        let connection = if planted!(self.settings.policy, KeepsConnections) { 0 } else { own };
        let covered = match &for_what {
            AskedFor::Create(attempt) => self.is_intended(now, *attempt),
            AskedFor::Cold(_) | AskedFor::HangUp(_) | AskedFor::Move(_) | AskedFor::Other => true,
        };
        self.asked.push(Asked { at: now, for_what, covered });
        let query = if query.is_empty() { String::new() } else { format!("?{}", encoded(&query)) };
        let path = format!("/2010-04-01/Accounts/{}{path}{query}", account());
        let request =
            RestRequest { method: method.to_owned(), path, authorization: None, connection, body: encoded(&form) };
        self.out.push_back(ToWorld::Rest { no, request });
    }

    /// The carrier's answer is on its way, or never comes.
    pub(in crate::sim::world) fn rest_answered(&mut self, now: Mono, no: u32, answer: &RestAnswer) {
        // What an earlier process asked is answered to nobody.
        if !self.alive || !self.errands.contains_key(&no) {
            return;
        }
        let (after, status) = match answer {
            RestAnswer { unsent: true, .. } => (CONNECT_WAIT, UNSENT),
            RestAnswer { lost: true, .. } => (TIMEOUT, 0),
            RestAnswer { after, status, .. } => (*after, *status),
        };
        self.later.add(now + after, Later::RestAnswered(no, status, answer.body.clone()));
    }

    pub(super) fn errand_answered(&mut self, now: Mono, no: u32, status: u16, body: &str) {
        let Some(mut errand) = self.errands.remove(&no) else {
            return;
        };
        let tried = if status == UNSENT { Tried::Unsent } else { judge_code(status, body.as_bytes().to_vec()) };
        errand.limited += u32::from(matches!(tried, Tried::Limited));
        errand.failed += u32::from(matches!(tried, Tried::Unknown | Tried::Unsent));
        let is_create = matches!(errand.what, What::Create(..));
        let freely = !is_create && !matches!(errand.what, What::Move(..));
        let pause = BACKOFF * (1 << (errand.limited + errand.failed).saturating_sub(1).min(8));
        let again = match tried {
            Tried::Limited => {
                let too_late = is_create && now.since(errand.began) + pause >= TIMEOUT;
                errand.limited < LIMITED_TRIES_MAX && !too_late
            }
            Tried::Unsent if !freely && !is_create => errand.failed < 2,
            Tried::Unknown | Tried::Unsent => freely && errand.failed < UNKNOWN_TRIES_MAX,
            Tried::Done(_) | Tried::Refused(_) => false,
        };
        if again {
            self.errands.insert(no, errand);
            self.later.add(now + pause, Later::RestAgain(no));
            return;
        }
        if let What::FindRoom(room, state, found, failed) = errand.what {
            return self.rooms_found(now, errand.action, (room, state, found, failed), tried);
        }
        if let What::EndRooms(rooms, failed) = &errand.what
            && rooms.len() > 1
        {
            let failed = *failed || self.result(&errand.what, tried) != ActionResult::Done;
            return self.begin(now, errand.action, What::EndRooms(rooms[1..].to_vec(), failed));
        }
        let result = self.result(&errand.what, tried);
        let tells = matches!(errand.what, What::HangUp(_) | What::LookUp(_)) || result == ActionResult::Gone;
        if let (Some(leg), true) = (errand.what.about().cloned(), tells) {
            self.learn_from(now, &leg, &result);
        }
        if let (ActionResult::Dialled(leg), What::Create(Some(no), _) | What::Find { attempt: Some(no), .. }) =
            (&result, &errand.what)
        {
            self.learned.push((now, Learned::Operator(*no, leg.clone())));
        }
        self.done(now, errand.action, result);
    }

    fn done(&mut self, now: Mono, action: Option<ActionId>, result: ActionResult) {
        let Some(action) = action else {
            return;
        };
        if let (ActionResult::Dialled(leg), true) = (&result, self.over) {
            return self.end_stray(now, leg.clone());
        }
        // Never within the step that asked.
        self.later.add(now, Later::RestResult(action, result));
    }

    /// What a result tells about who is still there.
    pub(super) fn learn_from(&mut self, now: Mono, leg: &LegId, result: &ActionResult) {
        let gone = match result {
            ActionResult::Done | ActionResult::Gone => true,
            ActionResult::Status(status) => status.is_terminal(),
            ActionResult::Failed
            | ActionResult::Dialled(_)
            | ActionResult::Refused(_)
            | ActionResult::NotDone(_)
            | ActionResult::Unknown => false,
        };
        if gone {
            self.leg_gone(now, leg, LegStatus::Completed);
        }
    }

    /// Somebody told that a leg has ended.
    pub(super) fn leg_gone(&mut self, now: Mono, leg: &LegId, status: LegStatus) {
        if !status.is_terminal() {
            return;
        }
        let learned =
            if self.leg.as_ref() == Some(leg) { Learned::CallerGone } else { Learned::OperatorGone(leg.clone()) };
        self.learned.push((now, learned));
    }
}
