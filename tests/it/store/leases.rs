//! Several processes on one database: whose calls are whose, and what becomes of them when a process is gone.

use sqlx::{Connection, Executor, SqliteConnection};
use switchboard::ports::store::{CallRow, History};
use switchboard::store::{LeaseKeeper, Store};
use switchboard::types::{CallId, Outcome};
use uuid::Uuid;

use crate::store::given::{self, Dir, call, ended, opened};

on_both!(
    a_living_process_keeps_its_calls,
    a_process_that_stands_still_for_long_is_dead_whatever_the_clock_says,
    of_two_survivors_one_takes_the_calls,
    a_restart_in_the_same_directory_takes_its_calls_at_once,
    what_a_shutdown_leaves_open_is_taken_at_once,
    calls_of_releases_without_leases_are_taken_at_the_start,
    who_was_taken_for_dead_hears_so_and_goes_on,
);

/// Beats that no process survives without one of its own.
const MANY: u32 = 20;

/// A process of its own directory.
struct Process {
    store: Store,
    lease: LeaseKeeper,
}

impl Process {
    async fn start(database: &Store) -> (Self, u64) {
        Self::at_home(database, Uuid::new_v4()).await
    }

    /// With how many calls it has taken.
    async fn at_home(database: &Store, home: Uuid) -> (Self, u64) {
        let store = database.clone().leased(home);
        let mut lease = store.lease_keeper().unwrap();
        let taken = lease.begin().await.unwrap();
        (Self { store, lease }, taken)
    }

    async fn opens(&self, number: u32) {
        self.store.apply(&[opened(number)]).await.unwrap();
    }

    /// Calls taken by this beat.
    async fn beat(&mut self) -> u64 {
        let beat = self.lease.beat().await.unwrap();
        assert!(!beat.was_lost);
        beat.taken
    }

    async fn has(&self) -> Vec<CallId> {
        self.store.unfinished().await.unwrap().into_iter().map(|CallRow { id, .. }| id).collect()
    }
}

async fn a_living_process_keeps_its_calls(database: Store) {
    let (mut one, _) = Process::start(&database).await;
    one.opens(1).await;
    let (mut two, taken) = Process::start(&database).await;
    two.opens(2).await;
    assert_eq!(taken, 0);
    for _ in 0..MANY {
        assert_eq!((one.beat().await, two.beat().await), (0, 0));
    }
    assert_eq!((one.has().await, two.has().await), (vec![call(1)], vec![call(2)]));
    let elsewhere = async |process: &Process, number| process.store.is_elsewhere(call(number)).await.unwrap();
    assert!(elsewhere(&one, 2).await && elsewhere(&two, 1).await);
    assert!(!elsewhere(&one, 1).await && !elsewhere(&two, 2).await && !elsewhere(&two, 3).await);
    one.store.apply(&[ended(1, 1, Outcome::Completed)]).await.unwrap();
    assert!(!elsewhere(&two, 1).await, "a call that is over is nobody's");
}

async fn a_process_that_stands_still_for_long_is_dead_whatever_the_clock_says(database: Store) {
    let (one, _) = Process::start(&database).await;
    one.opens(1).await;
    let (mut two, _) = Process::start(&database).await;
    let mut beats = 0;
    while two.beat().await == 0 {
        beats += 1;
        assert!(beats < MANY, "the calls of a dead process are never taken");
    }
    assert!(beats > 10, "its lease was not over by the clock");
    assert_eq!((one.has().await, two.has().await), (vec![], vec![call(1)]));
    assert!(!two.store.is_elsewhere(call(1)).await.unwrap());
}

async fn of_two_survivors_one_takes_the_calls(database: Store) {
    let (one, _) = Process::start(&database).await;
    for number in 1..=5 {
        one.opens(number).await;
    }
    let ((mut two, _), (mut three, _)) = (Process::start(&database).await, Process::start(&database).await);
    let (mut taken_by_two, mut taken_by_three) = (0, 0);
    for _ in 0..MANY {
        let (by_two, by_three) = tokio::join!(two.beat(), three.beat());
        taken_by_two += by_two;
        taken_by_three += by_three;
    }
    assert_eq!(taken_by_two + taken_by_three, 5);
    assert!(taken_by_two == 0 || taken_by_three == 0, "all calls of a process go to one other");
    assert_eq!(two.has().await.len() + three.has().await.len(), 5);
}

async fn a_restart_in_the_same_directory_takes_its_calls_at_once(database: Store) {
    let home = Uuid::new_v4();
    let (one, _) = Process::at_home(&database, home).await;
    one.opens(1).await;
    let (other, _) = Process::start(&database).await;
    other.opens(2).await;
    let (again, taken) = Process::at_home(&database, home).await;
    assert_eq!((taken, again.has().await), (1, vec![call(1)]));
    assert_eq!(other.has().await, [call(2)]);
}

async fn what_a_shutdown_leaves_open_is_taken_at_once(database: Store) {
    let (mut one, _) = Process::start(&database).await;
    one.opens(1).await;
    let (mut two, _) = Process::start(&database).await;
    assert_eq!(two.beat().await, 0);
    one.lease.end().await.unwrap();
    assert_eq!((two.beat().await, two.has().await), (1, vec![call(1)]));
}

async fn calls_of_releases_without_leases_are_taken_at_the_start(database: Store) {
    database.apply(&[opened(1)]).await.unwrap();
    let (one, taken) = Process::start(&database).await;
    assert_eq!((taken, one.has().await), (1, vec![call(1)]));
}

async fn who_was_taken_for_dead_hears_so_and_goes_on(database: Store) {
    let (mut one, _) = Process::start(&database).await;
    one.opens(1).await;
    let (mut two, _) = Process::start(&database).await;
    while two.beat().await == 0 {}
    assert!(one.lease.beat().await.unwrap().was_lost);
    one.opens(2).await;
    for _ in 0..MANY {
        assert_eq!((one.beat().await, two.beat().await), (0, 0));
    }
    assert_eq!((one.has().await, two.has().await), (vec![call(2)], vec![call(1)]));
}

/// Every lease is over by the database's clock.
async fn run_out(dir: &Dir) {
    let mut conn = SqliteConnection::connect(&dir.sqlite_url()).await.unwrap();
    conn.execute("update leases set ends_at = 0").await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_lease_that_is_over_is_taken_after_some_beats_that_all_worked() {
    let dir = Dir::new();
    let database = given::lite(&dir).await;
    let (one, _) = Process::start(&database).await;
    one.opens(1).await;
    let (mut two, _) = Process::start(&database).await;
    for _ in 0..3 {
        run_out(&dir).await;
        assert_eq!(two.beat().await, 0);
    }
    // An outage: all leases run out, and their owners are well. What was seen before it counts no more.
    let mut lock = SqliteConnection::connect(&dir.sqlite_url()).await.unwrap();
    lock.execute("begin immediate").await.unwrap();
    two.lease.beat().await.unwrap_err();
    lock.execute("rollback").await.unwrap();
    lock.close().await.unwrap();
    run_out(&dir).await;
    for _ in 0..3 {
        assert_eq!(two.beat().await, 0);
    }
    assert_eq!((two.beat().await, two.has().await), (1, vec![call(1)]));
}
