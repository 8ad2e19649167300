//! What every database must do, run against both.

use futures_util::future::join_all;
use switchboard::ports::store::{Directory, Entry, History, KeyRow, Keys, StoreError};
use switchboard::session::effect::{Event, Heard, Intake, Line, LineOrigin, Record, RecordId};
use switchboard::session::input::IntakeData;
use switchboard::store::{Fault, Store};
use switchboard::types::usage::Usage;
use switchboard::types::{Caller, Millis, Outcome, Phase, PhoneNumber, Prompt, Reason, Speaker, Status, Urgency};

use crate::store::given::{PRICES, call, ended, entry, event, leg, line, opened, org, org_row};

on_both!(
    a_call_is_kept_with_everything_that_happened,
    entries_that_come_again_change_nothing,
    two_writers_of_the_same_entries_count_once,
    a_batch_is_written_whole_or_not_at_all,
    an_outcome_never_changes,
    every_outcome_reason_and_phase_reads_back,
    usage_adds_up_and_costs,
    text_with_nul_characters_is_kept,
    the_list_is_newest_first_with_totals,
    unfinished_calls_come_oldest_first,
    a_call_is_found_by_its_leg,
    organizations_are_created_once_and_updated,
    numbers_have_one_owner,
    keys_are_found_by_their_hash,
    keys_can_be_taken_back,
    first_keys_that_are_made_at_once_leave_one,
    an_unknown_call_is_not_found,
);

fn usage() -> Usage {
    Usage {
        text_in: 100,
        text_cached: 40,
        audio_in: 500,
        audio_cached: 200,
        text_out: 30,
        audio_out: 300,
        transcribed_ms: 2_000,
    }
}

/// Every kind of record, once or more.
fn whole_call(number: u32) -> Vec<Entry> {
    let cut = Line {
        seq: 1,
        speaker: Speaker::Assistant,
        text: "We are open".into(),
        start: Millis(2_000),
        end: Millis(2_900),
        heard: Heard::Cut { heard: Millis(900), total: Millis(4_000) },
        origin: LineOrigin::Item("item_2".into()),
    };
    let keys = Line { seq: 2, origin: LineOrigin::Keys, heard: Heard::Full, text: "42".into(), ..cut.clone() };
    let local = Line { seq: 3, origin: LineOrigin::Local(Prompt::Goodbye), ..keys.clone() };
    let intake = |completed| Intake {
        data: IntakeData { json: format!("{{\"caller_name\":\"Maria\",\"done\":{completed}}}"), fields: Vec::new() },
        urgency: if completed { Urgency::High } else { Urgency::Low },
        completed,
        missing: if completed { Vec::new() } else { vec!["caller_phone".into()] },
    };
    let records = [
        Record::Phase(Phase::Intake),
        Record::Event(Event::Answered { latency: Millis(640) }),
        Record::Line(cut),
        Record::Intake(intake(false)),
        Record::Line(keys),
        Record::Usage(usage()),
        Record::Intake(intake(true)),
        Record::Line(local),
        Record::Phase(Phase::Completed),
    ];
    let mut entries = vec![opened(number), line(number, 1, 0)];
    entries.extend((2..).zip(records).map(|(no, record)| entry(number, no, record)));
    entries.push(ended(number, 11, Outcome::Completed));
    entries
}

