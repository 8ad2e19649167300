//! What bringing a person in leaves behind, on both databases: rows that only move forwards.

use std::time::Duration;

use switchboard::ports::store::{AttemptRow, Directory, EscalationRow, History, Transfers};
use switchboard::session::effect::{Consent, Record};
use switchboard::session::fact::{AttemptFact, EscalationFact, EscalationRaise, VoicemailFact};
use switchboard::store::{Fault, Store};
use switchboard::types::{
    AttemptId, AttemptState, CallId, Cause, Direction, EscalationState, TransferMode, Urgency, Wall,
};

use crate::store::given::{
    self, Dir, attempt, attempt_move, call, entries, entry, escalation, escalation_move, leg, opened, org, org_row,
};

on_both!(
    an_escalation_is_kept_with_its_attempts,
    a_more_serious_request_raises_the_row_and_the_timeline_keeps_the_first_reason,
    records_that_come_again_change_nothing,
    a_move_of_a_row_that_is_elsewhere_changes_nothing,
    nothing_leaves_a_final_state,
    every_word_reads_back,
    facts_without_what_they_refer_to_are_refused,
    the_list_is_newest_first_and_narrows,
    an_outbound_call_gets_its_leg_later,
);

use AttemptState as A;
use EscalationState as E;

/// One operator declines, the next one talks to the caller, then the caller leaves a message.
fn transfer(number: u32) -> Vec<switchboard::ports::store::Entry> {
    let message =
        VoicemailFact { no: 1, escalation: Some(1), recording: "RE1".into(), duration: Duration::from_millis(8_700) };
    entries(
        number,
        [
            escalation(1),
            attempt(1, 1),
            escalation_move(1, E::Requested, E::Dialing),
            attempt_move(1, A::Intended, A::Dialing, Some(77)),
            attempt_move(1, A::Dialing, A::Declined, None),
            attempt(2, 1),
            attempt_move(2, A::Intended, A::Dialing, Some(78)),
            escalation_move(1, E::Dialing, E::Briefing),
            Record::Voicemail(message),
        ],
    )
}

async fn only(store: &Store, id: CallId) -> EscalationRow {
    let mut escalations = store.call(id).await.unwrap().escalations;
    assert_eq!(escalations.len(), 1);
    escalations.remove(0)
}

