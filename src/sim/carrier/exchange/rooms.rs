//! Rooms (conferences): joined by name, started by two, ended by the one whose exit ends them.
//!
//! A member's document waits in its `<Dial>`; when the member is out of the room, and still on the phone, it goes on.

use crate::sim::carrier::company::{Apart, sid};
use crate::sim::carrier::exchange::{Bridge, Exchange, ExchangeOut, LegNo, Tie};
use crate::sim::carrier::twiml::{Callback, Conference};
use crate::types::Mono;

pub(super) struct Room {
    /// The carrier's name for it; `name` is the gateway's.
    pub(super) sid: String,
    pub(super) name: String,
    pub(super) state: RoomState,
    pub(super) members: Vec<Member>,
    /// From the first who came; what others say is ignored.
    pub(super) callback: Callback,
    participants_max: usize,
    pub(super) sequence: u32,
    pub(super) created_at: Mono,
    pub(super) updated_at: Mono,
    /// Who hears whom, while two or more do.
    bridge: Option<usize>,
    pub(super) ended: Option<RoomEnd>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RoomState {
    Init,
    InProgress,
    Completed,
}

pub(super) struct RoomEnd {
    pub(super) at: Mono,
    pub(super) reason: &'static str,
    pub(super) by: Option<LegNo>,
}

pub(super) struct Member {
    pub(super) leg: LegNo,
    pub(super) noun: Conference,
    pub(super) entered_at: Mono,
}

impl RoomState {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }
}

impl Exchange {
    pub(super) fn join(&mut self, now: Mono, no: LegNo, noun: Conference, out: &mut Vec<ExchangeOut>) {
        let open = |room: &Room| room.name == noun.name && room.state != RoomState::Completed;
        let room = self.rooms.iter().position(open).unwrap_or_else(|| {
            self.rooms.push(Room {
                sid: sid(&mut self.rng, "CF"),
                name: noun.name.clone(),
                state: RoomState::Init,
                members: Vec::new(),
                callback: noun.callback.clone(),
                participants_max: noun.participants_max,
                sequence: 0,
                created_at: now,
                updated_at: now,
                bridge: None,
                ended: None,
            });
            self.rooms.len() - 1
        });
        if let Some(why) = self.refuses(room, &noun) {
            self.violation(now, 16025, why);
            // The leg is not added; its document goes on. The status is a guess.
            let apart = Apart { status: "failed", child: None };
            self.with_leg(no, out, |leg, out| leg.apart(now, &apart, out));
            return;
        }
        self.ties[no.0 as usize] = Tie::Room(room);
        let (name, wait) = (noun.name.clone(), noun.wait.clone());
        self.rooms[room].members.push(Member { leg: no, noun, entered_at: now });
        self.tell_room(now, room, "join", Some(no), &[]);
        let wait = (self.rooms[room].state == RoomState::Init).then_some(&wait);
        self.with_leg(no, out, |leg, _| leg.entered(now, &name, wait));
        self.room_changed(now, room, out);
    }

