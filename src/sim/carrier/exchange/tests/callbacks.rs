//! Callbacks: lost, doubled, late and out of order; nothing depends on them.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::sim::carrier::company::{CallPlan, WebAnswer, WebFailure};
use crate::sim::carrier::exchange::tests::rig::{Mute, OPERATOR, Rig, room};
use crate::sim::carrier::knobs::{CompanyKnobs, Delay};
use crate::sim::carrier::person::{Habits, Leave, Person};

fn play(seed: u64, knobs: &CompanyKnobs) -> Rig {
    let mut rig = Rig::seeded(seed, |config| config.knobs = knobs.clone());
    rig.person(OPERATOR, Person::answering(Duration::ZERO).leaving(Leave::Talking(Duration::from_secs(3))));
    rig.answer("/answer", &room("operator", "endConferenceOnExit='true'"));
    rig.answer("/caller-done", "<Hangup/>");
    rig.call(&room("caller", "endConferenceOnExit='true'"), Habits::default());
    rig.ring("Url=https%3A%2F%2Fgw.test%2Fanswer");
    rig
}

#[test]
fn callbacks_about_a_room_can_be_lost_doubled_late_and_out_of_order() {
    let knobs = CompanyKnobs {
        lose_callbacks: 300,
        duplicate_callbacks: 300,
        callback: Delay { latency: Duration::ZERO, jitter: Duration::from_secs(5) },
        ..CompanyKnobs::default()
    };
    let mut orders = BTreeSet::new();
    for seed in 0..30 {
        let mut rig = play(seed, &knobs);
        rig.finish();
        assert_eq!(rig.exchange.bridges().len(), 1);
        orders.insert(rig.values("/room", "SequenceNumber").join(" "));
    }
    assert!(orders.len() > 20, "{orders:?}");
    assert!(orders.iter().any(|order| order.split(' ').collect::<BTreeSet<_>>().len() < order.split(' ').count()));
}

#[test]
fn a_callback_that_is_refused_is_a_breach_and_one_that_nobody_hears_is_not() {
    let answer = |status| Ok(WebAnswer { status, content_type: String::new(), body: String::new() });
    for (answer, breaches) in
        [(answer(500), true), (answer(404), true), (answer(200), false), (Err(WebFailure::Refused), false)]
    {
        let mut rig = play(1, &CompanyKnobs::default());
        rig.answer_with("/room", answer);
        rig.finish();
        assert_eq!(!rig.violations().is_empty(), breaches);
    }
}

#[test]
fn a_request_may_come_twice_and_the_second_answer_does_not_count() {
    let knobs = CompanyKnobs { repeat_asks: 1000, ..CompanyKnobs::default() };
    let mut rig = play(1, &knobs);
    rig.finish();
    let (first, second) = (rig.asked_at("/answer")[0], rig.asked_at("/answer")[1]);
    assert_eq!((&first.pairs, first.leg), (&second.pairs, second.leg));
    assert_eq!(rig.exchange.bridges().len(), 1);
}

#[test]
fn the_action_of_a_room_may_be_asked_for_although_the_caller_is_gone() {
    let knobs = CompanyKnobs { action_after_hang_up: true, ..CompanyKnobs::default() };
    let mut rig = Rig::with(|config| config.knobs = knobs.clone());
    rig.answer("/twilio/voice", &room("caller", ""));
    let plan = CallPlan { company: knobs, ..CallPlan::new(Box::new(Mute { speaks: false })) };
    let caller = rig.dial_in(plan);
    rig.pass(1000);
    rig.hang_up(caller);
    rig.finish();
    let asked = rig.only("/caller-done");
    assert_eq!((asked.get("CallStatus"), asked.get("DialCallStatus")), ("completed", "answered"));
}