async fn a_call_is_kept_with_everything_that_happened(store: Store) {
    let entries = whole_call(1);
    store.apply(&entries).await.unwrap();

    let detail = store.call(call(1)).await.unwrap();
    let row = &detail.call;
    assert_eq!((row.id, &row.org), (call(1), &org("clinic")));
    assert_eq!(row.leg.as_ref().unwrap().as_str(), leg(1));
    assert_eq!((row.caller.as_deref(), row.dialled.as_deref()), (Some("+15550100142"), Some("+15550100199")));
    assert_eq!((row.started_at, row.ended_at), (entries[0].at, Some(entries[11].at)));
    assert_eq!((row.status, row.escalated, row.phase), (Status::Completed, false, Phase::Completed));
    assert_eq!((row.outcome, row.reason), (Some(Outcome::Completed), Some(Reason::AssistantEnded)));
    assert_eq!(row.cost_micro_usd, PRICES.cost(&usage()));
    assert_eq!(detail.usage, usage());

    let lines: Vec<_> = detail.lines.iter().map(|line| (line.seq, line.text.as_str(), line.origin.as_str())).collect();
    let said = [(0, "line 0", "speech"), (1, "We are open", "speech"), (2, "42", "keys"), (3, "42", "local")];
    assert_eq!(lines, said);
    let cut = &detail.lines[1];
    assert_eq!((cut.speaker, cut.at, cut.start_ms, cut.end_ms), (Speaker::Assistant, entries[4].at, 2_000, 2_900));
    assert_eq!((cut.heard_ms, cut.total_ms), (Some(900), Some(4_000)));
    assert_eq!((detail.lines[0].heard_ms, detail.lines[0].total_ms), (None, None));

    let intake = detail.intake.unwrap();
    assert_eq!(intake.structured_json, "{\"caller_name\":\"Maria\",\"done\":true}");
    assert_eq!((intake.urgency, intake.completed), (Some(Urgency::High), true));

    let timeline: Vec<_> = detail.events.iter().map(|event| (event.no, event.kind.as_str())).collect();
    let kinds =
        [(0, "opened"), (2, "phase"), (3, "answered"), (5, "intake"), (8, "intake"), (10, "phase"), (11, "ended")];
    assert_eq!(timeline, kinds);
    assert_eq!((detail.events[2].detail.as_str(), detail.events[2].at), ("{\"latency_ms\":640}", entries[3].at));
}

async fn entries_that_come_again_change_nothing(store: Store) {
    let entries = whole_call(1);
    store.apply(&entries[..6]).await.unwrap();
    store.apply(&entries).await.unwrap();
    let before = store.call(call(1)).await.unwrap();
    assert_eq!(before.usage, usage());

    for again in entries.chunks(5) {
        store.apply(again).await.unwrap();
    }
    assert_eq!(store.call(call(1)).await.unwrap(), before);
}

async fn two_writers_of_the_same_entries_count_once(store: Store) {
    let entries = whole_call(1);
    let (one, two) = tokio::join!(store.apply(&entries), store.apply(&entries));
    // One of them may lose a deadlock or a lock; it would come again.
    assert!(one.is_ok() || two.is_ok());
    store.apply(&entries).await.unwrap();
    let detail = store.call(call(1)).await.unwrap();
    assert_eq!((detail.usage, detail.lines.len(), detail.events.len()), (usage(), 4, 7));
}

async fn a_batch_is_written_whole_or_not_at_all(store: Store) {
    let unknown_call = line(2, 1, 0);
    let fault = store.apply(&[opened(1), line(1, 1, 0), unknown_call]).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused { missing_parent: true, .. }), "{fault}");
    assert!(matches!(store.call(call(1)).await, Err(StoreError::NotFound)));

    store.apply(&[opened(1), line(1, 1, 0)]).await.unwrap();
    let same_number = store.apply(&[event(1, 2), line(1, 3, 0)]).await.unwrap_err();
    assert!(matches!(same_number, Fault::Refused { missing_parent: false, .. }), "{same_number}");
    let detail = store.call(call(1)).await.unwrap();
    assert_eq!((detail.lines.len(), detail.events.len()), (1, 1));
    assert_eq!(store.next_record(call(1)).await.unwrap(), RecordId(2));
}

async fn an_outcome_never_changes(store: Store) {
    store.apply(&[opened(1), ended(1, 1, Outcome::CallerHungUp)]).await.unwrap();
    let before = store.call(call(1)).await.unwrap().call;
    store.apply(&[ended(1, 2, Outcome::Lost)]).await.unwrap();
    assert_eq!(store.call(call(1)).await.unwrap().call, before);
}

async fn every_outcome_reason_and_phase_reads_back(store: Store) {
    for (number, outcome) in (1..).zip(Outcome::ALL) {
        store.apply(&[opened(number), ended(number, 1, *outcome)]).await.unwrap();
        let row = store.call(call(number)).await.unwrap().call;
        assert_eq!((row.outcome, row.status), (Some(*outcome), outcome.status()));
        assert_eq!(row.escalated, *outcome == Outcome::Transferred);
    }
    for (number, reason) in (100..).zip(Reason::ALL) {
        let mut last = ended(number, 1, Outcome::Failed);
        if let Record::Ended(ending) = &mut last.record {
            ending.reason = *reason;
        }
        store.apply(&[opened(number), last]).await.unwrap();
        assert_eq!(store.call(call(number)).await.unwrap().call.reason, Some(*reason));
    }
    store.apply(&[opened(200)]).await.unwrap();
    for (no, phase) in (1..).zip(Phase::ALL) {
        store.apply(&[entry(200, no, Record::Phase(*phase))]).await.unwrap();
        assert_eq!(store.call(call(200)).await.unwrap().call.phase, *phase);
    }
    assert!(store.call(call(200)).await.unwrap().call.escalated, "the call went through escalation");
}

