//! Lists and resources of the REST interface: calls, rooms, and who is in them.
//!
//! Newest first, by pages. Unknown filters are a breach: the carrier would ignore them and answer too much.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::carrier::company::CompanyCall;
use crate::sim::carrier::exchange::rooms::{Room, RoomState};
use crate::sim::carrier::exchange::{Exchange, LegNo};
use crate::sim::carrier::rest::{RestAnswer, RestRequest, form};
use crate::types::Mono;

/// What is listed.
#[derive(Clone, Copy)]
pub(super) enum List {
    Calls,
    Rooms,
    Members(usize),
}

impl Exchange {
    pub(super) fn list(&mut self, now: Mono, list: List, request: &RestRequest) -> RestAnswer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut filters = form(query);
        let mut take = |name: &str, default: usize| {
            let at = filters.iter().position(|(key, _)| key == name);
            at.and_then(|at| filters.remove(at).1.parse().ok()).unwrap_or(default)
        };
        let (size, page) = (take("PageSize", 50).clamp(1, 1000), take("Page", 0));
        let known = match list {
            List::Calls => &CALL_FILTERS[..],
            List::Rooms => &ROOM_FILTERS[..],
            List::Members(_) => &[],
        };
        if let Some((name, _)) = filters.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            self.violation(now, 20001, format!("unknown filter {name:?} of {path}"));
            return RestAnswer::error(400, 20001, "Unknown filters");
        }
        let (key, found) = match list {
            List::Calls => {
                let legs = self.legs.iter().rev().filter(|leg| self.call_fits(leg, &filters));
                ("calls", legs.map(|leg| leg.resource(now)).collect::<Vec<_>>())
            }
            List::Rooms => {
                let rooms = (0..self.rooms.len()).rev().filter(|room| room_fits(&self.rooms[*room], &filters));
                ("conferences", rooms.map(|room| self.room_resource(room)).collect())
            }
            List::Members(room) => {
                let legs: Vec<LegNo> = self.rooms[room].members.iter().map(|member| member.leg).collect();
                ("participants", legs.into_iter().map(|leg| self.member_resource(room, leg)).collect())
            }
        };
        let start = page * size;
        let more = found.len() > start + size;
        let rows: Vec<Value> = found.into_iter().skip(start).take(size).collect();
        let uri = |page: usize| format!("{path}?PageSize={size}&Page={page}");
        let body = json!({
            key: rows,
            "page": page,
            "page_size": size,
            "start": start,
            "end": start + rows.len().saturating_sub(1),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "next_page_uri": more.then(|| uri(page + 1)),
            "previous_page_uri": page.checked_sub(1).map(uri),
        });
        RestAnswer::new(200, body.to_string())
    }

    fn call_fits(&self, leg: &CompanyCall, filters: &[(String, String)]) -> bool {
        filters.iter().all(|(name, value)| match name.as_str() {
            "To" => leg.to() == value,
            "From" => leg.from() == value,
            "Status" => leg.status() == value,
            "ParentCallSid" => leg.parent().is_some_and(|parent| parent.as_str() == value),
            // A call that waits to be dialled has not started: it is in no such list.
            "StartTime>" => {
                leg.status() != "queued"
                    && self.wall(leg.dialled_at()) >= *instant(value).as_ref().unwrap_or(&Timestamp::MAX)
            }
            _ => {
                leg.status() != "queued"
                    && self.wall(leg.dialled_at()) <= *instant(value).as_ref().unwrap_or(&Timestamp::MIN)
            }
        })
    }

    pub(super) fn room_resource(&self, room: usize) -> Value {
        let room = &self.rooms[room];
        let account = &self.company.account;
        let uri = format!("/2010-04-01/Accounts/{account}/Conferences/{}", room.sid);
        let ended_by = room.ended.as_ref().and_then(|ended| ended.by);
        json!({
            "sid": room.sid,
            "account_sid": account.as_str(),
            "friendly_name": room.name,
            "status": room.state.as_str(),
            "region": "us1",
            "date_created": self.rfc2822(room.created_at),
            "date_updated": self.rfc2822(room.updated_at),
            "api_version": "2010-04-01",
            "reason_conference_ended": room.ended.as_ref().map(|ended| ended.reason),
            "call_sid_ending_conference": ended_by.map(|leg| self.legs[leg.0 as usize].leg().as_str()),
            "uri": format!("{uri}.json"),
            "subresource_uris": {
                "participants": format!("{uri}/Participants.json"),
                "recordings": format!("{uri}/Recordings.json"),
            },
        })
    }

    pub(super) fn member_resource(&self, room: usize, leg: LegNo) -> Value {
        let (room, account) = (&self.rooms[room], &self.company.account);
        let Some(member) = room.members.iter().find(|member| member.leg == leg) else { return Value::Null };
        let call = self.legs[leg.0 as usize].leg().as_str();
        json!({
            "account_sid": account.as_str(),
            "call_sid": call,
            "conference_sid": room.sid,
            "label": member.noun.label,
            "call_sid_to_coach": null,
            "coaching": false,
            "date_created": self.rfc2822(member.entered_at),
            "date_updated": self.rfc2822(member.entered_at),
            "end_conference_on_exit": member.noun.end_on_exit,
            "start_conference_on_enter": member.noun.start_on_enter,
            "muted": member.noun.muted,
            "hold": false,
            "status": "connected",
            "queue_time": "0",
            "uri": format!("/2010-04-01/Accounts/{account}/Conferences/{}/Participants/{call}.json", room.sid),
        })
    }

    pub(super) fn rfc2822(&self, at: Mono) -> String {
        self.wall(at).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    fn wall(&self, at: Mono) -> Timestamp {
        Timestamp::from_microsecond(self.company.epoch.0 + at.0 as i64).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Without a status only rooms in progress are listed, as the carrier does since 2026-09-30.
fn room_fits(room: &Room, filters: &[(String, String)]) -> bool {
    let is_asked = filters.iter().any(|(name, _)| name == "Status");
    (is_asked || room.state == RoomState::InProgress)
        && filters.iter().all(|(name, value)| match name.as_str() {
            "FriendlyName" => room.name == *value,
            _ => room.state.as_str() == value,
        })
}

/// A day (its begin) or an instant.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).ok()
}

const CALL_FILTERS: [&str; 6] = ["To", "From", "Status", "ParentCallSid", "StartTime>", "StartTime<"];
const ROOM_FILTERS: [&str; 2] = ["FriendlyName", "Status"];
