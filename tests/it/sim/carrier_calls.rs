//! Whole calls of the phone company in virtual time, against a small gateway of the test's own.

use std::time::Duration;

use fastrand::Rng;
use switchboard::sim::caller::code::Code;
use switchboard::sim::caller::{RandomCaller, ToneCoded};
use switchboard::sim::carrier::company::{EndedBy, WebhookKind};
use switchboard::sim::carrier::knobs::{Delay, StreamEnd};
use switchboard::sim::carrier::*;
use switchboard::types::Mono;

use super::carrier_world::*;

#[test]
fn an_echoed_call_comes_back_whole_and_everything_is_reported() {
    for code in [Code::Bytes, Code::Tones] {
        let caller = ToneCoded::new(code, 17, 500, Duration::from_secs(5));
        let (report, _) = World::new(CallPlan::new(Box::new(caller)), Media::Echo).run();
        let heard = report.code.as_ref().unwrap();
        assert!(heard.is_clean() && heard.sent == 500, "{heard:?}");
        assert_eq!(what(&report), Vec::<&str>::new());
        let end = report.ended.unwrap();
        assert_eq!((end.by, end.status), (EndedBy::Caller, "completed"));
        use WebhookKind::{Status, StreamStatus, Voice};
        assert_eq!(kinds(&report), [Voice, StreamStatus, StreamStatus, Status]);
        assert_eq!((pair(&report, 0, "CallStatus"), pair(&report, 0, "From")), (Some("ringing"), Some("+15550100001")));
        assert_eq!(pair(&report, 1, "StreamEvent"), Some("stream-started"));
        assert_eq!(pair(&report, 2, "StreamEvent"), Some("stream-stopped"));
        assert_eq!(pair(&report, 3, "CallStatus"), Some("completed"));
        assert_eq!((pair(&report, 3, "SequenceNumber"), pair(&report, 3, "CallDuration")), (Some("0"), Some("10")));
        assert_eq!(pair(&report, 3, "Timestamp"), Some("Sun, 01 Nov 2026 00:00:10 +0000"));
        assert_eq!(report.talk.turns().len(), 1);
    }
}

#[test]
fn a_gateway_that_closes_the_stream_is_asked_what_comes_next() {
    let (report, _) = World::new(quiet(60_000), Media::CloseAt(2000)).run();
    use WebhookKind::{AfterStream, Status, StreamStatus, Voice};
    let mut kinds = kinds(&report);
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(kinds, [AfterStream, Status, StreamStatus, StreamStatus, Voice]);
    assert_eq!(report.ended.unwrap().by, EndedBy::Document);
    assert!(report.violations.is_empty());
}

#[test]
fn a_stream_that_breaks_can_come_back() {
    let mut plan = quiet(6000);
    plan.phone.drop_at = Some(Duration::from_secs(2));
    let (report, _) = World::new(plan, Media::Echo).answering("/twilio/after-stream", xml(CONNECT)).run();
    assert_eq!(report.streams.len(), 2);
    assert_ne!(report.streams[0].stream(), report.streams[1].stream());
    assert_eq!(report.ended.unwrap().by, EndedBy::Caller);
    let errors: Vec<_> = (0..report.webhooks.len()).filter_map(|i| pair(&report, i, "StreamError")).collect();
    assert_eq!(errors, ["31903"]);
}

#[test]
fn a_refused_stream_is_asked_about_too() {
    let (report, _) = World::new(quiet(60_000), Media::Refuse).run();
    assert!(kinds(&report).contains(&WebhookKind::AfterStream));
    assert_eq!(report.ended.unwrap().by, EndedBy::Document);
    assert_eq!(report.violations[0].code, 31920);
}

#[test]
fn without_an_after_stream_request_the_document_goes_on() {
    let mut plan = quiet(60_000);
    plan.company.lose_after_stream = true;
    let (report, _) = World::new(plan, Media::CloseAt(500)).run();
    assert!(!kinds(&report).contains(&WebhookKind::AfterStream));
    assert_eq!(report.said, ["We are sorry."]);
    assert_eq!(report.ended.unwrap().by, EndedBy::Document);
}