async fn usage_adds_up_and_costs(store: Store) {
    let entries = [opened(1), entry(1, 1, Record::Usage(usage())), entry(1, 2, Record::Usage(usage()))];
    store.apply(&entries).await.unwrap();
    let detail = store.call(call(1)).await.unwrap();
    let mut twice = usage();
    twice.add(&usage());
    assert_eq!(detail.usage, twice);
    // 60 x 4 + 40 x 0.4 + 300 x 32 + 200 x 0.4 + 30 x 24 + 300 x 64 = 29,856, and 2 s of 6,000 a minute = 200.
    assert_eq!(detail.call.cost_micro_usd, 2 * (29_856 + 200));
}

async fn text_with_nul_characters_is_kept(store: Store) {
    let mut odd = line(1, 1, 0);
    if let Record::Line(line) = &mut odd.record {
        line.text = "a\0b \u{1F600} \"quoted\" 'too' \\".into();
        line.origin = LineOrigin::Item("item\0".into());
    }
    store.apply(&[opened(1), odd]).await.unwrap();
    let text = &store.call(call(1)).await.unwrap().lines[0].text;
    assert_eq!(text, "a\u{FFFD}b \u{1F600} \"quoted\" 'too' \\");
}

async fn the_list_is_newest_first_with_totals(store: Store) {
    store.create_org(&org_row("office")).await.unwrap();
    for number in 1..=5 {
        let mut first = opened(number);
        if let Record::Opened(opening) = &mut first.record {
            opening.org = org(if number % 2 == 0 { "office" } else { "clinic" });
            opening.caller = Caller::Withheld;
            opening.dialled = None;
        }
        // Calls 4 and 5 begin in the same microsecond: the higher id counts as newer.
        first.at = first.at.min(opened(4).at);
        store.apply(&[first]).await.unwrap();
    }
    let page = async |id: Option<&str>, limit, offset| {
        let (rows, total) = store.calls(id.map(org).as_ref(), limit, offset).await.unwrap();
        assert!(rows.iter().all(|row| row.caller.is_none() && row.dialled.is_none() && row.outcome.is_none()));
        (rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), total)
    };
    assert_eq!(page(None, 50, 0).await, ([5, 4, 3, 2, 1].map(call).to_vec(), 5));
    assert_eq!(page(None, 2, 1).await, ([4, 3].map(call).to_vec(), 5));
    assert_eq!(page(None, 2, 5).await, (Vec::new(), 5));
    assert_eq!(page(Some("clinic"), 2, 1).await, ([3, 1].map(call).to_vec(), 3));
    assert_eq!(page(Some("office"), 50, 0).await, ([4, 2].map(call).to_vec(), 2));
    assert_eq!(page(Some("nobody"), 50, 0).await, (Vec::new(), 0));
}

async fn unfinished_calls_come_oldest_first(store: Store) {
    for number in [3, 1, 2] {
        store.apply(&[opened(number)]).await.unwrap();
    }
    store.apply(&[ended(2, 1, Outcome::Completed)]).await.unwrap();
    let rows = store.unfinished().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [call(1), call(3)]);
    assert!(rows.iter().all(|row| row.status == Status::InProgress && row.phase == Phase::Greeting));
}

