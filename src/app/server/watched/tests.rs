//! Tests of `app::server::watched`.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;

use super::*;
use crate::app::server::places::{PlaceLimits, Places};
use crate::config::Proxies;
use crate::telemetry::Troubles;

/// A watched end whose peer's buffer takes 1 kB.
async fn watched() -> (Watched<DuplexStream>, DuplexStream, Arc<Place>) {
    let limits = PlaceLimits { all: 1, per_peer: 1, proxies: Proxies::default() };
    let place = Places::new(limits, Troubles::detached()).take([203, 0, 113, 7].into()).await.unwrap();
    let place = Arc::new(place);
    let (ours, theirs) = duplex(1024);
    (Watched::new(ours, Arc::clone(&place)), theirs, place)
}

#[tokio::test(start_paused = true)]
async fn who_reads_nothing_for_ten_seconds_is_given_up() {
    let (mut ours, _theirs, _place) = watched().await;
    let began = Instant::now();
    assert_eq!(ours.write_all(&[0; 4096]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_is_no_progress_and_a_slow_reader_is_served() {
    for (bytes, ends) in [(1, true), (1024, false)] {
        let (mut ours, mut theirs, _place) = watched().await;
        let reads = async {
            let mut buffer = vec![0; bytes];
            while theirs.read_exact(&mut buffer).await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        };
        let writes = async {
            let written = ours.write_all(&[0; 64 * 1024]).await;
            drop(ours);
            written
        };
        let (written, ()) = tokio::join!(writes, reads);
        assert_eq!(written.is_err(), ends, "{bytes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stall_that_is_over_is_forgotten() {
    let (mut ours, mut theirs, _place) = watched().await;
    for _ in 0..3 {
        let reads = async {
            sleep(Duration::from_secs(9)).await;
            theirs.read_exact(&mut [0; 2048]).await.unwrap();
        };
        let writes = async {
            ours.write_all(&[0; 2048]).await.unwrap();
            ours.flush().await.unwrap();
        };
        tokio::join!(writes, reads);
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_was_upgraded_has_limits_of_its_own() {
    let (mut ours, mut theirs, place) = watched().await;
    place.upgrade();
    let reads = async {
        sleep(Duration::from_secs(60)).await;
        theirs.read_exact(&mut [0; 4096]).await.unwrap();
    };
    let (written, ()) = tokio::join!(ours.write_all(&[0; 4096]), reads);
    written.unwrap();
}
