//! Callback tasks, idempotency keys and the daily count of dials, on both databases.

use switchboard::dialling::DialsOfDay;
use switchboard::ports::store::{CallbackChange, CallbackRow, Directory, Entry, KeyUse, StoreError, Transfers};
use switchboard::session::effect::{Ending, Record};
use switchboard::session::fact::CallbackFact;
use switchboard::store::Store;
use switchboard::types::{AttemptState, CallbackState, Caller, Direction, Millis, Outcome, Reason, Urgency, Wall};

use crate::store::given::{attempt, attempt_move, call, ended, entries, entry, escalation, opened, org, org_row};

on_both!(
    callbacks_come_by_due_time,
    a_callback_is_changed_as_staff_say,
    of_many_claims_of_a_key_one_wins,
    an_abandoned_key_is_freed_by_one_and_only_while_it_is_the_same,
    a_key_keeps_its_first_answer_for_a_day,
    a_key_that_is_given_back_is_new,
    dials_of_a_day_are_counted_by_organization,
);

const DAY: i64 = 24 * 3600 * 1_000_000;

fn callback(number: u32, no: u32, due: i64) -> Entry {
    let fact = CallbackFact {
        no,
        escalation: None,
        urgency: Urgency::Emergency,
        reason: "call\0 back".into(),
        due: Wall(due),
        assignee: (no == 2).then(|| "front-desk".parse().unwrap()),
    };
    entry(number, no, Record::Callback(fact))
}

async fn callbacks_come_by_due_time(store: Store) {
    store.create_org(&org_row("office")).await.unwrap();
    let mut other = opened(2);
    if let Record::Opened(opening) = &mut other.record {
        opening.org = org("office");
        opening.caller = Caller::Withheld;
    }
    let late = callback(1, 1, 900);
    store.apply(&[opened(1), late.clone(), callback(1, 2, 100), other, callback(2, 1, 500)]).await.unwrap();
    let done = CallbackChange { state: Some(CallbackState::Done), assignee: None, at: Wall(1_000) };
    store.change_callback(call(1), 2, done).await.unwrap();

    let page = async |id: Option<&str>, state, limit, offset| {
        let (rows, total) = store.callbacks(id.map(org).as_ref(), state, limit, offset).await.unwrap();
        (rows.iter().map(|row| row.due.0).collect::<Vec<_>>(), total)
    };
    let (open, finished) = (Some(CallbackState::Open), Some(CallbackState::Done));
    assert_eq!(page(None, None, 50, 0).await, (vec![100, 500, 900], 3));
    assert_eq!(page(None, None, 1, 1).await, (vec![500], 3));
    assert_eq!(page(None, open, 50, 0).await, (vec![500, 900], 2));
    assert_eq!(page(None, finished, 50, 0).await, (vec![100], 1));
    assert_eq!(page(Some("clinic"), open, 50, 0).await, (vec![900], 1));
    assert_eq!(page(Some("office"), None, 50, 0).await, (vec![500], 1));
    assert_eq!(page(Some("office"), finished, 50, 0).await, (vec![], 0));

    let rows = store.callbacks(None, open, 50, 0).await.unwrap().0;
    assert_eq!((rows[0].caller.as_deref(), &rows[0].org), (None, &org("office")));
    let expected = CallbackRow {
        call: call(1),
        org: org("clinic"),
        no: 1,
        state: CallbackState::Open,
        urgency: Urgency::Emergency,
        reason: "call\u{FFFD} back".into(),
        caller: Some("+15550100142".into()),
        created_at: late.at,
        due: Wall(900),
        assignee: None,
        done_at: None,
    };
    assert_eq!(rows[1], expected);
}

async fn a_callback_is_changed_as_staff_say(store: Store) {
    store.apply(&[opened(1), callback(1, 1, 900), callback(1, 2, 950)]).await.unwrap();
    let change = async |no, state, assignee: Option<Option<&str>>, at| {
        let assignee = assignee.map(|name| name.map(str::to_owned));
        let row = store.change_callback(call(1), no, CallbackChange { state, assignee, at: Wall(at) }).await.unwrap();
        let stored = store.callbacks(None, None, 50, 0).await.unwrap().0;
        assert!(stored.contains(&row));
        (row.state, row.assignee, row.done_at.map(|at| at.0))
    };
    let (open, done) = (CallbackState::Open, CallbackState::Done);
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(change(2, None, None, 1).await, (open, name("front-desk"), None));
    assert_eq!(change(2, None, Some(Some("A\0na")), 2).await, (open, name("A\u{FFFD}na"), None));
    assert_eq!(change(2, Some(done), None, 3).await, (done, name("A\u{FFFD}na"), Some(3)));
    assert_eq!(change(2, Some(done), None, 4).await, (done, name("A\u{FFFD}na"), Some(3)), "done since the first time");
    assert_eq!(change(2, None, Some(None), 5).await, (done, None, Some(3)));
    assert_eq!(change(2, Some(open), None, 6).await, (open, None, None), "opened again");
    assert_eq!(change(1, Some(open), None, 7).await, (open, None, None));

    for (number, no) in [(1, 3), (2, 1)] {
        let result = store.change_callback(call(number), no, CallbackChange::default()).await;
        assert!(matches!(result, Err(StoreError::NotFound)));
    }
    // What the call recorded comes again, and does not undo what staff did.
    store.change_callback(call(1), 1, CallbackChange { state: Some(done), ..Default::default() }).await.unwrap();
    store.apply(&[opened(1), callback(1, 1, 900)]).await.unwrap();
    assert_eq!(store.callbacks(None, Some(done), 50, 0).await.unwrap().1, 1);
}

