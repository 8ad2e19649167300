//! What a restarted gateway reads of a call that is still going on, on both databases.

use switchboard::assistant::tools;
use switchboard::ports::store::{History, StoreError};
use switchboard::session::effect::{Event, Heard, Intake, Record};
use switchboard::session::fact::{CallbackFact, EscalationFact, VoicemailFact};
use switchboard::session::input::{IntakeData, ToolRequest};
use switchboard::store::Store;
use switchboard::types::{AttemptState, Cause, EscalationState, Millis, Phase, Speaker, Urgency, Wall};

use crate::store::given::{
    attempt, attempt_move, call, entries, entry, escalation, escalation_move, leg, line, opened,
};

on_both!(
    the_past_of_a_call_that_has_only_begun_is_empty,
    the_past_has_the_last_lines_and_the_counters,
    the_past_has_the_intake_as_the_tool_made_it,
    the_past_has_what_is_not_finished_in_every_state,
    the_past_leaves_finished_things_out,
    the_past_knows_an_emergency_that_was_broken_off,
    a_leg_that_is_learned_late_is_in_the_past,
    the_past_knows_whom_staff_chose,
);

async fn the_past_knows_whom_staff_chose(store: Store) {
    let chosen = |escalation, target: Option<&str>| {
        let target = target.map(|target| target.parse().unwrap());
        Record::Event(Event::TakeOver { escalation, target })
    };
    let only = async |no: u32, after: &[Record]| {
        let mut records = vec![opened(no), entry(no, 1, escalation(1))];
        records.extend((2..).zip(after).map(|(at, record)| entry(no, at, record.clone())));
        store.apply(&records).await.unwrap();
        store.past(call(no), 10).await.unwrap().open.unwrap().only.map(|only| only.as_str().to_owned())
    };
    assert_eq!(only(1, &[]).await, None);
    assert_eq!(only(2, &[chosen(1, Some("desk"))]).await.as_deref(), Some("desk"));
    assert_eq!(only(3, &[chosen(1, Some("desk")), chosen(1, Some("doctor"))]).await.as_deref(), Some("doctor"));
    assert_eq!(only(4, &[chosen(1, Some("desk")), chosen(1, None)]).await, None);
    let of_another = [chosen(1, Some("desk")), escalation_move(1, E::Requested, E::Returned), escalation(2)];
    assert_eq!(only(5, &of_another).await, None);
}

use AttemptState as A;
use EscalationState as E;

async fn the_past_of_a_call_that_has_only_begun_is_empty(store: Store) {
    assert!(matches!(store.past(call(1), 10).await, Err(StoreError::NotFound)));
    store.apply(&[opened(1)]).await.unwrap();
    let past = store.past(call(1), 10).await.unwrap();
    assert_eq!((past.next_record, past.next_line, past.phase), (1, 0, Phase::Greeting));
    assert_eq!((past.escalations, past.attempts, past.callbacks, past.voicemails), (0, 0, 0, 0));
    assert!(past.lines.is_empty() && past.intake.is_none() && past.open.is_none());
}

async fn the_past_has_the_last_lines_and_the_counters(store: Store) {
    let mut records = vec![opened(1), entry(1, 1, Record::Phase(Phase::Clarification))];
    for seq in 0..5 {
        let mut said = line(1, 2 + seq, seq);
        if let Record::Line(line) = &mut said.record {
            line.speaker = if seq % 2 == 0 { Speaker::Assistant } else { Speaker::Caller };
            if seq == 3 {
                line.text = String::new();
                line.heard = Heard::Cut { heard: Millis(0), total: Millis(900) };
            }
        }
        records.push(said);
    }
    let message = |no| VoicemailFact { no, escalation: None, recording: String::new(), duration: Default::default() };
    let promise = CallbackFact {
        no: 1,
        escalation: None,
        urgency: Urgency::Low,
        reason: String::new(),
        due: Wall(1),
        assignee: None,
    };
    let rest = [Record::Callback(promise), Record::Voicemail(message(1)), Record::Voicemail(message(2))];
    records.extend((7..).zip(rest).map(|(no, record)| entry(1, no, record)));
    store.apply(&records).await.unwrap();
    store.apply(&[opened(2), line(2, 1, 0), entry(2, 2, escalation(1))]).await.unwrap();

    let past = store.past(call(1), 3).await.unwrap();
    assert_eq!((past.next_record, past.next_line, past.phase), (10, 5, Phase::Clarification));
    assert_eq!((past.escalations, past.attempts, past.callbacks, past.voicemails), (0, 0, 1, 2));
    let said = [(Speaker::Caller, "line 1"), (Speaker::Assistant, "line 2"), (Speaker::Assistant, "line 4")];
    assert_eq!(past.lines, said.map(|(who, text)| (who, text.to_owned())), "without the line that nobody heard");
    assert_eq!(store.past(call(1), 100).await.unwrap().lines.len(), 4);
    assert!(store.past(call(1), 0).await.unwrap().lines.is_empty());
}

