//! Tests of `app::server::places`.

use tokio::time::{advance, sleep};

use super::*;

fn places(all: usize, per_peer: usize) -> Arc<Places> {
    Places::new(PlaceLimits { all, per_peer, proxies: Proxies::default() }, Troubles::detached())
}

fn peer(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_peer_has_so_many_until_they_are_upgraded_or_gone() {
    let places = places(100, 2);
    let first = places.take(peer("203.0.113.7")).await.unwrap();
    let second = places.take(peer("203.0.113.7")).await.unwrap();
    assert!(places.take(peer("203.0.113.7")).await.is_none());
    assert!(places.troubles.stands(Trouble::Connections));
    let _other = places.take(peer("203.0.113.8")).await.unwrap();
    first.upgrade();
    let third = places.take(peer("203.0.113.7")).await.unwrap();
    assert!(places.take(peer("203.0.113.7")).await.is_none());
    drop((second, third, first));
    assert_eq!(places.lock().peers.len(), 1, "who has none is forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_proxy_has_as_many_as_there_are_and_a_network_counts_as_one_peer() {
    let places = places(100, 2);
    let mut kept = Vec::new();
    for _ in 0..50 {
        kept.push(places.take(peer("127.0.0.1")).await.unwrap());
    }
    for host in ["2001:db8::1", "2001:db8::2"] {
        kept.push(places.take(peer(host)).await.unwrap());
    }
    assert!(places.take(peer("2001:db8::3")).await.is_none());
    assert!(places.take(peer("2001:db8:0:1::3")).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn when_all_places_are_taken_whoever_was_waited_for_longest_goes() {
    let places = places(4, 100);
    let mut taken = Vec::new();
    for n in 0..4 {
        taken.push(places.take(peer(&format!("203.0.113.{n}"))).await.unwrap());
        advance(WAITED_MIN).await;
    }
    // The oldest is being answered, the next is a stream, the third has just made progress.
    taken[0].conduct().take_turn();
    taken[1].upgrade();
    taken[2].waits();
    let out = taken[3].conduct().out.clone();
    let leaves = async {
        out.cancelled().await;
        drop(taken.pop());
    };
    let (place, ()) = tokio::join!(places.take(peer("203.0.113.9")), leaves);
    assert!(place.is_some());
    assert!(taken.iter().all(|place| !place.conduct().out.is_cancelled()));
    assert!(places.troubles.stands(Trouble::Connections));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_goes_before_who_has_only_just_come() {
    let places = places(2, 100);
    let first = places.take(peer("203.0.113.1")).await.unwrap();
    let second = places.take(peer("203.0.113.2")).await.unwrap();
    second.conduct().set_unread(true);
    advance(UNREAD_MIN).await;
    places.send_one_away();
    places.send_one_away();
    assert!(second.conduct().out.is_cancelled() && !first.conduct().out.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn whoever_may_stay_stays_and_the_next_waits_until_somebody_leaves() {
    let places = places(1, 100);
    let stream = places.take(peer("203.0.113.1")).await.unwrap();
    stream.upgrade();
    let began = Instant::now();
    let leaves = async {
        sleep(Duration::from_secs(3)).await;
        assert!(!stream.conduct().out.is_cancelled());
        drop(stream);
    };
    let (place, ()) = tokio::join!(places.take(peer("203.0.113.2")), leaves);
    assert!(place.is_some() && began.elapsed() >= Duration::from_secs(3));
}
