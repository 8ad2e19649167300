//! The REST interface: what it does, what it refuses, and what goes wrong with it.

use std::time::Duration;

use serde_json::Value;

use crate::sim::carrier::company::EndedBy;
use crate::sim::carrier::exchange::tests::rig::{ACCOUNT, OPERATOR, Rig, STREAM, room};
use crate::sim::carrier::knobs::{Delay, RestKnobs};
use crate::sim::carrier::person::{Habits, Person};
use crate::sim::carrier::rest::{Credentials, RestRequest};

const PARTIES: &str = "To=%2B15550107777&From=%2B15550100199";
const URL: &str = "Url=https%3A%2F%2Fgw.test%2Fanswer";

#[test]
fn a_call_that_makes_no_sense_is_refused_and_nothing_rings() {
    let long = format!("{PARTIES}&Twiml=%3CResponse%3E%3CSay%3E{}%3C%2FSay%3E%3C%2FResponse%3E", "x".repeat(4000));
    for (body, code) in [
        (&*format!("From=%2B15550100199&{URL}"), 21201),
        (&*format!("To=%2B15550107777&{URL}"), 21213),
        (&*format!("To=911&From=%2B15550100199&{URL}"), 21211),
        (&*format!("To=%2B15550107777&From=x&{URL}"), 21212),
        (&*format!("To=%2B15550107777&From=%2B15559999999&{URL}"), 21210),
        (PARTIES, 21205),
        (&*format!("{PARTIES}&Url=%2Frelative"), 21205),
        (&*format!("{PARTIES}&Twiml=oops"), 21218),
        (&*format!("{PARTIES}&{URL}&StatusCallbackEvent=busy"), 21626),
        (&*format!("{PARTIES}&{URL}&StatusCallbackEvent=initiated%20completed"), 21626),
        (&*format!("{PARTIES}&{URL}&Timeout=601"), 20001),
        (&*format!("{PARTIES}&{URL}&Statuscallback=x"), 20001),
        (&long, 20001),
    ] {
        let mut rig = Rig::new();
        let (status, answer) = rig.rest("POST", "Calls.json", body);
        assert_eq!((status, &answer["code"]), (400, &Value::from(code)), "{body}");
        assert!(rig.exchange.dialled().is_empty() && !rig.violations().is_empty());
    }
}

#[test]
fn those_who_may_not_ask_are_told_so() {
    let mut rig = Rig::with(|config| {
        config.credentials = Some(Credentials::of_account(config.company.account.clone(), "token"));
    });
    let (status, answer) = rig.rest("POST", "Calls.json", &format!("{PARTIES}&{URL}"));
    assert_eq!((status, &answer["code"]), (401, &Value::from(20003)));
    assert!(rig.exchange.dialled().is_empty());
}

#[test]
fn an_update_does_what_the_state_allows() {
    let document = "Twiml=%3CResponse%2F%3E";
    for (pass_ms, body, status, code, after) in [
        (1000, "Status=canceled", 200, None, "canceled"),
        (1000, "Status=completed", 200, None, "completed"),
        (1000, document, 400, Some(21220), "ringing"),
        (1000, URL, 400, Some(21220), "ringing"),
        (9000, "Status=canceled", 400, Some(21220), "in-progress"),
        (9000, "Status=completed", 200, None, "completed"),
        (9000, document, 200, None, "completed"),
        (9000, URL, 200, None, "in-progress"),
        (9000, "Url=%2Frelative", 400, Some(21205), "in-progress"),
        (9000, "Status=hangup", 400, Some(20001), "in-progress"),
        (90_000, "Status=completed", 400, Some(21220), "completed"),
        (90_000, document, 400, Some(21220), "completed"),
    ] {
        let mut rig = Rig::new();
        rig.person(OPERATOR, Person::answering(Duration::from_secs(5)));
        rig.answer("/answer", "<Pause length='60'/>");
        let leg = rig.ring(URL);
        rig.pass(pass_ms);
        let (found, answer) = rig.update(leg, body);
        assert_eq!((found, answer["code"].as_u64()), (status, code), "{pass_ms} {body}");
        assert_eq!(rig.status(leg), after, "{pass_ms} {body}");
    }
}