/// What the assistant's tool makes of an object.
fn taken(object: &str) -> IntakeData {
    let arguments = format!(r#"{{"structured_data":{object},"urgency_level":"low"}}"#);
    match tools::parse("complete_intake", &arguments) {
        ToolRequest::CompleteIntake { intake, .. } => intake,
        other => panic!("{other:?}"),
    }
}

async fn the_past_has_the_intake_as_the_tool_made_it(store: Store) {
    let objects = [
        "{}",
        r#"{"caller_name":" Maria ","empty":"  ","nothing":null}"#,
        r#"{"n":1.50,"yes":true,"list":["a", 2, null, "", ["b"], {"c":1}, {}],"none":[],"o":{"p":[1]},"e":{}}"#,
        r#"{"quote":"\"\\ \u00fc \u0000","z":"1","a":"2"}"#,
    ];
    for (number, object) in (1..).zip(objects) {
        let data = taken(object);
        let first = Intake { data: taken(r#"{"old":1}"#), urgency: Urgency::Low, completed: false, missing: vec![] };
        let intake = Intake { data: data.clone(), ..first.clone() };
        store.apply(&entries(number, [Record::Intake(first), Record::Intake(intake)])).await.unwrap();
        assert_eq!(store.past(call(number), 0).await.unwrap().intake, Some(data));
    }
}

async fn the_past_has_what_is_not_finished_in_every_state(store: Store) {
    for (number, state) in (1..).zip(E::ALL) {
        let records = [
            escalation(1),
            escalation_move(1, E::Requested, E::Returned),
            escalation(2),
            attempt(1, 2),
            attempt_move(1, A::Intended, A::Busy, Some(70)),
            attempt(2, 2),
            attempt_move(2, A::Intended, A::Dialing, Some(71)),
            escalation_move(2, E::Requested, *state),
        ];
        store.apply(&entries(number, records)).await.unwrap();
        let past = store.past(call(number), 0).await.unwrap();
        assert_eq!((past.next_record, past.escalations, past.attempts), (9, 2, 2));
        assert_eq!(past.open.is_none(), state.is_final(), "{state}");
        let legs: Vec<_> = past.attempts().filter_map(|attempt| attempt.leg.clone()).collect();
        assert_eq!(legs.len(), 2, "{state}: every leg is told, also of what is over");
        assert!(past.earlier.iter().any(|earlier| earlier.fact.no == 1 && earlier.state == A::Busy));
        let Some(open) = past.open else { continue };
        assert_eq!((open.fact.no, open.state), (2, *state));
        assert_eq!((open.fact.cause, open.fact.urgency), (Cause::Assistant, Urgency::High));
        assert_eq!(
            (open.fact.reason.as_str(), open.fact.summary.as_str()),
            ("wants\u{FFFD} a person", "Maria has a fever")
        );
        let [going_on] = &open.attempts[..] else { panic!("one attempt goes on") };
        assert_eq!((Record::Attempt(going_on.fact.clone()), going_on.state), (attempt(2, 2), A::Dialing));
        assert_eq!(going_on.leg, leg(71).parse().ok());
    }
}

async fn the_past_leaves_finished_things_out(store: Store) {
    for (number, state) in (1..).zip(A::ALL) {
        let records = [escalation(1), attempt(1, 1), attempt_move(1, A::Intended, *state, None)];
        store.apply(&entries(number, records)).await.unwrap();
        let open = store.past(call(number), 0).await.unwrap().open.unwrap();
        let states: Vec<_> = open.attempts.iter().map(|attempt| attempt.state).collect();
        assert_eq!(states, if state.is_final() { vec![] } else { vec![*state] });
    }
}

async fn the_past_knows_an_emergency_that_was_broken_off(store: Store) {
    let task = |urgency| {
        let (reason, due) = ("pain".to_owned(), Wall(1));
        Record::Callback(CallbackFact { no: 1, escalation: Some(1), urgency, reason, due, assignee: None })
    };
    let asked = |urgency| match escalation(1) {
        Record::Escalation(fact) => Record::Escalation(EscalationFact { urgency, ..fact }),
        other => other,
    };
    let failed = || escalation_move(1, E::Requested, E::Failed);
    let cases = [
        (vec![asked(Urgency::Emergency), failed()], true, false),
        (vec![asked(Urgency::Emergency), task(Urgency::Emergency), failed()], false, true),
        (vec![asked(Urgency::Emergency), task(Urgency::Low), failed()], true, false),
        (vec![asked(Urgency::High), failed()], false, false),
        (vec![asked(Urgency::Emergency), escalation_move(1, E::Requested, E::Transferred)], false, false),
        (vec![asked(Urgency::Emergency)], false, false),
    ];
    for (number, (records, unserved, urgent)) in (1..).zip(cases) {
        store.apply(&entries(number, records)).await.unwrap();
        let past = store.past(call(number), 0).await.unwrap();
        assert_eq!((past.unserved.is_some(), past.urgent_callback), (unserved, urgent), "case {number}");
    }
}

async fn a_leg_that_is_learned_late_is_in_the_past(store: Store) {
    let records = [
        escalation(1),
        attempt(1, 1),
        attempt_move(1, A::Intended, A::CallerGone, None),
        attempt_move(1, A::CallerGone, A::CallerGone, Some(70)),
        attempt_move(1, A::CallerGone, A::CallerGone, Some(71)),
        attempt_move(1, A::CallerGone, A::Dialing, Some(72)),
    ];
    store.apply(&entries(1, records)).await.unwrap();
    let past = store.past(call(1), 0).await.unwrap();
    let [over] = &past.earlier[..] else { panic!("{past:?}") };
    assert_eq!((over.state, &over.leg), (A::CallerGone, &leg(70).parse().ok()));
}
