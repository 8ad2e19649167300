//! Tests of `names`.

use std::collections::VecDeque;

use tokio::sync::Semaphore;
use tokio::time::{advance, timeout};

use super::*;

/// A name server that answers what it is told to, in order, each answer when it is let go.
struct Server {
    answers: Mutex<VecDeque<io::Result<Vec<IpAddr>>>>,
    go: Semaphore,
    asked: Mutex<u32>,
}

#[async_trait]
impl Lookup for Arc<Server> {
    async fn look_up(&self, _: String) -> io::Result<Vec<IpAddr>> {
        *self.asked.lock().unwrap() += 1;
        self.go.acquire().await.unwrap().forget();
        self.answers.lock().unwrap().pop_front().unwrap()
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn list(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|text| ip(text)).collect()
}

/// `go`: so many answers come at once; all others wait.
fn names(answers: &[&[&str]], go: usize) -> (Names, Arc<Server>) {
    let answers = answers.iter().map(|answer| match answer {
        [] => Err(io::Error::other("no such name")),
        some => Ok(list(some)),
    });
    let server =
        Arc::new(Server { answers: Mutex::new(answers.collect()), go: Semaphore::new(go), asked: Mutex::default() });
    (Names::new(Arc::new(server.clone())), server)
}

fn asked(server: &Server) -> u32 {
    *server.asked.lock().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_name_is_asked_for_once_a_minute() {
    let (names, server) = names(&[&["192.0.2.1"], &["192.0.2.2"]], 2);
    let known = names.known("api.test").await;
    assert_eq!((known.addresses, known.is_remembered), (list(&["192.0.2.1"]), false));
    advance(FRESH - Duration::from_millis(1)).await;
    let known = names.known("api.test").await;
    assert_eq!((known.addresses, known.is_remembered, asked(&server)), (list(&["192.0.2.1"]), true, 1));
    advance(Duration::from_millis(1)).await;
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.1"]), "at once, while it is asked for");
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.2"]));
    assert_eq!(asked(&server), 2);
}

#[tokio::test(start_paused = true)]
async fn with_a_dead_name_server_the_old_address_is_given_at_once() {
    let (names, server) = names(&[&["192.0.2.1"]], 1);
    names.known("api.test").await;
    let began = Instant::now();
    for hour in 1..=48 {
        advance(Duration::from_secs(3600)).await;
        let before = Instant::now();
        let known = names.known("api.test").await;
        assert_eq!((known.addresses, known.is_remembered), (list(&["192.0.2.1"]), true), "hour {hour}");
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
    assert!(began.elapsed() >= Duration::from_secs(48 * 3600));
    assert_eq!(asked(&server), 49, "one look-up at a time");
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_fails_changes_nothing() {
    let (names, _) = names(&[&["192.0.2.1"], &[], &[]], 3);
    names.known("api.test").await;
    advance(FRESH).await;
    assert_eq!(names.asked("api.test").await, list(&[]));
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.1"]));
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_there_for_those_who_come_after_the_one_who_gave_up() {
    let (names, server) = names(&[&["192.0.2.1"]], 0);
    assert!(timeout(Duration::from_secs(2), names.known("api.test")).await.is_err());
    assert!(timeout(Duration::from_secs(2), names.known("api.test")).await.is_err());
    server.go.add_permits(1);
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.1"]));
    assert_eq!(asked(&server), 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_never_ends_is_given_up_for_a_new_one() {
    let (names, server) = names(&[&["192.0.2.1"]], 0);
    assert!(timeout(ASKING_MAX, names.known("api.test")).await.is_err());
    assert!(timeout(Duration::from_secs(1), names.known("api.test")).await.is_err());
    assert_eq!(asked(&server), 2);
    server.go.add_permits(1);
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.1"]));
}

#[tokio::test(start_paused = true)]
async fn what_worked_is_tried_first_also_after_the_next_answer() {
    let (names, _) = names(&[&["2001:db8::1", "192.0.2.1", "192.0.2.2"], &["2001:db8::1", "192.0.2.2"]], 2);
    assert_eq!(names.known("api.test").await.addresses, list(&["2001:db8::1", "192.0.2.1", "192.0.2.2"]));
    names.worked("api.test", ip("192.0.2.2"));
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.2", "2001:db8::1", "192.0.2.1"]));
    advance(FRESH).await;
    assert_eq!(names.asked("api.test").await, list(&["2001:db8::1", "192.0.2.2"]));
    assert_eq!(names.known("api.test").await.addresses, list(&["192.0.2.2", "2001:db8::1"]));
}

#[test]
fn families_take_turns_and_nothing_is_tried_twice() {
    let mixed = list(&["2001:db8::1", "2001:db8::2", "2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    let turns = list(&["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"]);
    assert_eq!(alternate(mixed), turns);
    assert_eq!(alternate(Vec::new()), list(&[]));
}