    fn refuses(&self, room: usize, noun: &Conference) -> Option<&'static str> {
        let room = &self.rooms[room];
        let has_label = |member: &Member| noun.label.is_some() && member.noun.label == noun.label;
        if room.members.iter().any(has_label) {
            return Some("two participants of a room have the same label");
        }
        // Whose limit counts is not documented; the smallest is the careful guess.
        let max = room.participants_max.min(noun.participants_max);
        (room.members.len() >= max).then_some("a room is full")
    }

    /// Takes a leg out of its room; its document does not go on by this alone.
    pub(super) fn leave_room(
        &mut self,
        now: Mono,
        no: LegNo,
        reason: &'static str,
        kicked: bool,
        out: &mut Vec<ExchangeOut>,
    ) {
        let Tie::Room(room) = self.ties[no.0 as usize] else { return };
        self.ties[no.0 as usize] = Tie::Free;
        let Some(index) = self.rooms[room].members.iter().position(|member| member.leg == no) else { return };
        self.tell_leave(now, room, no, reason);
        let member = self.rooms[room].members.remove(index);
        self.rooms[room].updated_at = now;
        let ended = match (member.noun.end_on_exit, self.rooms[room].members.is_empty(), kicked) {
            (true, _, false) => Some("participant-with-end-conference-on-exit-left"),
            (true, _, true) => Some("participant-with-end-conference-on-exit-kicked"),
            (false, true, false) => Some("last-participant-left"),
            (false, true, true) => Some("last-participant-kicked"),
            (false, false, _) => None,
        };
        match ended {
            Some(ended) => self.end_room(now, room, ended, Some(no), out),
            None => self.room_changed(now, room, out),
        }
    }

    /// Everybody's `<Dial>` is over.
    pub(super) fn end_room(
        &mut self,
        now: Mono,
        room: usize,
        reason: &'static str,
        by: Option<LegNo>,
        out: &mut Vec<ExchangeOut>,
    ) {
        let why = if by.is_some() { "moderator_ended_conference" } else { "conference_ended_via_api" };
        self.rooms[room].state = RoomState::Completed;
        self.rooms[room].updated_at = now;
        self.rooms[room].ended = Some(RoomEnd { at: now, reason, by });
        self.renew_bridge(now, room, &[]);
        let left: Vec<LegNo> = self.rooms[room].members.iter().map(|member| member.leg).collect();
        for leg in &left {
            self.tell_leave(now, room, *leg, why);
        }
        self.rooms[room].members.clear();
        let ending = by.map(|by| self.legs[by.0 as usize].leg().to_string());
        let mut extra = vec![("ReasonConferenceEnded", reason.to_owned())];
        extra.extend(ending.map(|leg| ("CallSidEndingConference", leg)));
        self.tell_room(now, room, "end", None, &extra);
        let apart = Apart { status: "answered", child: None };
        for leg in left {
            self.ties[leg.0 as usize] = Tie::Free;
            self.with_leg(leg, out, |leg, out| leg.apart(now, &apart, out));
        }
    }

    /// Starts the room when it can, and tells everybody whether somebody else is there.
    fn room_changed(&mut self, now: Mono, index: usize, out: &mut Vec<ExchangeOut>) {
        let room = &mut self.rooms[index];
        room.updated_at = now;
        let starts = room.members.len() >= 2 && room.members.iter().any(|member| member.noun.start_on_enter);
        if room.state == RoomState::Init && starts {
            room.state = RoomState::InProgress;
            self.tell_room(now, index, "start", None, &[]);
        }
        let room = &self.rooms[index];
        let members: Vec<LegNo> = room.members.iter().map(|member| member.leg).collect();
        let connected = room.state == RoomState::InProgress && members.len() >= 2;
        self.renew_bridge(now, index, if connected { &members } else { &[] });
        for no in &members {
            let others = members.iter().filter(|other| *other != no);
            let chatter = others.into_iter().any(|other| self.legs[other.0 as usize].is_voiceless());
            self.with_leg(*no, out, |leg, _| leg.connect_with(now, connected, chatter));
        }
    }

    fn tell_leave(&mut self, now: Mono, room: usize, no: LegNo, reason: &'static str) {
        let status = self.legs[no.0 as usize].status().to_owned();
        let extra = [("ReasonParticipantLeft", reason.to_owned()), ("ParticipantCallStatus", status)];
        self.tell_room(now, room, "leave", Some(no), &extra);
    }

    /// The set of those who hear each other has changed.
    fn renew_bridge(&mut self, now: Mono, room: usize, legs: &[LegNo]) {
        if let Some(bridge) = self.rooms[room].bridge.take() {
            self.close_bridge(now, bridge);
        }
        if !legs.is_empty() {
            let name = self.rooms[room].name.clone();
            self.rooms[room].bridge = Some(self.open_bridge(now, &name, legs));
        }
    }

    /// `room` is empty for a `<Dial>` with a number.
    pub(super) fn open_bridge(&mut self, now: Mono, room: &str, legs: &[LegNo]) -> usize {
        let legs = legs.iter().map(|no| self.legs[no.0 as usize].leg().clone()).collect();
        self.bridges.push(Bridge { room: room.to_owned(), legs, from: now, to: None });
        self.bridges.len() - 1
    }

    pub(super) fn close_bridge(&mut self, now: Mono, bridge: usize) {
        self.bridges[bridge].to = Some(now);
    }
}
