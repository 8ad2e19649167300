//! Webhooks about operators, outbound parties, messages and those who wait: what the door is asked, what they hear.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE};
use switchboard::ports::carrier::Script;
use switchboard::session::document::{Document, Goodbye, Party, RoomPlan};
use switchboard::session::input::{LegStatus, Question};
use switchboard::types::{AnsweredBy, AttemptId, CallId, LegId, Urgency};

use super::support::*;

const CALL: CallId = CallId(uuid::Uuid::from_u128(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001));
const ATTEMPT: AttemptId = AttemptId { call: CALL, no: 3 };
const RECORDING: &str = "RE0123456789abcdef0123456789abcdef";
const IDS: [(&str, &str); 2] = [("AccountSid", ACCOUNT), ("CallSid", LEG)];

fn leg() -> LegId {
    LEG.parse().unwrap()
}

fn transfer(what: &str) -> String {
    format!("/twilio/transfers/{ATTEMPT}/{what}")
}

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [&IDS, more].concat()
}

fn of_call(document: Document) -> Script {
    Script { call: CALL, ..script(document, None) }
}

/// Asks, and gives the document that is heard.
async fn ask(server: &Server, path: &str, more: &[(&'static str, &'static str)]) -> String {
    let response = server.post(path, &with(more)).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    assert_eq!(response.headers()[CONTENT_TYPE], "text/xml");
    response.text().await.unwrap()
}