async fn a_call_is_found_by_its_leg(store: Store) {
    store.apply(&[opened(1), opened(2), event(2, 1)]).await.unwrap();
    let found = store.by_leg(&leg(2).parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(found.id, call(2));
    assert_eq!(store.by_leg(&leg(3).parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.next_record(call(2)).await.unwrap(), RecordId(2));
    assert_eq!(store.next_record(call(3)).await.unwrap(), RecordId(0));
}

async fn organizations_are_created_once_and_updated(store: Store) {
    let mut row = org_row("office");
    store.create_org(&row).await.unwrap();
    row.business_hours = "{\"mon\":\"8-18\"}".into();
    row.config = "{\"greeting\":\"Hello\"}".into();
    row.services_offered = "[\"repairs\"]".into();
    row.after_hours_policy = "Call\0 later".into();
    row.escalation_phone = "+15550100111".into();
    store.create_org(&row).await.unwrap();
    assert_eq!(store.org(&org("office")).await.unwrap(), org_row("office"), "an existing one is left as it is");

    store.update_org(&row).await.unwrap();
    row.after_hours_policy = "Call\u{FFFD} later".into();
    assert_eq!(store.org(&org("office")).await.unwrap(), row);
    assert!(matches!(store.update_org(&org_row("nobody")).await, Err(StoreError::NotFound)));
    assert!(matches!(store.org(&org("nobody")).await, Err(StoreError::NotFound)));

    for id in ["a_b", "a-b", "ab", "a1"] {
        store.create_org(&org_row(id)).await.unwrap();
    }
    let ids: Vec<_> = store.orgs().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["a-b", "a1", "a_b", "ab", "clinic", "office"], "in the order of their bytes");
}

async fn numbers_have_one_owner(store: Store) {
    let [one, two]: [PhoneNumber; 2] = ["+15550100001", "+4930123456"].map(|text| text.parse().unwrap());
    store.create_org(&org_row("office")).await.unwrap();
    assert_eq!(store.owner(&one).await.unwrap(), None);
    store.assign_number(&one, &org("clinic")).await.unwrap();
    store.assign_number(&two, &org("clinic")).await.unwrap();
    assert_eq!(store.numbers(&org("clinic")).await.unwrap(), [one.clone(), two.clone()]);

    store.assign_number(&one, &org("office")).await.unwrap();
    assert_eq!(store.owner(&one).await.unwrap(), Some(org("office")));
    assert_eq!(store.numbers(&org("clinic")).await.unwrap(), [two]);
    assert!(matches!(store.assign_number(&one, &org("nobody")).await, Err(StoreError::NotFound)));
    assert_eq!(store.owner(&one).await.unwrap(), Some(org("office")));
}

async fn keys_are_found_by_their_hash(store: Store) {
    let hash = "ab".repeat(32);
    assert_eq!(store.list().await.unwrap(), []);
    store.add("admin", &hash).await.unwrap();
    store.add("other", &hash).await.unwrap();
    assert_eq!(store.list().await.unwrap(), [KeyRow { name: "admin".to_owned(), hash: hash.clone() }]);
    assert_eq!(store.find(&hash).await.unwrap().as_deref(), Some("admin"));
    assert_eq!(store.find(&"cd".repeat(32)).await.unwrap(), None);
    assert!(matches!(store.add("plain", "not a hash").await, Err(StoreError::Database(_))));
}

async fn keys_can_be_taken_back(store: Store) {
    let [old, new, desk] = ["aa", "bb", "cc"].map(|pair| pair.repeat(32));
    store.add("admin", &old).await.unwrap();
    store.add("desk", &desk).await.unwrap();
    store.replace("admin", &new).await.unwrap();
    store.replace("admin", &new).await.unwrap();
    assert_eq!(store.find(&old).await.unwrap(), None, "the key before is gone");
    assert_eq!(store.find(&new).await.unwrap().as_deref(), Some("admin"));
    assert!(store.revoke(&desk).await.unwrap());
    assert!(!store.revoke(&desk).await.unwrap(), "it was gone");
    assert_eq!(store.list().await.unwrap().len(), 1);
}

async fn first_keys_that_are_made_at_once_leave_one(store: Store) {
    let hashes: Vec<String> = (10..26).map(|n: u32| format!("{n}").repeat(32)).collect();
    let made = join_all(hashes.iter().map(|hash| store.add_first("admin", hash))).await;
    let made = made.into_iter().filter(|first| *first.as_ref().unwrap()).count();
    assert_eq!((made, store.list().await.unwrap().len()), (1, 1));
    assert!(!store.add_first("admin", &"ff".repeat(32)).await.unwrap());
}

async fn an_unknown_call_is_not_found(store: Store) {
    assert!(matches!(store.call(call(1)).await, Err(StoreError::NotFound)));
    store.ping().await.unwrap();
}
