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

#[tokio::test]
async fn a_room_is_ended_whether_it_has_begun_or_not() {
    let all = [conference(1, "completed"), conference(2, "in-progress"), conference(3, "init")];
    let done = || Says::Json(200, "{}".to_owned());
    let twilio = Twilio::that_says([conferences(&all), done(), done()]).await;
    assert_eq!(twilio.rest(&twilio.settings()).end_room(&ROOM).await, Ok(()));
    let asked: Vec<(String, String)> = twilio
        .requests()
        .iter()
        .map(|request| (request["path"].as_str().unwrap().to_owned(), request["body"].as_str().unwrap().to_owned()))
        .collect();
    let base = format!("/2010-04-01/Accounts/{ACCOUNT}/Conferences");
    assert_eq!(
        asked,
        [
            (format!("{base}.json?FriendlyName={ROOM}&PageSize=100"), String::new()),
            (format!("{base}/CF{:032}.json", 2), "Status=completed".to_owned()),
            (format!("{base}/CF{:032}.json", 3), "Status=completed".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_room_that_is_not_there_is_ended_already() {
    let twilio = Twilio::that_says([conferences(&[])]).await;
    assert_eq!(twilio.rest(&twilio.settings()).end_room(&ROOM).await, Ok(()));
    let twilio = Twilio::that_says([conferences(&[conference(1, "in-progress")]), error(404, 20404)]).await;
    assert_eq!(twilio.rest(&twilio.settings()).end_room(&ROOM).await, Ok(()));
    let foreign = conference(1, "in-progress").replace("xfer-", "other-");
    let twilio = Twilio::that_says([conferences(&[foreign])]).await;
    assert_eq!(twilio.rest(&twilio.settings()).end_room(&ROOM).await, Ok(()));
    assert_eq!(twilio.requests().len(), 1, "somebody else's room stays");
}

#[tokio::test]
async fn every_room_is_tried_and_the_first_failure_is_told() {
    let all = [conference(1, "in-progress"), conference(2, "in-progress")];
    let twilio = Twilio::that_says([conferences(&all), error(403, 20005), Says::Json(200, "{}".to_owned())]).await;
    let ended = twilio.rest(&twilio.settings()).end_room(&ROOM).await;
    assert_eq!(ended, Err(CarrierError::Refused(Some(20005))));
    assert_eq!(twilio.requests().len(), 3);
    let twilio = Twilio::that_says([Says::Json(200, "{}".to_owned())]).await;
    assert_eq!(twilio.rest(&twilio.settings()).end_room(&ROOM).await, Err(CarrierError::Unknown));
}