#[tokio::test]
async fn an_operator_hears_the_gate_then_the_briefing_then_the_room() {
    let server = Server::normal().await;
    let say = |document| server.door().will_tell_own_leg(of_call(document));
    say(Document::Gate { attempt: 3, step: 1, urgency: Urgency::High });
    let gate = ask(&server, &transfer("answer"), &[]).await;
    assert!(gate.contains("an urgent call"), "{gate}");
    assert!(gate.contains(&format!(r#"action="{BASE}{}""#, transfer("key/1"))), "{gate}");

    say(Document::Briefing { attempt: 3, step: 2, text: "The caller has a fever.".into() });
    let briefing = ask(&server, &transfer("key/1"), &[("Digits", "7")]).await;
    assert!(briefing.contains("The caller has a fever.") && briefing.contains("Press 1"), "{briefing}");
    assert!(briefing.contains(&format!(r#"action="{BASE}{}""#, transfer("key/2"))), "{briefing}");

    let (who, time_limit) = (Party::Operator, Duration::from_secs(60));
    say(Document::Room(RoomPlan { escalation: 1, attempt: 3, who, waits: true, time_limit }));
    let room = ask(&server, &transfer("key/2"), &[("Digits", "1")]).await;
    assert!(room.contains("<Conference"), "{room}");

    say(Document::HangUp);
    let end = ask(&server, &transfer("operator-done"), &[("DialCallStatus", "answered")]).await;
    assert!(end.contains("<Hangup/>"), "{end}");
    let key = |step, key| Asked::AskCall(CALL, Question::OperatorKey { attempt: 3, leg: leg(), step, key });
    assert_eq!(
        server.door().asked(),
        [
            Asked::AskCall(CALL, Question::OperatorAnswered { attempt: 3, leg: leg(), by: AnsweredBy::Unknown }),
            key(1, Some('7')),
            key(2, Some('1')),
            Asked::AskCall(CALL, Question::OperatorDone { attempt: 3, leg: leg(), parted: false }),
        ]
    );
}

#[tokio::test]
async fn no_key_is_told_and_a_repeated_request_asks_the_same_again() {
    let server = Server::normal().await;
    for _ in 0..3 {
        server.door().will_tell_own_leg(of_call(Document::Goodbye(Goodbye::NoKey)));
        let goodbye = ask(&server, &transfer("key/1"), &[("Digits", "")]).await;
        assert!(goodbye.contains("No key was pressed"), "{goodbye}");
    }
    let none = Asked::AskCall(CALL, Question::OperatorKey { attempt: 3, leg: leg(), step: 1, key: None });
    assert_eq!(server.door().asked(), vec![none; 3]);
}

#[tokio::test]
async fn what_nobody_knows_is_hung_up() {
    let server = Server::normal().await;
    for path in [
        transfer("answer"),
        transfer("key/9"),
        transfer("operator-done"),
        format!("/twilio/outbound/{CALL}"),
        "/twilio/transfers/nonsense/answer".to_owned(),
        "/twilio/transfers/nonsense/caller-done".to_owned(),
        format!("/twilio/transfers/{CALL}-0/key/1"),
        "/twilio/transfers/..%2F..%2Fetc/operator-done".to_owned(),
        "/twilio/outbound/nonsense".to_owned(),
        "/twilio/voicemail/nonsense/done".to_owned(),
    ] {
        let document = ask(&server, &path, &[("Digits", "1")]).await;
        assert!(document.contains("<Hangup/>") && !document.contains("<Say"), "{path}: {document}");
    }
    assert_eq!(server.door().asked().len(), 4, "a name that is none is not asked about");
    for path in ["/twilio/transfers/nonsense/leg", "/twilio/outbound/nonsense/status"] {
        let response = server.post(path, &with(&[("CallStatus", "ringing")])).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{path}");
    }
    let step = server.post(&transfer("key/one"), &IDS).await;
    assert_eq!(step.status(), StatusCode::BAD_REQUEST);
    assert_eq!(server.door().asked().len(), 4);
}

#[tokio::test]
async fn a_caller_whose_talk_is_over_gets_any_document() {
    let server = Server::normal().await;
    let time_limit = Duration::from_secs(60);
    let room = RoomPlan { escalation: 1, attempt: 3, who: Party::Caller, waits: false, time_limit };
    let voicemail = Document::Voicemail { escalation: 1, max: Duration::from_secs(90) };
    for (document, ticket, words) in [
        (Document::Connect, Some("fresh"), r#"value="fresh""#),
        (Document::Room(room), None, "<Conference"),
        (voicemail, None, r#"<Record maxLength="90""#),
        (Document::HangUp, None, "<Hangup/>"),
        (Document::Apologise, None, "something went wrong"),
    ] {
        for path in [transfer("caller-done"), format!("/twilio/voicemail/{CALL}/done"), after_stream()] {
            server.door().will_follow(document.clone(), ticket);
            let heard = ask(&server, &path, &[]).await;
            assert!(heard.contains(words), "{path}: {heard}");
        }
    }
}

fn after_stream() -> String {
    "/twilio/after-stream".to_owned()
}

#[tokio::test]
async fn the_caller_is_named_by_the_leg_and_the_carriers_word_is_passed_on() {
    let server = Server::normal().await;
    ask(&server, &transfer("caller-done"), &[("DialCallStatus", "completed"), ("DialBridged", "true")]).await;
    ask(&server, &transfer("caller-done"), &[("DialCallStatus", "answered")]).await;
    let url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef";
    ask(
        &server,
        &format!("/twilio/voicemail/{CALL}/done"),
        &[("RecordingUrl", url), ("RecordingDuration", "12"), ("Digits", "hangup")],
    )
    .await;
    let duration = Duration::from_secs(12);
    let asked = |question| Asked::Ask(LEG.to_owned(), question);
    assert_eq!(
        server.door().asked(),
        [
            asked(Question::CallerDone { attempt: 3, bridged: Some(true), ended: false }),
            asked(Question::CallerDone { attempt: 3, bridged: None, ended: false }),
            asked(Question::VoicemailDone { recording: RECORDING.to_owned(), duration }),
        ]
    );
}

#[tokio::test]
async fn news_are_passed_on_with_what_the_path_names() {
    let server = Server::normal().await;
    let room = format!("xfer-{CALL}-1");
    let room: &'static str = Box::leak(room.into_boxed_str());
    let voicemail = format!("/twilio/voicemail/{CALL}/recording");
    let outbound = |what: &str| format!("/twilio/outbound/{CALL}/{what}");
    for (path, more) in [
        (transfer("leg"), vec![("CallStatus", "in-progress"), ("SequenceNumber", "2")]),
        (transfer("leg"), vec![("CallStatus", "levitating")]),
        (transfer("conference"), vec![("StatusCallbackEvent", "participant-join"), ("FriendlyName", room)]),
        (transfer("conference"), vec![("StatusCallbackEvent", "participant-join"), ("FriendlyName", "xfer-other")]),
        (transfer("conference"), vec![("StatusCallbackEvent", "participant-speech-start")]),
        (transfer("amd"), vec![("AnsweredBy", "machine_start")]),
        (voicemail.clone(), vec![("RecordingStatus", "in-progress")]),
        (voicemail, vec![("RecordingStatus", "completed"), ("RecordingSid", RECORDING), ("RecordingDuration", "7")]),
        (outbound("status"), vec![("CallStatus", "busy"), ("SequenceNumber", "1")]),
        (outbound("amd"), vec![("AnsweredBy", "machine_end_beep")]),
    ] {
        let response = server.post(&path, &with(&more)).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{path}");
    }
    let told = |text: &str| Asked::TellCall(CALL, text.to_owned());
    assert_eq!(
        server.door().asked(),
        [
            Asked::OperatorStatus(ATTEMPT, LEG.to_owned(), LegStatus::InProgress, Some(2)),
            told(&format!("Room {{ attempt: 3, event: Joined({LEG}) }}")),
            told("OperatorPickedUp { attempt: 3, by: Machine }"),
            told(&format!("Recorded {{ recording: {RECORDING:?}, duration: 7s }}")),
            Asked::PartyStatus(CALL, LEG.to_owned(), LegStatus::Busy, Some(1)),
            told("PickedUp(MachineReady)"),
        ]
    );
}

#[tokio::test]
async fn an_outbound_party_is_connected_to_its_call() {
    let server = Server::normal().await;
    let connect = script(Document::Connect, Some(switchboard::types::Secret::new("fresh")));
    server.door().will_tell_own_leg(connect);
    let heard = ask(&server, &format!("/twilio/outbound/{CALL}"), &[("AnsweredBy", "human")]).await;
    assert!(heard.contains(r#"value="fresh""#), "{heard}");
    assert_eq!(server.door().asked(), [Asked::AskCall(CALL, Question::OutboundAnswered { leg: leg() })]);
}

/// A GET as Twilio signs it: parameters in the query, nothing but the URL in the signature.
async fn get(server: &Server, target: &str, signed: &str) -> reqwest::Response {
    let signature = sign(TOKEN, &format!("{BASE}{signed}"), &[]);
    client().get(server.url(target)).header("X-Twilio-Signature", signature).send().await.unwrap()
}

#[tokio::test]
async fn those_who_wait_hear_a_sentence_and_a_sound_again_and_again() {
    let server = Server::normal().await;
    let target = format!("/twilio/hold?lang=es&AccountSid={ACCOUNT}&CallSid={LEG}&FriendlyName=xfer-1");
    let response = get(&server, &target, &target).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/xml");
    let spanish = response.text().await.unwrap();
    assert!(spanish.contains("no cuelgue"), "{spanish}");
    assert!(spanish.contains("<Redirect>https://gw.test/twilio/hold?lang=es</Redirect>"), "{spanish}");

    let english = get(&server, "/twilio/hold", "/twilio/hold").await.text().await.unwrap();
    assert!(english.contains("stay on the line"), "{english}");
    assert!(english.contains(">https://gw.test/twilio/hold.wav</Play>"), "{english}");
    let posted = ask(&server, "/twilio/hold?lang=en", &[]).await;
    assert_eq!(posted, english);
    assert_eq!(server.door().asked(), []);
}

#[tokio::test]
async fn the_hold_document_is_for_twilio_and_our_account_only() {
    let server = Server::normal().await;
    let forged = get(&server, "/twilio/hold?lang=es", "/twilio/hold?lang=en").await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    let unsigned = client().get(server.url("/twilio/hold")).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::FORBIDDEN);
    let other = "/twilio/hold?AccountSid=AC00000000000000000000000000000002";
    assert_eq!(get(&server, other, other).await.status(), StatusCode::FORBIDDEN);
    let malformed = "/twilio/hold?AccountSid=AC1";
    assert_eq!(get(&server, malformed, malformed).await.status(), StatusCode::BAD_REQUEST);
    let not_text = "/twilio/hold?a=%ff";
    assert_eq!(get(&server, not_text, not_text).await.status(), StatusCode::OK, "it is signed as it is");

    let mut without = settings();
    without.tokens.clear();
    let without = Server::start(&without, Mood::Normal).await;
    assert_eq!(get(&without, "/twilio/hold", "/twilio/hold").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_hold_sound_is_open_and_may_be_kept() {
    let server = Server::normal().await;
    let response = client().get(server.url("/twilio/hold.wav")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[CONTENT_TYPE], "audio/wav");
    assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=86400");
    let sound = response.bytes().await.unwrap();
    assert!(sound.starts_with(b"RIFF"));
    // 8000 bytes a second, twice, and a sentence: below 15 s.
    assert!((8_000..40_000).contains(&sound.len()), "{}", sound.len());
}

#[tokio::test]
async fn hostile_forms_change_nothing_and_break_nothing() {
    let server = Server::normal().await;
    let mut random = fastrand::Rng::with_seed(11);
    let words =
        ["CallSid", "Digits", "AnsweredBy", "DialCallStatus", "RecordingUrl", "RecordingDuration", LEG, "\0", "é"];
    for _ in 0..60 {
        let mut pairs = IDS.to_vec();
        for _ in 0..random.usize(0..6) {
            pairs.push((words[random.usize(..words.len())], words[random.usize(..words.len())]));
        }
        for path in [transfer("key/1"), transfer("caller-done"), format!("/twilio/voicemail/{CALL}/done")] {
            let status = server.post(&path, &pairs).await.status();
            let fine = [StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST];
            assert!(fine.contains(&status), "{path} {status} {pairs:?}");
        }
    }
    for asked in server.door().asked() {
        let ours = match &asked {
            Asked::Ask(leg, _) => leg == LEG,
            Asked::AskCall(call, _) => *call == CALL,
            _ => false,
        };
        assert!(ours, "{asked:?}");
    }
}