#[test]
fn nobody_knows_a_leg_that_never_was() {
    let mut rig = Rig::new();
    let (status, answer) = rig.rest("POST", "Calls/CA00000000000000000000000000000009.json", "Status=completed");
    assert_eq!((status, &answer["code"]), (404, &Value::from(20404)));
    for path in ["Conferences/CF1.json", "Conferences/r/Participants.json", "Conferences/CF1/Participants/x.json"] {
        assert_eq!(rig.rest("GET", path, "").0, 404, "{path}");
    }
}

#[test]
fn calls_are_listed_newest_first_by_filters_and_pages() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::busy());
    rig.call(STREAM, Habits::default());
    for _ in 0..3 {
        rig.ring(URL);
        rig.pass(5000);
    }
    for (query, count) in [
        ("", 4),
        ("?To=%2B15550107777", 3),
        ("?From=%2B15550100001", 1),
        ("?Status=in-progress", 1),
        ("?Status=busy&To=%2B15550107777", 3),
        ("?To=%2B15550107777&From=%2B15550100199&StartTime%3E=2026-11-01", 3),
        ("?StartTime%3E=2026-11-01T00:00:04Z", 2),
        ("?StartTime%3E=2026-11-02", 0),
        ("?StartTime%3C=2026-11-01T00:00:04Z", 2),
        ("?PageSize=3", 3),
        ("?PageSize=3&Page=1", 1),
    ] {
        let (status, list) = rig.rest("GET", &format!("Calls.json{query}"), "");
        assert_eq!((status, list["calls"].as_array().unwrap().len()), (200, count), "{query}");
    }
    let (_, list) = rig.rest("GET", "Calls.json?PageSize=1", "");
    assert_eq!(list["calls"][0]["date_created"], "Sun, 01 Nov 2026 00:00:10 +0000");
    assert!(list["next_page_uri"].as_str().unwrap().ends_with("PageSize=1&Page=1"));
    assert_eq!(rig.rest("GET", "Calls.json?Phone=x", "").0, 400);
}

#[test]
fn a_call_shows_what_it_is() {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::from_secs(1)));
    rig.answer("/answer", "<Pause length='10'/>");
    let leg = rig.ring(URL);
    rig.finish();
    let path = format!("Calls/{}.json", rig.sid(leg));
    let (_, call) = rig.rest("GET", &path, "");
    for (name, value) in [("status", "completed"), ("direction", "outbound-api"), ("duration", "10"), ("to", OPERATOR)]
    {
        assert_eq!(call[name], value);
    }
    assert_eq!(call["start_time"], "Sun, 01 Nov 2026 00:00:00 +0000");
}

/// Two in the room `r`.
fn in_room() -> (Rig, String, Vec<String>) {
    let mut rig = Rig::new();
    rig.person(OPERATOR, Person::answering(Duration::ZERO));
    rig.answer("/answer", &room("operator", ""));
    rig.answer("/operator-done", "<Say>Goodbye.</Say>");
    rig.answer("/caller-done", "<Say>Goodbye.</Say>");
    rig.ring(URL);
    rig.call(&room("caller", "endConferenceOnExit='true'"), Habits::default());
    rig.pass(3000);
    let (_, list) = rig.rest("GET", "Conferences.json?FriendlyName=r&Status=in-progress", "");
    let sid = list["conferences"][0]["sid"].as_str().unwrap().to_owned();
    let legs = rig.exchange.live_rooms()[0].members.iter().map(ToString::to_string).collect();
    (rig, sid, legs)
}