async fn an_escalation_is_kept_with_its_attempts(store: Store) {
    let entries = transfer(1);
    assert!(!store.call(call(1)).await.is_ok_and(|detail| detail.call.escalated));
    store.apply(&entries).await.unwrap();

    let detail = store.call(call(1)).await.unwrap();
    assert!(detail.call.escalated);
    assert_eq!(detail.call.direction, Direction::Inbound);
    let first = AttemptRow {
        no: 1,
        escalation: 1,
        target: "front-desk".parse().unwrap(),
        mode: TransferMode::Warm,
        state: A::Declined,
        leg: leg(77).parse().ok(),
        why: None,
        code: None,
        intended_at: entries[2].at,
        changed_at: entries[5].at,
    };
    let second = AttemptRow {
        no: 2,
        state: A::Dialing,
        leg: leg(78).parse().ok(),
        intended_at: entries[6].at,
        changed_at: entries[7].at,
        ..first.clone()
    };
    let expected = EscalationRow {
        call: call(1),
        org: org("clinic"),
        no: 1,
        state: E::Briefing,
        cause: Cause::Assistant,
        urgency: Urgency::High,
        reason: "wants\u{FFFD} a person".into(),
        summary: "Maria has a fever".into(),
        requested_at: entries[1].at,
        changed_at: entries[8].at,
        attempts: vec![first, second.clone()],
    };
    assert_eq!(detail.escalations, std::slice::from_ref(&expected));
    assert_eq!(store.escalations(None, true, 10, 0).await.unwrap(), (vec![expected], 1));
    let id = |no| AttemptId { call: call(1), no };
    assert_eq!(store.attempt(id(2)).await.unwrap(), Some(second));
    assert_eq!(store.attempt(id(3)).await.unwrap(), None);
    let [message] = &detail.voicemails[..] else { panic!("one message") };
    assert_eq!((message.call, message.no, message.recording.as_str()), (call(1), 1, "RE1"));
    assert_eq!((message.duration_secs, message.at), (8, entries[9].at));

    let kinds: Vec<_> = detail.events.iter().map(|event| event.kind.as_str()).collect();
    let expected = [
        "opened",
        "escalation",
        "attempt",
        "escalation_state",
        "attempt_state",
        "attempt_state",
        "attempt",
        "attempt_state",
        "escalation_state",
        "voicemail",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(detail.events[1].detail, r#"{"cause":"assistant","no":1,"urgency":"high"}"#);
    let said: String = detail.events.iter().map(|event| event.detail.as_str()).collect();
    assert!(!said.contains("wants") && !said.contains("Maria"), "{said}");
}

async fn a_more_serious_request_raises_the_row_and_the_timeline_keeps_the_first_reason(store: Store) {
    let raised = |reason: &str| {
        Record::EscalationRaised(EscalationRaise {
            no: 1,
            cause: Cause::Safety,
            urgency: Urgency::Emergency,
            reason: reason.into(),
            reason_before: "wants a person".into(),
        })
    };
    let moves =
        [escalation(1), raised("chest pain"), escalation_move(1, E::Requested, E::Canceled), raised("too late")];
    let entries = entries(1, moves);
    store.apply(&entries[..3]).await.unwrap();
    let past = store.past(call(1), 10).await.unwrap().open.unwrap().fact;
    assert_eq!((past.urgency, past.reason.as_str()), (Urgency::Emergency, "chest pain"), "also after a restart");
    store.apply(&entries).await.unwrap();

    let row = only(&store, call(1)).await;
    assert_eq!((row.urgency, row.cause, row.state), (Urgency::Emergency, Cause::Safety, E::Canceled));
    assert_eq!((row.reason.as_str(), row.summary.as_str()), ("chest pain", "Maria has a fever"));
    let (listed, _) = store.escalations(None, false, 10, 0).await.unwrap();
    assert_eq!(listed, [row], "the list says the same");
    let events = store.call(call(1)).await.unwrap().events;
    let raised: Vec<_> = events.iter().filter(|event| event.kind == "escalation_raised").collect();
    let [event] = &raised[..] else { panic!("one raise; nothing raises what is over") };
    let detail = r#"{"cause":"safety","no":1,"reason_before":"wants a person","urgency":"emergency"}"#;
    assert_eq!(event.detail, detail);
}

async fn records_that_come_again_change_nothing(store: Store) {
    let entries = transfer(1);
    store.apply(&entries[..6]).await.unwrap();
    store.apply(&entries).await.unwrap();
    let before = store.call(call(1)).await.unwrap();
    for again in entries.chunks(3) {
        store.apply(again).await.unwrap();
    }
    assert_eq!(store.call(call(1)).await.unwrap(), before);
}

async fn a_move_of_a_row_that_is_elsewhere_changes_nothing(store: Store) {
    store.apply(&transfer(1)).await.unwrap();
    let before = store.call(call(1)).await.unwrap();
    let late = [
        escalation_move(1, E::Dialing, E::Canceled),
        escalation_move(2, E::Briefing, E::Canceled),
        attempt_move(2, A::Intended, A::Failed, Some(99)),
        attempt_move(3, A::Dialing, A::Failed, None),
    ];
    let late: Vec<_> = (20..).zip(late).map(|(no, record)| entry(1, no, record)).collect();
    store.apply(&late).await.unwrap();
    assert_eq!(store.call(call(1)).await.unwrap(), before, "rows and timeline");
    assert_eq!(store.next_record(call(1)).await.unwrap().0, 24, "they count as applied");

    let right = [escalation_move(1, E::Briefing, E::Canceled), attempt_move(2, A::Dialing, A::Briefing, None)];
    let right: Vec<_> = (30..).zip(right).map(|(no, record)| entry(1, no, record)).collect();
    store.apply(&right).await.unwrap();
    let now = only(&store, call(1)).await;
    assert_eq!((now.state, now.changed_at), (E::Canceled, right[0].at));
    assert_eq!((now.attempts[1].state, now.attempts[1].changed_at), (A::Briefing, right[1].at));
    assert_eq!(now.attempts[1].leg, leg(78).parse().ok(), "a move without a leg keeps the one that is known");
}

async fn nothing_leaves_a_final_state(store: Store) {
    for (number, last) in (1..).zip(E::ALL.iter().filter(|state| state.is_final())) {
        store.apply(&entries(number, [escalation(1), escalation_move(1, E::Requested, *last)])).await.unwrap();
        let before = store.call(call(number)).await.unwrap();
        let tries = E::ALL.iter().flat_map(|to| [(E::Requested, *to), (*last, *to)]);
        let late: Vec<_> =
            (3..).zip(tries).map(|(no, (from, to))| entry(number, no, escalation_move(1, from, to))).collect();
        store.apply(&late).await.unwrap();
        assert_eq!(store.call(call(number)).await.unwrap(), before, "{last}");
    }
    for (number, last) in (100..).zip(A::ALL.iter().filter(|state| state.is_final())) {
        let begun = [escalation(1), attempt(1, 1), attempt_move(1, A::Intended, *last, None)];
        store.apply(&entries(number, begun)).await.unwrap();
        let before = store.call(call(number)).await.unwrap();
        let tries = A::ALL.iter().flat_map(|to| [(A::Intended, *to), (*last, *to)]);
        // The name of a leg may come late: that is no move.
        let tries = tries.filter(|(from, to)| from != to);
        let late: Vec<_> =
            (4..).zip(tries).map(|(no, (from, to))| entry(number, no, attempt_move(1, from, to, Some(5)))).collect();
        store.apply(&late).await.unwrap();
        assert_eq!(store.call(call(number)).await.unwrap(), before, "{last}");
    }
}

async fn every_word_reads_back(store: Store) {
    for (number, cause) in (1..).zip(Cause::ALL) {
        for (no, urgency) in (1..).zip(Urgency::ALL) {
            let fact =
                EscalationFact { no, cause: *cause, urgency: *urgency, reason: "why".into(), summary: String::new() };
            store.apply(&[opened(number), entry(number, no, Record::Escalation(fact))]).await.unwrap();
            let row = store.call(call(number)).await.unwrap().escalations.pop().unwrap();
            assert_eq!((row.no, row.cause, row.urgency, row.summary.as_str()), (no, *cause, *urgency, ""));
        }
    }
    for (number, state) in (100..).zip(E::ALL) {
        store.apply(&entries(number, [escalation(1), escalation_move(1, E::Requested, *state)])).await.unwrap();
        assert_eq!(only(&store, call(number)).await.state, *state);
        let open = store.escalations(None, true, 50, 0).await.unwrap().0;
        assert_eq!(open.iter().any(|row| row.call == call(number)), !state.is_final(), "{state}");
    }
    store.apply(&entries(200, [escalation(1)])).await.unwrap();
    for (no, state) in (1..).zip(A::ALL) {
        let mode = TransferMode::ALL[no as usize % TransferMode::ALL.len()];
        let fact = AttemptFact { no, escalation: 1, target: "b_2".parse().unwrap(), mode };
        let moved = attempt_move(no, A::Intended, *state, None);
        let number = 10 * no;
        store.apply(&[entry(200, number, Record::Attempt(fact)), entry(200, number + 1, moved)]).await.unwrap();
        let row = store.attempt(AttemptId { call: call(200), no }).await.unwrap().unwrap();
        assert_eq!((row.state, row.mode, row.target.as_str(), row.leg), (*state, mode, "b_2", None));
    }
}

async fn facts_without_what_they_refer_to_are_refused(store: Store) {
    store.apply(&[opened(1)]).await.unwrap();
    for lonely in [entry(9, 1, escalation(1)), entry(1, 1, attempt(1, 1))] {
        let fault = store.apply(&[lonely]).await.unwrap_err();
        assert!(matches!(fault, Fault::Refused { missing_parent: true, .. }), "{fault}");
    }
    store.apply(&[entry(1, 1, escalation(1))]).await.unwrap();
    let same_number = store.apply(&[entry(1, 2, escalation(1))]).await.unwrap_err();
    assert!(matches!(same_number, Fault::Refused { missing_parent: false, .. }), "{same_number}");
    assert_eq!(store.next_record(call(1)).await.unwrap().0, 2);
}

async fn the_list_is_newest_first_and_narrows(store: Store) {
    store.create_org(&org_row("office")).await.unwrap();
    for number in 1..=4 {
        let mut first = opened(number);
        if let Record::Opened(opening) = &mut first.record {
            opening.org = org(if number == 2 { "office" } else { "clinic" });
        }
        let last = if number == 3 { E::Failed } else { E::Dialing };
        let records = [
            escalation(1),
            attempt(1, 1),
            escalation_move(1, E::Requested, last),
            escalation(2),
            attempt(2, 2),
            attempt(3, 1),
        ];
        store.apply(&[first]).await.unwrap();
        store.apply(&entries(number, records)).await.unwrap();
    }
    let page = async |id: Option<&str>, open, limit, offset| {
        let (rows, total) = store.escalations(id.map(org).as_ref(), open, limit, offset).await.unwrap();
        for row in &rows {
            let attempts: Vec<_> = row.attempts.iter().map(|attempt| (attempt.no, attempt.escalation)).collect();
            assert_eq!(attempts, if row.no == 1 { vec![(1, 1), (3, 1)] } else { vec![(2, 2)] });
        }
        let names = rows.into_iter().map(|row| (row.call, row.no));
        (names.collect::<Vec<_>>(), total)
    };
    let rows = |pairs: &[(u32, u32)]| pairs.iter().map(|(number, no)| (call(*number), *no)).collect::<Vec<_>>();
    let all = [(4, 2), (4, 1), (3, 2), (3, 1), (2, 2), (2, 1), (1, 2), (1, 1)];
    assert_eq!(page(None, false, 50, 0).await, (rows(&all), 8));
    assert_eq!(page(None, false, 3, 2).await, (rows(&all[2..5]), 8));
    assert_eq!(page(None, true, 3, 1).await, (rows(&[(4, 1), (3, 2), (2, 2)]), 7));
    assert_eq!(page(Some("office"), true, 50, 0).await, (rows(&[(2, 2), (2, 1)]), 2));
    assert_eq!(page(Some("clinic"), false, 2, 4).await, (rows(&[(1, 2), (1, 1)]), 6));
    assert_eq!(page(Some("nobody"), false, 50, 0).await, (Vec::new(), 0));
}

/// The opening of an outbound call, whose leg nobody knows yet.
fn outbound(number: u32) -> switchboard::ports::store::Entry {
    let mut first = opened(number);
    if let Record::Opened(opening) = &mut first.record {
        opening.leg = None;
        opening.direction = Direction::Outbound;
        let basis = "asked for\0 a call".into();
        opening.consent = Some(Consent { basis, at: Wall(1_699_000_000_000_000), by: "Ana".into() });
    }
    first
}

async fn an_outbound_call_gets_its_leg_later(store: Store) {
    store.apply(&[outbound(1), opened(2)]).await.unwrap();
    let detail = store.call(call(1)).await.unwrap();
    let basis = "asked for\u{FFFD} a call".into();
    assert_eq!(detail.consent, Some(Consent { basis, at: Wall(1_699_000_000_000_000), by: "Ana".into() }));
    assert_eq!(store.call(call(2)).await.unwrap().consent, None);
    let row = detail.call;
    assert_eq!((row.direction, row.leg), (Direction::Outbound, None));
    assert_eq!(row.caller.as_deref(), Some("+15550100142"));
    store.apply(&[entry(1, 1, Record::Leg(leg(55).parse().unwrap()))]).await.unwrap();
    let found = store.by_leg(&leg(55).parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((found.id, found.direction), (call(1), Direction::Outbound));
    assert_eq!(store.call(call(2)).await.unwrap().call.leg, leg(2).parse().ok(), "another call keeps its own");
    assert_eq!(store.call(call(1)).await.unwrap().events[1].kind, "leg");
}

#[tokio::test]
async fn consent_is_kept_as_it_was_stated() {
    use sqlx::Connection as _;
    let dir = Dir::new();
    let store = given::lite(&dir).await;
    store.apply(&[outbound(1), opened(2)]).await.unwrap();
    let mut conn = sqlx::SqliteConnection::connect(&dir.sqlite_url()).await.unwrap();
    let sql = "select consent_basis, consent_at, consent_by from calls order by id";
    let rows: Vec<(Option<String>, Option<i64>, Option<String>)> =
        sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap();
    let stated = (Some("asked for\u{FFFD} a call".into()), Some(1_699_000_000_000_000), Some("Ana".into()));
    assert_eq!(rows, [stated, (None, None, None)]);
}
