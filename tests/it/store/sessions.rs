//! Sessions in browsers as rows, on both databases: bounds, deadlines, and requests that come at once.

use switchboard::ports::sessions::{NewSession, PostedLine, SessionError, Sessions};
use switchboard::ports::store::{CallDetail, Directory, History, StoreError};
use switchboard::session::effect::RecordId;
use switchboard::store::Store;
use switchboard::types::{Channel, Outcome, Phase, Reason, Speaker, Status, Wall};
use tokio::task::JoinSet;

use crate::store::given::{Dir, call, line, lite, opened, opened_store, org, org_row};

on_both!(
    a_session_is_a_call_without_a_leg_or_numbers,
    a_session_needs_an_organization,
    only_so_many_sessions_of_an_organization_are_open,
    sessions_that_begin_at_once_stay_within_the_bound,
    posted_lines_are_numbered_and_move_the_call_on,
    a_session_takes_only_so_many_lines,
    a_session_ends_once,
    a_session_is_over_at_its_deadline_whoever_notices,
    overdue_sessions_are_ended_when_their_time_was_up,
    calls_by_phone_are_left_alone,
    what_is_unfinished_after_a_crash_is_by_phone,
    lines_posted_at_once_have_different_numbers,
    nothing_is_written_after_an_end_that_comes_at_once,
);

/// When every session begins, in microseconds.
const BEGAN: i64 = 1_800_000_000_000_000;
const MINUTE: i64 = 60_000_000;
const MANY: u32 = 1_000;

fn at(minutes: i64) -> Wall {
    Wall(BEGAN + minutes * MINUTE)
}

/// A session of ten minutes.
fn session(number: u32, of: &str) -> NewSession {
    NewSession { call: call(number), org: org(of), at: at(0), deadline: at(10) }
}

fn said(number: u32, speaker: Speaker, text: &str, minute: i64) -> PostedLine {
    PostedLine { call: call(number), speaker, text: text.into(), at: at(minute) }
}

async fn begin(store: &Store, number: u32) {
    store.open(session(number, "clinic"), MANY).await.unwrap();
}

fn kinds(detail: &CallDetail) -> Vec<&str> {
    detail.events.iter().map(|event| event.kind.as_str()).collect()
}

async fn a_session_is_a_call_without_a_leg_or_numbers(store: Store) {
    begin(&store, 1).await;
    let detail = store.call(call(1)).await.unwrap();
    let row = &detail.call;
    assert_eq!((row.channel, row.status, row.phase), (Channel::Browser, Status::InProgress, Phase::Greeting));
    assert_eq!((row.started_at, row.ended_at, row.outcome), (at(0), None, None));
    assert_eq!((&row.leg, &row.caller, &row.dialled), (&None, &None, &None));
    assert_eq!(kinds(&detail), ["opened"]);
    assert_eq!(store.calls(Some(&org("clinic")), 50, 0).await.unwrap(), (vec![row.clone()], 1));
}

async fn a_session_needs_an_organization(store: Store) {
    let refused = store.open(session(1, "nobody"), MANY).await;
    assert!(matches!(refused, Err(SessionError::Store(StoreError::NotFound))), "{refused:?}");
    assert!(matches!(store.call(call(1)).await, Err(StoreError::NotFound)));
}

async fn only_so_many_sessions_of_an_organization_are_open(store: Store) {
    store.create_org(&org_row("office")).await.unwrap();
    for number in 1..=2 {
        store.open(session(number, "clinic"), 2).await.unwrap();
    }
    assert!(matches!(store.open(session(3, "clinic"), 2).await, Err(SessionError::Full)));
    store.open(session(4, "office"), 2).await.unwrap();
    store.apply(&[opened(5)]).await.unwrap();
    assert!(store.end(call(1), at(1)).await.unwrap());
    store.open(session(6, "clinic"), 2).await.unwrap();
}

