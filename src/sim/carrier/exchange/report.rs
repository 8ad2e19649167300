//! What an exchange knows when it is asked: who was connected with whom and when, what was dialled, who is still there.
//!
//! Invariants are judged from this alone: numbers dialled, machines connected, legs without an owner.

use crate::sim::carrier::company::{CallEnd, Moment};
use crate::sim::carrier::exchange::rooms::RoomState;
use crate::sim::carrier::exchange::{Exchange, LegNo};
use crate::sim::carrier::wire::Violation;
use crate::types::{LegId, Mono};

/// Two or more who heard each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bridge {
    /// The room's name; empty for a `<Dial>` with a number.
    pub room: String,
    /// In the order in which they came.
    pub legs: Vec<LegId>,
    pub from: Mono,
    /// `None`: they still do.
    pub to: Option<Mono>,
}

/// A number that was dialled for the gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialled {
    pub at: Mono,
    pub number: String,
    pub leg: LegId,
    pub by: DialledBy,
}

/// How it was dialled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DialledBy {
    /// By a REST request.
    Request,
    /// By a document of this leg.
    Number(LegId),
}

/// One leg, without its sound.
#[derive(Clone, Debug)]
pub struct LegSummary {
    pub no: LegNo,
    pub leg: LegId,
    pub from: String,
    pub to: String,
    /// `inbound`, `outbound-api` or `outbound-dial`.
    pub direction: &'static str,
    pub parent: Option<LegId>,
    /// The one whose phone it is is an answering machine.
    pub is_machine: bool,
    pub status: &'static str,
    pub dialled_at: Mono,
    pub answered_at: Option<Mono>,
    pub ended: Option<CallEnd>,
    /// What happened: what was said, pressed, and so on.
    pub story: Vec<Moment>,
    pub violations: Vec<Violation>,
}

/// One room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoomSummary {
    /// The carrier's name of it (`CF...`).
    pub sid: String,
    pub name: String,
    pub members: Vec<LegId>,
    pub created_at: Mono,
    pub ended_at: Option<Mono>,
}

/// Everything at one time.
#[derive(Clone, Debug)]
pub struct ExchangeReport {
    pub legs: Vec<LegSummary>,
    pub rooms: Vec<RoomSummary>,
    pub bridges: Vec<Bridge>,
    pub dialled: Vec<Dialled>,
    /// What the gateway did wrong that belongs to no leg.
    pub violations: Vec<Violation>,
}

impl ExchangeReport {
    pub fn leg(&self, name: &LegId) -> Option<&LegSummary> {
        self.legs.iter().find(|leg| leg.leg == *name)
    }

    /// Connections that an answering machine was part of.
    pub fn machines_bridged(&self) -> Vec<&Bridge> {
        let is_machine = |name: &LegId| self.leg(name).is_some_and(|leg| leg.is_machine);
        self.bridges.iter().filter(|bridge| bridge.legs.iter().any(is_machine)).collect()
    }

    /// When these two heard each other.
    pub fn bridged(&self, one: &LegId, other: &LegId) -> Vec<&Bridge> {
        self.bridges.iter().filter(|bridge| bridge.legs.contains(one) && bridge.legs.contains(other)).collect()
    }
}

impl Exchange {
    pub fn report(&self) -> ExchangeReport {
        ExchangeReport {
            legs: (0..self.legs.len()).map(|no| self.summary(LegNo(no as u32))).collect(),
            rooms: (0..self.rooms.len()).map(|room| self.room_summary(room)).collect(),
            bridges: self.bridges.clone(),
            dialled: self.dialled.clone(),
            violations: self.violations.clone(),
        }
    }

    /// Legs that have not ended.
    pub fn live_legs(&self) -> Vec<LegId> {
        self.legs.iter().filter(|leg| leg.ended().is_none()).map(|leg| leg.leg().clone()).collect()
    }

    /// Rooms with somebody in them.
    pub fn live_rooms(&self) -> Vec<RoomSummary> {
        let live = |room: &usize| self.rooms[*room].state != RoomState::Completed;
        (0..self.rooms.len()).filter(live).map(|room| self.room_summary(room)).collect()
    }

    /// Every number that was dialled for the gateway, in order.
    pub fn dialled(&self) -> &[Dialled] {
        &self.dialled
    }

    pub fn bridges(&self) -> &[Bridge] {
        &self.bridges
    }

    /// What the gateway did wrong that belongs to no leg.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Nothing happens any more by itself: no leg lives, no callback is under way.
    pub fn is_at_rest(&self) -> bool {
        self.live.is_empty() && self.posts.is_empty() && self.pending.is_empty()
    }

    fn summary(&self, no: LegNo) -> LegSummary {
        let leg = &self.legs[no.0 as usize];
        LegSummary {
            no,
            leg: leg.leg().clone(),
            from: leg.from().to_owned(),
            to: leg.to().to_owned(),
            direction: leg.direction(),
            parent: leg.parent().cloned(),
            is_machine: self.machines.contains(&no),
            status: leg.status(),
            dialled_at: leg.dialled_at(),
            answered_at: leg.answered_at(),
            ended: leg.ended(),
            story: leg.story().to_vec(),
            violations: leg.all_violations(),
        }
    }

    fn room_summary(&self, room: usize) -> RoomSummary {
        let room = &self.rooms[room];
        RoomSummary {
            sid: room.sid.clone(),
            name: room.name.clone(),
            members: room.members.iter().map(|member| self.legs[member.leg.0 as usize].leg().clone()).collect(),
            created_at: room.created_at,
            ended_at: room.ended.as_ref().map(|ended| ended.at),
        }
    }
}