/// Claims a key for call 7.
async fn claim(store: &Store, scope: &str, key: &str, hash: &str, at: i64) -> Option<KeyUse> {
    store.claim_key(scope, key, hash, call(7), Wall(at)).await.unwrap()
}

fn used(hash: &str, answer: &str, at: i64) -> Option<KeyUse> {
    let call = answer.is_empty().then(|| call(7));
    Some(KeyUse { request_hash: hash.to_owned(), call, answer: answer.to_owned(), at: Wall(at) })
}

async fn of_many_claims_of_a_key_one_wins(store: Store) {
    for round in 0..10 {
        let key = format!("key {round}");
        let claim = || claim(&store, "clinic", &key, "hash", 1);
        let (a, b, c, d) = tokio::join!(claim(), claim(), claim(), claim());
        let claims = [a, b, c, d];
        assert_eq!(claims.iter().filter(|claim| claim.is_none()).count(), 1);
        assert!(claims.into_iter().filter(Option::is_some).all(|claim| claim == used("hash", "", 1)));
    }
}

async fn a_key_keeps_its_first_answer_for_a_day(store: Store) {
    assert_eq!(claim(&store, "a", "k", "one", 5).await, None);
    assert_eq!(claim(&store, "b", "k", "two", 6).await, None, "each scope has its own keys");
    store.settle_key("a", "k", "answer").await.unwrap();
    assert!(matches!(store.settle_key("a", "k", "another").await, Err(StoreError::NotFound)));
    assert!(matches!(store.settle_key("c", "k", "answer").await, Err(StoreError::NotFound)));
    assert_eq!(claim(&store, "a", "k", "other", 7).await, used("one", "answer", 5));
    assert_eq!(claim(&store, "a", "k", "one", 5 + DAY).await, used("one", "answer", 5));
    assert_eq!(claim(&store, "a", "k", "one", 6 + DAY).await, None, "older than a day");
    assert_eq!(claim(&store, "a", "k", "one", 7 + DAY).await, used("one", "", 6 + DAY));
}

async fn a_key_that_is_given_back_is_new(store: Store) {
    assert_eq!(claim(&store, "a", "k", "one", 5).await, None);
    store.settle_key("a", "k", "").await.unwrap();
    assert_eq!(claim(&store, "a", "k", "two", 5).await, None);
    store.settle_key("a", "k", "answer").await.unwrap();
    store.settle_key("a", "k", "").await.unwrap();
    let kept = claim(&store, "a", "k", "two", 5).await;
    assert_eq!(kept, used("two", "answer", 5), "an answer that was given is not taken back");
}

async fn an_abandoned_key_is_freed_by_one_and_only_while_it_is_the_same(store: Store) {
    assert_eq!(claim(&store, "a", "k", "one", 5).await, None);
    let seen = claim(&store, "a", "k", "one", 6).await.expect("taken");
    let (first, second) = tokio::join!(store.free_key("a", "k", &seen), store.free_key("a", "k", &seen));
    assert_ne!(first.unwrap(), second.unwrap(), "exactly one");
    assert_eq!(claim(&store, "a", "k", "one", 8).await, None);
    assert!(!store.free_key("a", "k", &seen).await.unwrap(), "it is another's by now");
    store.settle_key("a", "k", "answer").await.unwrap();
    let answered = claim(&store, "a", "k", "one", 9).await.expect("taken");
    assert!(!store.free_key("a", "k", &answered).await.unwrap(), "an answer stays");
}

async fn dials_of_a_day_are_counted_by_organization(store: Store) {
    store.create_org(&org_row("office")).await.unwrap();
    let records = [
        escalation(1),
        attempt(1, 1),
        attempt(2, 1),
        attempt(3, 1),
        attempt_move(2, AttemptState::Intended, AttemptState::Refused, None),
        attempt_move(3, AttemptState::Intended, AttemptState::Failed, None),
    ];
    let inbound = entries(1, records);
    store.apply(&inbound).await.unwrap();
    let place = async |number, id: &str| {
        let mut first = opened(number);
        if let Record::Opened(opening) = &mut first.record {
            opening.org = org(id);
            opening.direction = Direction::Outbound;
        }
        store.apply(&[first]).await.unwrap();
    };
    place(2, "clinic").await;
    place(3, "clinic").await;
    place(4, "office").await;
    store.apply(&[ended(2, 1, Outcome::NoAnswer)]).await.unwrap();
    let dials = async |id: &str, since| {
        let DialsOfDay { transfers, outbound } = store.dials_since(&org(id), since).await.unwrap();
        transfers + outbound
    };
    assert_eq!(dials("clinic", Wall(0)).await, 4, "two that rang and two that we placed");
    assert_eq!(dials("clinic", inbound[2].at).await, 4);
    assert_eq!(dials("clinic", inbound[3].at).await, 3);
    assert_eq!(dials("clinic", opened(3).at).await, 1);
    assert_eq!(dials("clinic", Wall(opened(3).at.0 + 1)).await, 0);
    assert_eq!(dials("office", Wall(0)).await, 1);
    let refused = Ending { outcome: Outcome::Refused, reason: Reason::DialRefused, at: Millis(1) };
    store.apply(&[entry(3, 1, Record::Ended(refused))]).await.unwrap();
    assert_eq!(dials("clinic", Wall(0)).await, 3, "what was refused rang nowhere");
}
