//! The REST interface of the whole company: who is asked for what, with faults, and the answers of rooms.
//!
//! A leg answers for itself (`company/requests`); lists and creations are in files of their own.

use crate::sim::carrier::company::Apart;
use crate::sim::carrier::exchange::lists::List;
use crate::sim::carrier::exchange::rooms::RoomState;
use crate::sim::carrier::exchange::{Exchange, ExchangeOut, LegNo};
use crate::sim::carrier::knobs::hit;
use crate::sim::carrier::rest::{RestAnswer, RestRequest, Target, admit, form, route};
use crate::types::{LegId, Mono};

impl Exchange {
    /// Answers a request. What it causes happens at once, whether or not the answer tells.
    pub fn rest(&mut self, now: Mono, request: &RestRequest, out: &mut Vec<ExchangeOut>) -> RestAnswer {
        if let Some(never) = self.no_answer(now, request.connection) {
            return never;
        }
        if let Some(credentials) = &self.config.credentials
            && let Err(refusal) = admit(credentials, request)
        {
            return refusal;
        }
        let target = match route(&self.company.account, request) {
            Ok(target) => target,
            Err(refusal) => {
                self.violation(now, 20404, format!("a request for nothing: {} {}", request.method, request.path));
                return refusal;
            }
        };
        let answer = match target {
            Target::Call(leg) => match self.leg_no(&leg) {
                // A leg has faults of its own.
                Some(no) => self.with_leg(no, out, |leg, out| leg.rest(now, request, out)),
                None => None,
            }
            .unwrap_or_else(|| RestAnswer::not_found(&request.path)),
            other => {
                let creates = other == Target::Calls && request.method == "POST";
                let mut answer = self.with_faults(|exchange| exchange.answer(now, &other, request, out));
                answer.lost |= creates && self.config.knobs.rest.lose_created;
                answer
            }
        };
        self.settle(now, out);
        answer
    }

    /// The connection is dead, dies of this request, or was never made.
    fn no_answer(&mut self, now: Mono, connection: u64) -> Option<RestAnswer> {
        let knobs = self.config.knobs.rest;
        if hit(&mut self.rng, knobs.no_connection) {
            return Some(RestAnswer::never(true));
        }
        let dies = hit(&mut self.rng, knobs.dead_connections);
        let known = self.connections.entry(connection).or_default();
        let was_dead = known.dead;
        known.dead |= dies || (knobs.answers_per_connection > 0 && known.answers >= knobs.answers_per_connection);
        if !known.dead {
            known.answers += 1;
            return None;
        }
        if was_dead {
            // A client that has learned nothing from the silence.
            self.violation(now, 0, "a request over a connection that has swallowed one before");
        }
        Some(RestAnswer::never(false))
    }

    fn with_faults(&mut self, perform: impl FnOnce(&mut Self) -> RestAnswer) -> RestAnswer {
        let knobs = self.config.knobs.rest;
        let mut answer = if hit(&mut self.rng, knobs.limited) {
            RestAnswer::error(429, 20429, "Too many requests")
        } else if hit(&mut self.rng, knobs.unavailable) {
            RestAnswer::error(503, 20503, "Service unavailable")
        } else if hit(&mut self.rng, knobs.unauthorized) {
            RestAnswer::error(401, 20003, "Authenticate")
        } else {
            let mut answer = perform(self);
            if hit(&mut self.rng, knobs.done_but_failed) {
                answer = RestAnswer::error(500, 20500, "Internal server error");
            }
            answer.lost = hit(&mut self.rng, knobs.unanswered);
            answer
        };
        answer.after = knobs.delay.draw(&mut self.rng);
        answer
    }

    fn answer(&mut self, now: Mono, target: &Target, request: &RestRequest, out: &mut Vec<ExchangeOut>) -> RestAnswer {
        let posts = request.method == "POST";
        match target {
            Target::Calls if posts => self.create_call(now, request, out),
            Target::Calls => self.list(now, List::Calls, request),
            Target::Call(_) => RestAnswer::not_found(&request.path),
            Target::Conferences => self.list(now, List::Rooms, request),
            Target::Conference(name) => match self.room_named(name) {
                Some(room) if posts => self.update_room(now, room, request, out),
                Some(room) => RestAnswer::new(200, self.room_resource(room).to_string()),
                None => RestAnswer::not_found(&request.path),
            },
            Target::Participants(_) if posts => {
                self.violation(now, 20004, "participants are not created here: they would have no briefing");
                RestAnswer::error(405, 20004, "Method not allowed")
            }
            Target::Participants(name) => match self.room_named(name) {
                Some(room) => self.list(now, List::Members(room), request),
                None => RestAnswer::not_found(&request.path),
            },
            Target::Participant(name, who) => self.participant(now, name, who, request, out),
        }
    }

    fn update_room(&mut self, now: Mono, room: usize, request: &RestRequest, out: &mut Vec<ExchangeOut>) -> RestAnswer {
        let pairs = form(&request.body);
        if pairs != [("Status".to_owned(), "completed".to_owned())] {
            self.violation(now, 20001, format!("a room's update without sense: {}", request.body));
            return RestAnswer::error(400, 20001, "Missing or wrong parameters");
        }
        // A guess: a room that has ended is as gone as a call.
        if self.rooms[room].state == RoomState::Completed {
            return RestAnswer::not_found(&request.path);
        }
        self.end_room(now, room, "conference-ended-via-api", None, out);
        RestAnswer::new(200, self.room_resource(room).to_string())
    }

    /// `who` is a call's name or a participant's label.
    fn participant(
        &mut self,
        now: Mono,
        name: &str,
        who: &str,
        request: &RestRequest,
        out: &mut Vec<ExchangeOut>,
    ) -> RestAnswer {
        let found = self.room_named(name).and_then(|room| self.member(room, who).map(|leg| (room, leg)));
        let Some((room, leg)) = found else { return RestAnswer::not_found(&request.path) };
        match request.method.as_str() {
            "GET" => RestAnswer::new(200, self.member_resource(room, leg).to_string()),
            "DELETE" => {
                self.leave_room(now, leg, "participant_updated_via_api", true, out);
                let apart = Apart { status: "answered", child: None };
                self.with_leg(leg, out, |leg, out| leg.apart(now, &apart, out));
                RestAnswer::new(204, String::new())
            }
            _ => {
                self.violation(now, 20001, "participants are not updated here");
                RestAnswer::error(400, 20001, "Missing or wrong parameters")
            }
        }
    }

    /// Rooms are found by the carrier's name only.
    fn room_named(&self, sid: &str) -> Option<usize> {
        self.rooms.iter().position(|room| room.sid == sid)
    }

    fn member(&self, room: usize, who: &str) -> Option<LegNo> {
        let by_name = who.parse::<LegId>().ok().and_then(|leg| self.leg_no(&leg));
        let matches =
            |member: &&super::rooms::Member| Some(member.leg) == by_name || member.noun.label.as_deref() == Some(who);
        self.rooms[room].members.iter().find(matches).map(|member| member.leg)
    }
}