async fn sessions_that_begin_at_once_stay_within_the_bound(store: Store) {
    let mut beginning = JoinSet::new();
    for number in 0..8 {
        let store = store.clone();
        beginning.spawn(async move { store.open(session(number, "clinic"), 3).await });
    }
    let begun = beginning.join_all().await.into_iter().filter(Result::is_ok).count();
    assert_eq!((begun, store.calls(None, 50, 0).await.unwrap().1), (3, 3));
}

async fn posted_lines_are_numbered_and_move_the_call_on(store: Store) {
    begin(&store, 1).await;
    for (seq, (speaker, text)) in (0..).zip([
        (Speaker::Assistant, "Hello, how can I help?"),
        (Speaker::Caller, "An appointment,\nplease. \0 Ünïcode"),
        (Speaker::Caller, "On Monday."),
    ]) {
        assert_eq!(store.post(said(1, speaker, text, i64::from(seq) + 1), MANY).await.unwrap(), seq);
    }
    let detail = store.call(call(1)).await.unwrap();
    let lines: Vec<_> = detail.lines.iter().map(|line| (line.seq, line.speaker, line.at, line.start_ms)).collect();
    let expected = [
        (0, Speaker::Assistant, at(1), 60_000),
        (1, Speaker::Caller, at(2), 120_000),
        (2, Speaker::Caller, at(3), 180_000),
    ];
    assert_eq!(lines, expected);
    assert_eq!(detail.lines[1].text, "An appointment,\nplease. \u{FFFD} Ünïcode");
    assert!(detail.lines.iter().all(|line| line.origin == "posted" && line.end_ms == line.start_ms));
    assert_eq!((detail.call.phase, kinds(&detail)), (Phase::Intake, vec!["opened", "phase"]));
    assert_eq!(store.next_record(call(1)).await.unwrap(), RecordId(5), "records are numbered without gaps");
}

async fn a_session_takes_only_so_many_lines(store: Store) {
    begin(&store, 1).await;
    for _ in 0..2 {
        store.post(said(1, Speaker::Caller, "again", 1), 2).await.unwrap();
    }
    assert!(matches!(store.post(said(1, Speaker::Caller, "again", 1), 2).await, Err(SessionError::Full)));
    assert_eq!(store.call(call(1)).await.unwrap().lines.len(), 2);
    assert!(store.end(call(1), at(2)).await.unwrap());
}

async fn a_session_ends_once(store: Store) {
    begin(&store, 1).await;
    assert!(store.end(call(1), at(3)).await.unwrap());
    let before = store.call(call(1)).await.unwrap();
    let row = &before.call;
    assert_eq!((row.outcome, row.reason), (Some(Outcome::Completed), Some(Reason::StaffEnded)));
    assert_eq!((row.status, row.phase, row.ended_at), (Status::Completed, Phase::Completed, Some(at(3))));
    assert_eq!(kinds(&before), ["opened", "phase", "ended"]);

    assert!(!store.end(call(1), at(4)).await.unwrap());
    assert!(matches!(store.post(said(1, Speaker::Caller, "wait", 4), MANY).await, Err(SessionError::Over)));
    store.end_overdue(at(60)).await.unwrap();
    assert_eq!(store.call(call(1)).await.unwrap(), before);

    assert!(matches!(store.end(call(9), at(4)).await, Err(SessionError::Store(StoreError::NotFound))));
    let unknown = store.post(said(9, Speaker::Caller, "hello", 4), MANY).await;
    assert!(matches!(unknown, Err(SessionError::Store(StoreError::NotFound))), "{unknown:?}");
}

async fn a_session_is_over_at_its_deadline_whoever_notices(store: Store) {
    for number in 1..=3 {
        begin(&store, number).await;
        store.post(said(number, Speaker::Caller, "still here", 9), MANY).await.unwrap();
    }
    assert!(matches!(store.post(said(1, Speaker::Caller, "late", 10), MANY).await, Err(SessionError::Over)));
    assert!(!store.end(call(2), at(700)).await.unwrap());
    store.end_overdue(at(10)).await.unwrap();
    for number in 1..=3 {
        let detail = store.call(call(number)).await.unwrap();
        let row = &detail.call;
        assert_eq!((row.outcome, row.reason), (Some(Outcome::Limit), Some(Reason::Duration)));
        assert_eq!((row.ended_at, detail.lines.len()), (Some(at(10)), 1), "session {number}");
        assert_eq!(
            detail.events.last().unwrap().detail,
            r#"{"after_ms":600000,"outcome":"limit","reason":"duration"}"#
        );
    }
}

