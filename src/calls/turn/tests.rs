//! The alarm: in time when a deadline moves, whichever way.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::*;
use crate::calls::{Clock, Reading};

#[tokio::test(start_paused = true)]
async fn a_deadline_that_moves_forward_is_met() {
    let (mut alarm, clock, began) = alarm();
    assert!(timeout(Duration::from_millis(10), due(&mut alarm, &clock, 10_000)).await.is_err());
    due(&mut alarm, &clock, 1_000).await;
    assert_eq!(began.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_moves_back_is_not_met_early() {
    let (mut alarm, clock, began) = alarm();
    assert!(timeout(Duration::from_millis(10), due(&mut alarm, &clock, 1_000)).await.is_err());
    due(&mut alarm, &clock, 5_000).await;
    assert_eq!(began.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_past_is_met_at_once() {
    let (mut alarm, clock, began) = alarm();
    due(&mut alarm, &clock, 0).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// Waits until the alarm says that `ms` after the start have passed.
async fn due(alarm: &mut Alarm, clock: &CallClock, ms: u64) {
    poll_fn(|cx| if alarm.poll(cx, Mono(ms * 1_000), clock) { Poll::Ready(()) } else { Poll::Pending }).await;
}

fn alarm() -> (Alarm, CallClock, Instant) {
    struct Paused(Instant);
    impl Clock for Paused {
        fn now(&self) -> Reading {
            Reading { monotonic_us: self.0.elapsed().as_micros() as u64, ..Reading::default() }
        }
    }
    let began = Instant::now();
    (Alarm::default(), CallClock::start(Arc::new(Paused(began))), began)
}
