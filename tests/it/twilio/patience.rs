//! Webhooks while nobody can answer: the leg waits and asks again, and loses neither its turn nor its key.
//!
//! Without sockets, so that the clock can be a virtual one.

use std::time::Duration;

use axum::http::StatusCode;
use switchboard::ports::door::Answer;
use switchboard::session::document::{Document, Party, RoomPlan};
use switchboard::session::input::Question;
use switchboard::types::{AttemptId, CallId, LegId, Secret};
use tokio::time::{Instant, sleep};

use super::support::*;

const CALL: CallId = CallId(uuid::Uuid::from_u128(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001));
const ATTEMPT: AttemptId = AttemptId { call: CALL, no: 3 };
const RECORDING: &str = "RE0123456789abcdef0123456789abcdef";
const IDS: [(&str, &str); 2] = [("AccountSid", ACCOUNT), ("CallSid", LEG)];

fn leg() -> LegId {
    LEG.parse().unwrap()
}

fn room() -> Document {
    let time_limit = Duration::from_secs(60);
    Document::Room(RoomPlan { escalation: 1, attempt: 3, who: Party::Operator, waits: false, time_limit })
}

/// Where a document sends its leg, and after how many seconds.
fn redirect(document: &str) -> Option<(String, u64)> {
    let between = |from: &str, to: &str| document.split_once(from)?.1.split_once(to).map(|(text, _)| text.to_owned());
    let url = between("<Redirect method=\"POST\">", "</Redirect>")?.replace("&#38;", "&");
    let pause = between("<Pause length=\"", "\"").unwrap().parse().unwrap();
    Some((url.strip_prefix(BASE).unwrap().to_owned(), pause))
}

/// What the leg hears in the end, and how often it asked. What came with the first request does not come again.
async fn follow(house: &House, path: &str, more: &[(&str, &str)]) -> (String, u32) {
    let (mut path, mut pairs, mut asked) = (path.to_owned(), [&IDS, more].concat(), 0);
    loop {
        asked += 1;
        let (status, document) = house.post(&path, &pairs).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let Some((next, pause)) = redirect(&document) else { return (document, asked) };
        assert!(!document.contains("<Hangup"), "{document}");
        assert!(pause <= 2, "{document}");
        sleep(Duration::from_secs(pause)).await;
        (path, pairs) = (next, IDS.to_vec());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_stand_still_for_five_seconds_lose_nobody() {
    let answer = format!("/twilio/transfers/{ATTEMPT}/answer");
    let key = format!("/twilio/transfers/{ATTEMPT}/key/2");
    let caller_done = format!("/twilio/transfers/{ATTEMPT}/caller-done");
    let message = format!("/twilio/voicemail/{CALL}/done");
    let outbound = format!("/twilio/outbound/{CALL}");
    let of_call = |question| Asked::AskCall(CALL, question);
    let of_leg = |question| Asked::Ask(LEG.to_owned(), question);
    let recorded = Question::VoicemailDone { recording: RECORDING.to_owned(), duration: Duration::from_secs(12) };
    for (path, more, question) in [
        ("/twilio/after-stream", vec![], Asked::AfterStream(LEG.to_owned())),
        ("/twilio/fallback", vec![("ErrorUrl", "https://gw.test/twilio/after-stream")], of_leg(Question::Fallback)),
        (
            &answer,
            vec![("AnsweredBy", "human")],
            of_call(Question::OperatorAnswered { attempt: 3, leg: leg(), by: switchboard::types::AnsweredBy::Human }),
        ),
        (
            &key,
            vec![("Digits", "1")],
            of_call(Question::OperatorKey { attempt: 3, leg: leg(), step: 2, key: Some('1') }),
        ),
        (
            &caller_done,
            vec![("DialCallStatus", "completed"), ("DialBridged", "true")],
            of_leg(Question::CallerDone { attempt: 3, bridged: Some(true), ended: false }),
        ),
        (&message, vec![("RecordingSid", RECORDING), ("RecordingDuration", "12")], of_leg(recorded)),
        (&outbound, vec![], of_call(Question::OutboundAnswered { leg: leg() })),
    ] {
        let house = House::new(&settings(), Mood::StandsStill(Instant::now() + Duration::from_secs(5)));
        house.door.will_follow(room(), None);
        house.door.will_tell_own_leg(script(room(), None));
        let (document, asked) = follow(&house, path, &more).await;
        assert!(document.contains("<Conference"), "{path}: {document}");
        assert_eq!(asked, 3, "{path}");
        let expected = if path.ends_with("fallback") {
            vec![question, Asked::AfterStream(LEG.to_owned()), Asked::AfterStream(LEG.to_owned())]
        } else {
            vec![question; 3]
        };
        assert_eq!(house.door.asked(), expected, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_caller_waits_too() {
    let house = House::new(&settings(), Mood::StandsStill(Instant::now() + Duration::from_secs(5)));
    house.door.will_answer(Answer::Connect { ticket: Secret::new(TICKET) });
    let (document, _) = follow(&house, "/twilio/voice", &ringing()[2..]).await;
    assert!(document.contains("<Connect"), "{document}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_needs_a_moment_says_so_without_a_word() {
    let house = House::new(&settings(), Mood::Normal);
    house.door.will_follow(Document::AskAgain, None);
    house.door.will_follow(room(), None);
    let (status, document) = house.post("/twilio/after-stream", &IDS).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!document.contains("<Say") && !document.contains("<Hangup"), "{document}");
    assert_eq!(redirect(&document).unwrap(), ("/twilio/after-stream?again=1".to_owned(), 1));
}

#[tokio::test(start_paused = true)]
async fn in_the_end_the_leg_hears_an_apology_and_the_call_hears_of_it() {
    let key = format!("/twilio/transfers/{ATTEMPT}/key/2");
    for (path, gave_up) in [("/twilio/after-stream", true), (&key, false), ("/twilio/voice", true)] {
        let house = House::new(&settings(), Mood::NeverAnswers);
        let began = Instant::now();
        let (document, asked) = follow(&house, path, &ringing()[2..]).await;
        assert!(document.contains("something went wrong") && document.contains("<Hangup/>"), "{document}");
        for words in ["If anyone is in danger", "Si alguien está en peligro"] {
            assert!(document.contains(words), "{words}: {document}");
        }
        assert_eq!(asked, 6, "{path}");
        assert!(began.elapsed() < Duration::from_secs(30), "{path}: {:?}", began.elapsed());
        let told = house.door.asked().contains(&Asked::GaveUp(LEG.to_owned()));
        assert_eq!(told, gave_up, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_ring_that_was_of_no_use_is_given_again() {
    let house = House::new(&settings(), Mood::Normal);
    house.door.will_answer(Answer::Connect { ticket: Secret::new(TICKET) });
    for url in ["https://gw.test/twilio/voice", "https://gw.test/twilio/voice/again/3"] {
        house.door.will_answer(Answer::Connect { ticket: Secret::new(TICKET) });
        let pairs = [ringing(), vec![("ErrorCode", "11200"), ("ErrorUrl", url)]].concat();
        let (_, document) = house.post("/twilio/fallback", &pairs).await;
        assert!(document.contains("<Connect"), "{document}");
    }
    assert!(house.door.asked().iter().all(|asked| matches!(asked, Asked::Ring(..))), "{:?}", house.door.asked());
}
