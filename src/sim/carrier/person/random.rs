//! People from a seed: each of the things that a person may do, at every moment.
//!
//! Half of them behave, so that transfers get far enough for the other half's mischief to matter.

use std::time::Duration;

use fastrand::Rng;

use crate::sim::carrier::person::{AnsweredBy, Habits, Keys, Leave, Person, PickUp};

impl Person {
    /// Anybody. The same seed gives the same person.
    pub fn random(rng: &mut Rng) -> Self {
        let ring = Duration::from_millis(rng.u64(0..25_000));
        let pick_up = match rng.u8(0..20) {
            0 | 1 => PickUp::Never,
            2 => PickUp::Busy(ring / 5),
            3 => PickUp::Fails(ring / 5),
            4..7 => PickUp::Machine { after: ring, greeting: Duration::from_millis(rng.u64(1000..15_000)) },
            _ => PickUp::After(ring),
        };
        let detected = (rng.u8(0..3) == 0).then(|| (Duration::from_millis(rng.u64(500..8000)), found(rng)));
        Self { pick_up, habits: Habits::random_operator(rng), voice: None, detected }
    }
}

impl Habits {
    /// Somebody who is asked for a key, told something, and asked to decide.
    pub fn random_operator(rng: &mut Rng) -> Self {
        let mut keys = vec![Keys { after: soon(rng), digits: any_key(rng) }];
        for _ in 0..rng.usize(0..4) {
            keys.push(Keys { after: soon(rng), digits: "4".to_owned() });
        }
        let decision = match rng.u8(0..10) {
            0..5 => "1".to_owned(),
            5 => "2".to_owned(),
            6 => "3".to_owned(),
            7 => "5".to_owned(),
            8 => any_key(rng),
            _ => String::new(),
        };
        keys.push(Keys { after: soon(rng), digits: decision });
        if rng.u8(0..12) == 0 {
            keys.clear();
        }
        let leaves = if rng.bool() { vec![random_leave(rng)] } else { Vec::new() };
        Self { keys, leaves }
    }

    /// A caller, who is asked for nothing but may go at any moment.
    pub fn random_caller(rng: &mut Rng) -> Self {
        let leaves = if rng.u8(0..3) > 0 { vec![random_leave(rng)] } else { Vec::new() };
        Self { keys: Vec::new(), leaves }
    }
}

fn random_leave(rng: &mut Rng) -> Leave {
    let at_once = rng.u8(0..3) == 0;
    let after = Duration::from_millis(if at_once { rng.u64(0..300) } else { rng.u64(0..40_000) });
    match rng.u8(0..7) {
        0 => Leave::Answered(after),
        1 => Leave::Gather(rng.usize(0..3), after / 4),
        2 => Leave::Pressed(rng.usize(0..3), after / 4),
        3 => Leave::Entered(after),
        4 => Leave::Talking(after),
        5 => Leave::Alone(after),
        _ => Leave::Recording(after / 2),
    }
}

fn soon(rng: &mut Rng) -> Duration {
    Duration::from_millis(if rng.u8(0..6) == 0 { rng.u64(5000..20_000) } else { rng.u64(0..5000) })
}

fn any_key(rng: &mut Rng) -> String {
    let count = if rng.u8(0..8) == 0 { 3 } else { 1 };
    (0..count).map(|_| char::from(b'0' + rng.u8(0..10))).collect()
}

fn found(rng: &mut Rng) -> AnsweredBy {
    const ALL: [AnsweredBy; 7] = [
        AnsweredBy::Human,
        AnsweredBy::MachineStart,
        AnsweredBy::MachineEndBeep,
        AnsweredBy::MachineEndSilence,
        AnsweredBy::MachineEndOther,
        AnsweredBy::Fax,
        AnsweredBy::Unknown,
    ];
    *rng.choice(&ALL).unwrap_or(&AnsweredBy::Unknown)
}
