//! Random people, callers and faults: everything comes to rest, and the same seed gives the same company.

use std::time::Duration;

use fastrand::Rng;

use crate::sim::carrier::company::CallPlan;
use crate::sim::carrier::exchange::tests::rig::{Mute, OPERATOR, OTHER, Rig, STREAM, room};
use crate::sim::carrier::knobs::CompanyKnobs;
use crate::sim::carrier::person::{Habits, Person};

const GATE: &str = "<Gather action='/brief' numDigits='1' timeout='6'><Say>Press any key.</Say></Gather><Hangup/>";
const BRIEF: &str = "<Gather action='/decide' numDigits='1' timeout='6'><Say>Somebody calls because of something.</Say></Gather><Hangup/>";

/// Somebody calls, somebody is rung, both may meet, and anything may happen.
fn play(seed: u64) -> Rig {
    let mut rng = Rng::with_seed(seed);
    let mut knobs = CompanyKnobs::random_exchange(&mut rng);
    knobs.rest = Default::default();
    let mut rig = Rig::seeded(seed, |config| config.knobs = knobs.clone());
    rig.person(OPERATOR, Person::random(&mut rng));
    rig.person(OTHER, Person::random(&mut rng));
    rig.answer("/gate", GATE);
    rig.answer("/brief", BRIEF);
    rig.answer("/decide", &room("operator", "endConferenceOnExit='true'"));
    rig.answer("/operator-done", "<Hangup/>");
    let dial = format!("<Dial action='/end' timeout='20'><Number url='/whisper'>{OTHER}</Number></Dial>");
    rig.answer("/caller-done", &dial);
    rig.answer("/whisper", "<Gather action='/accept' numDigits='1'/><Hangup/>");
    rig.answer("/accept", "");
    rig.answer("/end", "<Record action='/kept' maxLength='20'/><Hangup/>");
    rig.answer("/kept", "<Hangup/>");
    rig.answer("/after", "<Hangup/>");
    rig.answer("/twilio/voice", STREAM);
    knobs.hang_up_after = None;
    let (habits, speaks) = (Habits::random_caller(&mut rng), rng.bool());
    let caller = rig.dial_in(CallPlan { habits, company: knobs, ..CallPlan::new(Box::new(Mute { speaks })) });
    rig.ring("Url=https%3A%2F%2Fgw.test%2Fgate&Timeout=20&TimeLimit=120");
    rig.pass(rng.u64(0..40_000));
    let document = room("caller", "endConferenceOnExit='true'").replace("action=\"/", "action=\"https://gw.test/");
    rig.redirect(caller, &document.replace("<Dial ", "<Dial timeLimit='120' "));
    rig.pass(400_000);
    // Who stays for ever is put out; perhaps only the second time, and perhaps they have gone.
    rig.update(caller, "Status=completed");
    rig.finish();
    rig
}

#[test]
fn everything_comes_to_rest_and_no_machine_is_connected_in_a_gate() {
    let (mut met, mut machines) = (0, 0);
    for seed in 0..300 {
        let rig = play(seed);
        let report = rig.exchange.report();
        assert!(rig.exchange.live_legs().is_empty() && rig.exchange.live_rooms().is_empty(), "seed {seed}");
        assert!(report.bridges.iter().all(|bridge| bridge.to.is_some()), "seed {seed}");
        assert!(report.machines_bridged().is_empty(), "seed {seed}");
        assert!(report.dialled.iter().all(|dialled| [OPERATOR, OTHER].contains(&dialled.number.as_str())));
        met += usize::from(!report.bridges.is_empty());
        machines += report.legs.iter().filter(|leg| leg.is_machine && leg.answered_at.is_some()).count();
    }
    assert!(met > 50 && machines > 20, "{met} {machines}");
}

#[test]
fn the_same_seed_gives_the_same_company_byte_for_byte() {
    for seed in 0..20 {
        assert!(play(seed).trace == play(seed).trace, "seed {seed}");
    }
}

#[test]
fn random_people_do_everything_that_people_do() {
    let mut rng = Rng::with_seed(1);
    let people: Vec<Person> = (0..500).map(|_| Person::random(&mut rng)).collect();
    let leaves: usize = people.iter().map(|person| person.habits.leaves.len()).sum();
    let silent = people.iter().filter(|person| person.habits.keys.is_empty()).count();
    assert!(leaves > 100 && silent > 10 && people.iter().any(Person::is_machine));
    assert!(people.iter().any(|person| person.detected.is_some_and(|(after, _)| after > Duration::ZERO)));
}
