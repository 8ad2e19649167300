//! The breaker over a real socket: when nothing works no leg is asked for, and whoever hangs up still tries.

use std::time::Duration;

use switchboard::ports::carrier::{Carrier, CarrierError};
use switchboard::twilio::rest::breaker::{FAILURES_MAX, OPEN_FOR};
use tokio::time::{advance, pause, resume};

use super::creates::{OPERATOR, created, order};
use super::fake::*;

/// Lets the breaker's time pass. Not paused while a socket is waited for: the clock would run ahead of the answer.
async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

#[tokio::test]
async fn after_five_failures_creates_are_refused_then_probed_then_taken() {
    let mut answers = vec![error(500, 20500); FAILURES_MAX];
    answers.extend([error(503, 20503), created(), created()]);
    let twilio = Twilio::that_says(answers).await;
    let rest = twilio.rest(&twilio.settings());
    for _ in 0..FAILURES_MAX {
        assert_eq!(rest.dial(&order(OPERATOR)).await, Err(CarrierError::Unknown));
    }
    for _ in 0..3 {
        assert_eq!(rest.dial(&order(OPERATOR)).await, Err(CarrierError::Unreachable));
    }
    assert_eq!(twilio.requests().len(), 5, "while it is open nothing is sent");

    pass(OPEN_FOR).await;
    assert_eq!(rest.dial(&order(OPERATOR)).await, Err(CarrierError::Unknown), "the probe");
    assert_eq!(rest.dial(&order(OPERATOR)).await, Err(CarrierError::Unreachable));
    pass(OPEN_FOR).await;
    assert_eq!(rest.dial(&order(OPERATOR)).await, Ok(leg()), "the next probe");
    assert_eq!(rest.dial(&order(OPERATOR)).await, Ok(leg()));
    assert_eq!(twilio.requests().len(), 8);
}

#[tokio::test]
async fn hang_ups_and_look_ups_always_try_and_close_it_again() {
    let mut answers = vec![error(500, 20500); 6];
    answers.extend([call("completed"), created()]);
    let twilio = Twilio::that_says(answers).await;
    let rest = twilio.rest(&twilio.settings());
    assert_eq!(rest.hang_up(&leg()).await, Err(CarrierError::Unknown));
    assert_eq!(rest.status(&leg()).await, Err(CarrierError::Unknown));
    assert_eq!(rest.dial(&order(OPERATOR)).await, Err(CarrierError::Unreachable), "six failures");
    assert_eq!(rest.hang_up(&leg()).await, Ok(()));
    assert_eq!(rest.dial(&order(OPERATOR)).await, Ok(leg()));
}

#[tokio::test]
async fn refusals_are_answers_and_do_not_open_it() {
    let mut answers = vec![error(400, 21215); 2 * FAILURES_MAX];
    answers.push(created());
    let twilio = Twilio::that_says(answers).await;
    let rest = twilio.rest(&twilio.settings());
    for _ in 0..2 * FAILURES_MAX {
        assert_eq!(rest.dial(&order(OPERATOR)).await, Err(CarrierError::Refused(Some(21215))));
    }
    assert_eq!(rest.dial(&order(OPERATOR)).await, Ok(leg()));
}