#[test]
fn a_room_is_found_by_name_shown_and_ended() {
    let (mut rig, sid, _) = in_room();
    assert_eq!(rig.rest("GET", "Conferences.json?FriendlyName=other", "").1["conferences"], Value::Array(Vec::new()));
    let path = format!("Conferences/{sid}.json");
    assert_eq!(rig.rest("GET", &path, "").1["status"], "in-progress");
    assert_eq!(rig.rest("POST", &path, "Status=paused").0, 400);
    let (status, ended) = rig.rest("POST", &path, "Status=completed");
    assert_eq!((status, &ended["status"]), (200, &Value::from("completed")));
    assert_eq!(ended["reason_conference_ended"], "conference-ended-via-api");
    assert_eq!(rig.rest("POST", &path, "Status=completed").0, 404);
    rig.finish();
    assert_eq!((rig.asked_at("/operator-done").len(), rig.asked_at("/caller-done").len()), (1, 1));
}

#[test]
fn a_list_without_a_status_has_rooms_in_progress_only() {
    let (mut rig, _, legs) = in_room();
    let listed = |rig: &mut Rig, query: &str| {
        let (_, list) = rig.rest("GET", &format!("Conferences.json?FriendlyName=r{query}"), "");
        list["conferences"].as_array().unwrap().len()
    };
    assert_eq!([listed(&mut rig, ""), listed(&mut rig, "&Status=init")], [1, 0]);
    rig.hang_up(rig.exchange.leg_no(&legs[0].parse().unwrap()).unwrap());
    rig.finish();
    assert_eq!([listed(&mut rig, ""), listed(&mut rig, "&Status=completed")], [0, 1]);

    let mut rig = Rig::new();
    rig.call(&room("caller", "endConferenceOnExit='true'"), Habits::default());
    rig.pass(3000);
    assert_eq!([listed(&mut rig, ""), listed(&mut rig, "&Status=in-progress")], [0, 0]);
    assert_eq!(listed(&mut rig, "&Status=init"), 1, "who waits alone is found when asked for");
}

#[test]
fn participants_are_listed_and_thrown_out() {
    let (mut rig, sid, legs) = in_room();
    let (_, list) = rig.rest("GET", &format!("Conferences/{sid}/Participants.json"), "");
    let listed: Vec<_> =
        list["participants"].as_array().unwrap().iter().map(|p| p["call_sid"].as_str().unwrap()).collect();
    assert_eq!(listed, legs);
    let operator = format!("Conferences/{sid}/Participants/operator.json");
    assert_eq!(rig.rest("GET", &operator, "").1["call_sid"], legs[1].as_str());
    assert_eq!(rig.rest("DELETE", &operator, "").0, 204);
    assert_eq!(rig.rest("DELETE", &operator, "").0, 404);
    rig.pass(1000);
    assert_eq!((rig.asked_at("/operator-done").len(), rig.exchange.live_rooms()[0].members.len()), (1, 1));
    assert_eq!(rig.rest("DELETE", &format!("Conferences/{sid}/Participants/{}.json", legs[0]), "").0, 204);
    rig.finish();
    assert_eq!(rig.asked_at("/caller-done").len(), 1);
    let reason = rig.asked_at("/room").last().unwrap().get("ReasonConferenceEnded").to_owned();
    assert_eq!(reason, "participant-with-end-conference-on-exit-kicked");
}

#[test]
fn participants_are_not_created_by_request() {
    let (mut rig, sid, _) = in_room();
    assert_eq!(rig.rest("POST", &format!("Conferences/{sid}/Participants.json"), PARTIES).0, 405);
    assert_eq!(rig.exchange.dialled().len(), 1);
}

#[test]
fn an_unlucky_create_may_have_rung_all_the_same() {
    let always = 1000;
    for (knobs, status, lost, rings) in [
        (RestKnobs { limited: always, ..RestKnobs::default() }, 429, false, false),
        (RestKnobs { unavailable: always, ..RestKnobs::default() }, 503, false, false),
        (RestKnobs { done_but_failed: always, ..RestKnobs::default() }, 500, false, true),
        (RestKnobs { unanswered: always, ..RestKnobs::default() }, 201, true, true),
    ] {
        let mut rig = Rig::with(|config| config.knobs.rest = knobs);
        let answer = rig.ask("POST", "Calls.json", &format!("{PARTIES}&{URL}"));
        assert_eq!((answer.status, answer.lost), (status, lost));
        assert_eq!(rig.exchange.dialled().len(), usize::from(rings));
    }
}