#[test]
fn a_useless_answer_leads_to_the_fallback() {
    let wrong_type = WebAnswer { status: 200, content_type: "text/html".to_owned(), body: HANG_UP.to_owned() };
    for (answer, code) in [
        (status(500), 11200),
        (status(403), 11200),
        (status(302), 11200),
        (Ok(wrong_type), 12300),
        (xml("oops"), 12100),
        (Err(WebFailure::Broken), 11200),
    ] {
        let (report, _) = World::new(quiet(60_000), Media::Quiet).answering("/twilio/voice", answer).run();
        assert_eq!(kinds(&report), [WebhookKind::Voice, WebhookKind::Fallback, WebhookKind::Status]);
        assert_eq!(pair(&report, 1, "ErrorCode"), Some(code.to_string().as_str()));
        assert_eq!(pair(&report, 1, "ErrorUrl"), Some("https://gw.test/twilio/voice"));
        assert_eq!((report.said.len(), report.violations[0].code), (1, code));
        assert_eq!(report.ended.unwrap().by, EndedBy::Document);
    }
}

#[test]
fn nobody_there_is_tried_twice_and_then_the_fallback_fails_too() {
    let refused = || Err(WebFailure::Refused);
    let world = World::new(quiet(60_000), Media::Quiet)
        .answering("/twilio/voice", refused())
        .answering("/twilio/fallback", refused());
    let (report, _) = world.run();
    use WebhookKind::{Fallback, Status, Voice};
    assert_eq!(kinds(&report), [Voice, Voice, Fallback, Fallback, Status]);
    assert_eq!(report.ended.unwrap().by, EndedBy::Broken);
}

#[test]
fn a_repeated_voice_webhook_must_be_answered_the_same() {
    let mut plan = quiet(2000);
    plan.company.repeat_voice = true;
    let (report, _) = World::new(plan, Media::Quiet).run();
    assert_eq!(kinds(&report).iter().filter(|kind| **kind == WebhookKind::Repeat).count(), 1);
    assert!(report.violations.is_empty());
}

#[test]
fn callers_may_hang_up_at_any_time() {
    for at in (0..400).step_by(7) {
        let mut plan = quiet(60_000);
        plan.company.ask.latency = Duration::from_millis(50);
        plan.company.open.latency = Duration::from_millis(50);
        plan.company.hang_up_after = Some(Duration::from_millis(at));
        plan.phone.end = if at % 2 == 0 { StreamEnd::StopThenClose } else { StreamEnd::Reset };
        let (report, _) = World::new(plan, Media::Echo).run();
        let end = report.ended.unwrap();
        assert_eq!((end.at, end.by), (Mono(at * 1000), EndedBy::Caller));
        let expected = if report.answered_at.is_some() { "completed" } else { "no-answer" };
        assert_eq!(end.status, expected);
        assert_eq!(kinds(&report).iter().filter(|kind| **kind == WebhookKind::Status).count(), 1);
    }
}

#[test]
fn a_clear_flushes_and_the_mark_comes_back_at_once() {
    let (report, _) = World::new(quiet(60_000), Media::Interrupted).run();
    let phone = &report.streams[0];
    let cleared = phone.playout().clears()[0];
    assert_eq!((cleared.played, cleared.marks_flushed), (1600, 1));
    assert_eq!(cleared.at.since(phone.opened_at()), Duration::from_millis(300));
    assert_eq!(phone.counts().marks_out, 1);
    assert_eq!(phone.playout().played(), 1600);
}

#[test]
fn status_callbacks_can_be_lost_doubled_late_and_out_of_order_but_the_last_one_comes() {
    let mut orders = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let company = CompanyKnobs {
            progress_callbacks: true,
            lose_callbacks: 300,
            duplicate_callbacks: 300,
            callback: Delay { latency: Duration::ZERO, jitter: Duration::from_secs(5) },
            ..CompanyKnobs::default()
        };
        let (report, _) = World::seeded(CallPlan { company, ..quiet(1000) }, Media::Quiet, seed).run();
        let statuses: Vec<_> = (0..report.webhooks.len())
            .filter(|i| report.webhooks[*i].kind == WebhookKind::Status)
            .filter_map(|i| pair(&report, i, "SequenceNumber").map(str::to_owned))
            .collect();
        assert!(statuses.contains(&"3".to_owned()), "{statuses:?}");
        orders.insert(statuses);
    }
    assert!(orders.len() > 15);
}