async fn overdue_sessions_are_ended_when_their_time_was_up(store: Store) {
    begin(&store, 1).await;
    store.open(NewSession { deadline: at(30), ..session(2, "clinic") }, MANY).await.unwrap();
    store.end_overdue(Wall(at(10).0 - 1)).await.unwrap();
    assert_eq!(store.call(call(1)).await.unwrap().call.outcome, None);
    store.end_overdue(at(29)).await.unwrap();
    assert_eq!(store.call(call(1)).await.unwrap().call.ended_at, Some(at(10)));
    assert_eq!(store.call(call(2)).await.unwrap().call.outcome, None);
}

async fn calls_by_phone_are_left_alone(store: Store) {
    store.apply(&[opened(1), line(1, 1, 0)]).await.unwrap();
    let before = store.call(call(1)).await.unwrap();
    assert_eq!(before.call.channel, Channel::Phone);
    assert!(matches!(store.post(said(1, Speaker::Caller, "not mine", 0), MANY).await, Err(SessionError::ByPhone)));
    assert!(matches!(store.end(call(1), at(0)).await, Err(SessionError::ByPhone)));
    store.end_overdue(at(100_000)).await.unwrap();
    assert_eq!(store.call(call(1)).await.unwrap(), before);
}

async fn what_is_unfinished_after_a_crash_is_by_phone(store: Store) {
    begin(&store, 1).await;
    store.apply(&[opened(2)]).await.unwrap();
    let unfinished: Vec<_> = store.unfinished().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(unfinished, [call(2)]);
}

async fn lines_posted_at_once_have_different_numbers(store: Store) {
    begin(&store, 1).await;
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let store = store.clone();
        let line = said(1, Speaker::Caller, &format!("line {number}"), 1);
        tasks.spawn(async move { store.post(line, 8).await.ok() });
    }
    let mut seqs: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (0..8).collect::<Vec<_>>());
    let detail = store.call(call(1)).await.unwrap();
    assert_eq!(detail.lines.iter().map(|line| line.seq).collect::<Vec<_>>(), seqs);
    assert_eq!(kinds(&detail), ["opened", "phase"]);
}

async fn nothing_is_written_after_an_end_that_comes_at_once(store: Store) {
    for number in 1..=6 {
        begin(&store, number).await;
        let line = |text| store.post(said(number, Speaker::Caller, text, 1), MANY);
        let end = || store.end(call(number), at(1));
        let (one, first, two, second) = tokio::join!(line("one"), end(), line("two"), end());
        assert!(first.unwrap() ^ second.unwrap(), "one of them ended it");
        let kept = u32::from(one.is_ok()) + u32::from(two.is_ok());
        let detail = store.call(call(number)).await.unwrap();
        assert_eq!(detail.lines.len() as u32, kept);
        let phases = 1 + u32::from(kept > 0);
        let last = detail.events.last().unwrap();
        assert_eq!((last.kind.as_str(), last.no), ("ended", kept + phases + 1));
        assert_eq!(store.next_record(call(number)).await.unwrap(), RecordId(last.no + 1));
    }
}

#[tokio::test]
async fn a_session_goes_on_after_a_restart() {
    let dir = Dir::new();
    let store = lite(&dir).await;
    begin(&store, 1).await;
    store.post(said(1, Speaker::Assistant, "Hello.", 1), MANY).await.unwrap();
    store.close().await;

    let store = opened_store(&dir.sqlite_url()).await;
    assert_eq!(store.post(said(1, Speaker::Caller, "Are you still there?", 2), MANY).await.unwrap(), 1);
    assert!(store.end(call(1), at(3)).await.unwrap());
    assert_eq!(store.call(call(1)).await.unwrap().lines.len(), 2);
}