/// Whether each of these requests, by their connections, was answered.
fn answered(rest: RestKnobs, connections: &[u64]) -> (Vec<bool>, Rig) {
    let mut rig = Rig::with(|config| config.knobs.rest = rest);
    let answers = connections.iter().map(|connection| {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json");
        let (method, body) = ("GET".to_owned(), String::new());
        let request = RestRequest { method, path, authorization: None, connection: *connection, body };
        let answer = rig.exchange.rest(rig.now, &request, &mut Vec::new());
        !answer.lost && !answer.unsent
    });
    (answers.collect(), rig)
}

#[test]
fn a_connection_may_die_and_whoever_goes_on_using_it_is_blamed() {
    let (answers, rig) =
        answered(RestKnobs { answers_per_connection: 2, ..RestKnobs::default() }, &[1, 1, 2, 1, 1, 2, 2]);
    assert_eq!(answers, [true, true, true, false, false, true, false]);
    assert_eq!(rig.exchange.violations().len(), 1, "the one after the silence");
    let (answers, rig) = answered(RestKnobs { dead_connections: 1000, ..RestKnobs::default() }, &[1, 2]);
    assert_eq!((answers, rig.exchange.violations().len()), (vec![false, false], 0));
    let (answers, _) = answered(RestKnobs { no_connection: 1000, ..RestKnobs::default() }, &[1]);
    assert_eq!(answers, [false]);
}

#[test]
fn a_queued_call_is_in_no_list_of_started_ones() {
    let mut rig =
        Rig::with(|config| config.knobs.dial = Delay { latency: Duration::from_secs(2), jitter: Duration::ZERO });
    let leg = rig.ring(URL);
    let started = "Calls.json?StartTime%3E=2026-11-01";
    assert_eq!((rig.status(leg), rig.rest("GET", started, "").1["calls"].as_array().unwrap().len()), ("queued", 0));
    rig.pass(2500);
    assert_eq!(rig.rest("GET", started, "").1["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn a_redirect_leaves_whatever_the_leg_is_doing() {
    for document in [
        STREAM,
        "<Say>A long sentence that goes on and on.</Say>",
        "<Gather action='/never' timeout='60'/>",
        "<Record action='/never'/>",
        "<Pause length='60'/>",
        "<Redirect>/slow</Redirect>",
        &room("never", ""),
    ] {
        for pass_ms in [6, 12, 500] {
            let mut rig = Rig::new();
            let leg = rig.call(&format!("{document}<Redirect>/never</Redirect>"), Habits::default());
            rig.answer("/slow", "<Pause length='60'/>");
            rig.pass(pass_ms);
            if rig.exchange.leg(leg).unwrap().answered_at().is_none() {
                continue;
            }
            assert_eq!(rig.redirect(leg, "<Say>Elsewhere.</Say>"), 200, "{document}");
            rig.finish();
            assert_eq!(rig.said(leg).last().unwrap(), "Elsewhere.", "{document}");
            assert!(
                !rig.has_asked(leg, "/never") && !rig.has_asked(leg, "/after") && !rig.has_asked(leg, "/never-done")
            );
            assert_eq!(rig.exchange.leg(leg).unwrap().ended().unwrap().by, EndedBy::Document);
        }
    }
}

#[test]
fn relative_urls_in_a_requests_document_have_nothing_to_be_relative_to() {
    let mut rig = Rig::new();
    let leg = rig.call(STREAM, Habits::default());
    rig.pass(500);
    rig.redirect(leg, "<Redirect>/next</Redirect>");
    rig.answer("/next", "<Hangup/>");
    rig.finish();
    assert_eq!(rig.violations().len(), 1);
    assert!(rig.violations()[0].contains("relative, in a document that came in a request"));
}