#[test]
fn the_gateway_may_ask_about_a_call_and_end_it() {
    let world = World::new(quiet(60_000), Media::Echo)
        .asking(1000, "GET", "")
        .asking(2000, "POST", "Status=canceled")
        .asking(2100, "POST", "Status=completed")
        .asking(2101, "POST", "Status=completed");
    let (report, world) = world.run();
    let end = report.ended.unwrap();
    assert_eq!((end.at, end.by), (Mono(2_100_000), EndedBy::Rest));
    let statuses: Vec<_> = world.rests.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 400, 200, 400]);
    let json = |index: usize| serde_json::from_str::<serde_json::Value>(&world.rests[index].body).unwrap();
    assert_eq!((&json(0)["status"], &json(0)["duration"]), (&"in-progress".into(), &serde_json::Value::Null));
    assert_eq!(json(0)["start_time"], "Sun, 01 Nov 2026 00:00:00 +0000");
    assert_eq!((&json(2)["status"], &json(2)["duration"]), (&"completed".into(), &"2".into()));
    assert_eq!(json(3)["code"], 21220);
    assert!(world.trace.contains(r#"\"event\":\"stop\""#));
}

#[test]
fn the_gateway_may_put_a_call_elsewhere() {
    let twiml = "Twiml=%3CResponse%3E%3CSay%3EHello%3C%2FSay%3E%3C%2FResponse%3E";
    let (report, world) = World::new(quiet(60_000), Media::Echo).asking(1000, "POST", twiml).run();
    assert_eq!((world.rests[0].status, report.said.as_slice()), (200, ["Hello".to_owned()].as_slice()));
    assert!(!kinds(&report).contains(&WebhookKind::AfterStream));
    assert_eq!(report.ended.unwrap().by, EndedBy::Document);
}

#[test]
fn requests_without_sense_are_refused_and_seen() {
    for body in ["", "Status=paused", "Statuss=completed", "Url=x&Twiml=y"] {
        let (report, world) = World::new(quiet(3000), Media::Quiet).asking(1000, "POST", body).run();
        assert_eq!((world.rests[0].status, report.violations.len()), (400, 1), "{body:?}");
        assert_eq!(report.ended.unwrap().by, EndedBy::Caller);
    }
}

#[test]
fn an_overloaded_interface_does_nothing_and_an_unlucky_one_does_it_all_the_same() {
    for (field, status, by) in [(0, 429, EndedBy::Caller), (1, 503, EndedBy::Caller), (2, 500, EndedBy::Rest)] {
        let mut plan = quiet(3000);
        let knobs = &mut plan.company.rest;
        *[&mut knobs.limited, &mut knobs.unavailable, &mut knobs.done_but_failed][field] = 1000;
        let (report, world) = World::new(plan, Media::Quiet).asking(1000, "POST", "Status=completed").run();
        assert_eq!((world.rests[0].status, report.ended.unwrap().by), (status, by));
    }
}

#[test]
fn the_same_seed_gives_the_same_call_byte_for_byte() {
    for seed in 0..60 {
        let run = || {
            let mut rng = Rng::with_seed(seed);
            let mut plan = CallPlan::new(Box::new(RandomCaller::new(seed)));
            plan.phone = PhoneKnobs::random(&mut rng);
            plan.company = CompanyKnobs::random(&mut rng);
            plan.company.hang_up_after.get_or_insert(Duration::from_secs(20));
            World::new(plan, Media::Echo).run().1.trace
        };
        assert!(run() == run(), "seed {seed}");
    }
}

#[test]
fn every_faulty_call_ends_and_reports_once() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut plan = CallPlan::new(Box::new(RandomCaller::new(seed)));
        plan.phone = PhoneKnobs::random(&mut rng);
        plan.company = CompanyKnobs::random(&mut rng);
        plan.company.hang_up_after.get_or_insert(Duration::from_secs(30));
        let lose_final = plan.company.lose_final;
        let (report, world) = World::new(plan, Media::Echo).run();
        assert!(world.over && report.ended.is_some());
        let finals = report.webhooks.iter().filter(|webhook| {
            webhook.kind == WebhookKind::Status && webhook.pairs.iter().any(|(name, _)| name == "CallDuration")
        });
        assert_eq!(finals.count() == 0, lose_final, "seed {seed}");
    }
}
