//! Moving legs to other documents, and ending rooms.

use std::time::Duration;

use switchboard::ports::carrier::{Carrier, CarrierError, Script};
use switchboard::session::document::{Document, Party, RoomPlan};
use switchboard::types::RoomId;

use super::creates::CALL;
use super::fake::*;
use crate::twilio::support::*;

pub(super) fn to_the_room() -> Script {
    let time_limit = Duration::from_secs(3600);
    let plan = RoomPlan { escalation: 1, attempt: 3, who: Party::Caller, waits: false, time_limit };
    Script { call: CALL, ..script(Document::Room(plan), None) }
}

pub(super) const ROOM: RoomId = RoomId { call: CALL, escalation: 1 };

/// The room as a list shows it.
pub(super) fn conference(sid_end: u32, status: &str) -> String {
    format!(r#"{{"sid":"CF{sid_end:032}","friendly_name":"{ROOM}","status":"{status}"}}"#)
}

pub(super) fn conferences(all: &[String]) -> Says {
    Says::Json(200, format!(r#"{{"conferences":[{}],"page":0}}"#, all.join(",")))
}

async fn redirect(twilio: &Twilio, script: &Script) -> Result<(), CarrierError> {
    twilio.rest(&twilio.settings()).redirect(&leg(), script).await
}

#[tokio::test]
async fn a_leg_is_moved_with_the_document_itself() {
    let twilio = Twilio::that_says([call("in-progress")]).await;
    assert_eq!(redirect(&twilio, &to_the_room()).await, Ok(()));
    let [request] = <[_; 1]>::try_from(twilio.requests()).unwrap();
    assert_eq!(request["path"], format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json"));
    let body = request["body"].as_str().unwrap();
    assert!(body.starts_with("Twiml=%3C%3Fxml") && body.contains("xfer-0190aaaa"), "{body}");
}

#[tokio::test]
async fn a_leg_that_is_not_in_progress_is_gone() {
    for (status, code) in [(400, 21220), (404, 20404)] {
        let twilio = Twilio::that_says([error(status, code)]).await;
        assert_eq!(redirect(&twilio, &to_the_room()).await, Err(CarrierError::Gone));
    }
}

#[tokio::test]
async fn a_document_is_not_begun_twice() {
    for says in [Says::Nothing, error(500, 20500)] {
        let twilio = Twilio::that_says([says]).await;
        assert_eq!(redirect(&twilio, &to_the_room()).await, Err(CarrierError::Unknown));
        assert_eq!(twilio.requests().len(), 1);
    }
    let twilio = Twilio::that_says([error(429, 20429), call("in-progress")]).await;
    assert_eq!(redirect(&twilio, &to_the_room()).await, Ok(()), "not processed the first time");
    let twilio = Twilio::that_says([]).await;
    let mut settings = twilio.settings();
    settings.api_base_url = "http://127.0.0.1:9".to_owned();
    let unreachable = twilio.rest(&settings).redirect(&leg(), &to_the_room()).await;
    assert_eq!(unreachable, Err(CarrierError::Unreachable));
}

#[tokio::test]
async fn a_document_that_is_too_long_is_refused_and_never_cut() {
    let twilio = Twilio::that_says([call("in-progress")]).await;
    let message = |text: String| script(Document::Message(text.into()), None);
    assert_eq!(redirect(&twilio, &message("<".repeat(1000))).await, Err(CarrierError::Refused(None)));
    assert_eq!(twilio.requests().len(), 0);
    assert_eq!(redirect(&twilio, &message("a".repeat(1000))).await, Ok(()));
}

/// What was asked: methods, paths below the account's, bodies.
fn asked(twilio: &Twilio) -> Vec<String> {
    let base = format!("/2010-04-01/Accounts/{ACCOUNT}/");
    let line = |request: &serde_json::Value| {
        let text = |name: &str| request[name].as_str().unwrap().to_owned();
        format!("{} {} {}", text("method"), text("path").replace(&base, ""), text("body"))
    };
    twilio.requests().iter().map(line).collect()
}

fn listing(status: &str) -> String {
    format!("GET Conferences.json?FriendlyName={ROOM}&Status={status}&PageSize=100 ")
}

fn ending(sid_end: u32) -> String {
    format!("POST Conferences/CF{sid_end:032}.json Status=completed")
}

fn done() -> Says {
    Says::Json(200, "{}".to_owned())
}

/// Ends the room where the lists of the two states are these, and the rest is what follows.
async fn end_room(waiting: Says, begun: Says, then: &[Says]) -> (Result<(), CarrierError>, Vec<String>) {
    let twilio = Twilio::that_says([&[waiting, begun], then].concat()).await;
    let ended = twilio.rest(&twilio.settings()).end_room(&ROOM).await;
    (ended, asked(&twilio))
}

#[tokio::test]
async fn a_room_is_ended_whether_it_has_begun_or_not() {
    let (waiting, begun) = (conferences(&[conference(3, "init")]), conferences(&[conference(2, "in-progress")]));
    let (ended, asked) = end_room(waiting, begun, &[done(), done()]).await;
    assert_eq!(ended, Ok(()));
    assert_eq!(asked, [listing("init"), listing("in-progress"), ending(3), ending(2)]);
}

#[tokio::test]
async fn a_room_that_begins_between_the_lists_is_ended_once() {
    let (waiting, begun) = (conferences(&[conference(2, "init")]), conferences(&[conference(2, "in-progress")]));
    let (ended, asked) = end_room(waiting, begun, &[done()]).await;
    assert_eq!((ended, &asked[2..]), (Ok(()), &[ending(2)][..]));
}

#[tokio::test]
async fn a_room_that_is_not_there_is_ended_already() {
    let nobody = || conferences(&[]);
    assert_eq!(end_room(nobody(), nobody(), &[]).await.0, Ok(()));
    let begun = conferences(&[conference(1, "in-progress")]);
    assert_eq!(end_room(nobody(), begun, &[error(404, 20404)]).await.0, Ok(()));
    let foreign = conference(1, "in-progress").replace("xfer-", "other-");
    let (ended, asked) = end_room(nobody(), conferences(&[foreign, conference(2, "completed")]), &[]).await;
    assert_eq!((ended, asked.len()), (Ok(()), 2), "somebody else's room stays");
}

#[tokio::test]
async fn every_room_is_tried_and_the_first_failure_is_told() {
    let (waiting, begun) = (conferences(&[conference(1, "init")]), conferences(&[conference(2, "in-progress")]));
    let (ended, asked) = end_room(waiting, begun, &[error(400, 20001), done()]).await;
    assert_eq!((ended, asked.len()), (Err(CarrierError::Refused(Some(20001))), 4));
    // A list that cannot be had keeps nobody from ending what the other one shows.
    let begun = conferences(&[conference(2, "in-progress")]);
    let (ended, asked) = end_room(error(400, 20001), begun, &[done()]).await;
    assert_eq!((ended, &asked[2..]), (Err(CarrierError::Refused(Some(20001))), &[ending(2)][..]));
    let (ended, asked) = end_room(done(), conferences(&[]), &[]).await;
    assert_eq!((ended, asked.len()), (Err(CarrierError::Unknown), 2));
}
