//! Worlds in which somebody is brought in: who can be reached, who asks for them, and everything that goes wrong.

mod faults;
mod moments;
mod shut;
mod words;

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use crate::audio::prompts;
use crate::safety::{Extensions, Language, Rules};
use crate::session::input::StaffInput;
use crate::session::policy::{People, Reachable};
use crate::sim::carrier::company::CompanyConfig;
use crate::sim::carrier::knobs::{CompanyKnobs, Delay, PhoneKnobs, RestKnobs};
use crate::sim::carrier::person::{Habits, Leave, Person, PickUp};
use crate::sim::model::script::tone;
use crate::sim::model::{ModelKnobs, ModelScript, Part, Reply};
use crate::sim::world::plan::transfer::faults::{barred_phone, common_faults, random_knobs};
use crate::sim::world::plan::transfer::moments::rare_moment;
use crate::sim::world::plan::transfer::shut::{drain, strand};
use crate::sim::world::plan::transfer::words::random_script;
use crate::sim::world::plan::{CallerKind, Guest, WorldPlan, random_late_redirects, random_replay};
use crate::types::org::{EscalationSettings, Target, WeekHours};
use crate::types::{Fallback, Mulaw, OpenHours, TargetId, Urgency};

/// Our own number, and the outside party's.
pub(super) const OURS: &str = "+15550100199";
pub(super) const PARTY: &str = "+15550100001";

/// A word that callers and assistants use, and strangers' voicemails must never hear.
pub(super) const SECRET: &str = "Xylophone";

/// Who can be brought in, as the gateway is told.
#[derive(Clone)]
pub struct Crew {
    pub escalation: EscalationSettings,
    pub people: People,
    pub rules: Arc<Rules>,
    pub hold: Mulaw,
    /// The call is placed by staff.
    pub outbound: bool,
    pub machine_message: String,
}

/// Something that happens at a time of its own.
#[derive(Clone, Debug)]
pub enum Interlude {
    Staff(StaffInput),
    /// The gateway is about to shut down: the calls that are left are told.
    Drain,
    /// The gateway is killed.
    Crash,
    /// It is there again.
    Return,
}

/// What a world of transfers has besides a call.
#[derive(Clone)]
pub struct TransferPlan {
    pub crew: Crew,
    /// The phone book.
    pub persons: Vec<(String, Person)>,
    /// What the caller does by plan.
    pub habits: Habits,
    /// Faults of legs that the gateway places, and of callbacks about rooms.
    pub knobs: CompanyKnobs,
    pub interludes: Vec<(Duration, Interlude)>,
}

impl TransferPlan {
    /// One target, who is reached on the first ring and takes the call; nothing goes wrong.
    pub fn quiet() -> Self {
        let target = |no: usize, ring: u64| Target {
            id: format!("target-{no}").parse().expect("a legal id"),
            name: format!("Target {no}"),
            number: number(no).parse().expect("a legal number"),
            ring: Duration::from_secs(ring),
            hours: WeekHours::Always,
        };
        let escalation = EscalationSettings {
            targets: vec![target(0, 15)],
            allow: vec!["+1555".to_owned()],
            dials_per_minute_max: 30,
            ..EscalationSettings::default()
        };
        let crew = Crew {
            people: People { targets: reachable(&escalation, &[]), ..People::nobody() },
            escalation,
            rules: Arc::new(Rules::new(Language::English, &Extensions::default())),
            hold: prompts::hold(),
            outbound: false,
            machine_message: String::new(),
        };
        let persons = vec![(number(0), Person::pressing(&["1", "1"]))];
        Self { crew, persons, habits: Habits::default(), knobs: knobs(), interludes: Vec::new() }
    }

    /// So many targets; who answers is up to `persons`, in order.
    pub fn with_targets(mut self, persons: Vec<Person>) -> Self {
        let first = self.crew.escalation.targets[0].clone();
        let of = |no: usize| Target {
            id: format!("target-{no}").parse().expect("a legal id"),
            number: number(no).parse().expect("a legal number"),
            ..first.clone()
        };
        self.crew.escalation.targets = (0..persons.len()).map(of).collect();
        self.crew.people.targets = reachable(&self.crew.escalation, &[]);
        self.persons = persons.into_iter().enumerate().map(|(no, person)| (number(no), person)).collect();
        self
    }

    /// Numbers that may be dialled.
    pub(in crate::sim::world) fn numbers(&self) -> Vec<String> {
        let mut numbers: Vec<_> =
            self.crew.escalation.targets.iter().map(|target| target.number.e164().to_owned()).collect();
        if self.crew.outbound {
            numbers.push(PARTY.to_owned());
        }
        numbers
    }

    pub(in crate::sim::world) fn config(&self, config: CompanyConfig) -> crate::sim::carrier::ExchangeConfig {
        let mut config = crate::sim::carrier::ExchangeConfig::new(config);
        config.numbers = vec![OURS.to_owned()];
        config.knobs = self.knobs.clone();
        config
    }

    /// What was planned goes as planned: times of the carrier's are short, and no request is refused or lost.
    pub(in crate::sim::world) fn rest_works(&self, company: &CompanyKnobs) -> bool {
        let works = |rest: &RestKnobs| {
            let faults = rest.limited
                + rest.unavailable
                + rest.unauthorized
                + rest.done_but_failed
                + rest.unanswered
                + rest.late_redirects;
            let faults = faults + rest.dead_connections + rest.no_connection + rest.answers_per_connection as u16;
            faults == 0 && rest.delay.max() <= Duration::from_millis(400)
        };
        works(&self.knobs.rest) && works(&company.rest)
    }
}

fn number(no: usize) -> String {
    format!("+155502000{no:02}")
}

/// As the core knows them; those in `closed` are not there now.
fn reachable(escalation: &EscalationSettings, closed: &[usize]) -> Arc<[Reachable]> {
    let of = |(no, target): (usize, &Target)| Reachable {
        id: target.id.clone(),
        name: target.name.as_str().into(),
        ring: target.ring,
        hours: if closed.contains(&no) { OpenHours::Spans(Arc::default()) } else { OpenHours::Always },
    };
    escalation.targets.iter().enumerate().map(of).collect()
}

/// Callbacks that come when they should, and requests that work.
fn knobs() -> CompanyKnobs {
    let delay = |millis: u64| Delay { latency: Duration::from_millis(millis), jitter: Duration::ZERO };
    CompanyKnobs {
        ask: delay(20),
        open: delay(40),
        callback: delay(30),
        progress_callbacks: true,
        rest: RestKnobs { delay: delay(40), ..RestKnobs::default() },
        ..CompanyKnobs::default()
    }
}

impl WorldPlan {
    /// A world of transfers without faults: a caller who says two things, an assistant who answers.
    pub fn calm_transfer(seed: u64, replies: Vec<Reply>) -> Self {
        let speaks = vec![Duration::from_millis(1200), Duration::from_millis(1500)];
        let caller = CallerKind::Scripted(Box::new(Guest::new(speaks, None)));
        let fallback = vec![Part::Speech(tone(300.0, 700))];
        let mut plan = Self::quiet(seed, caller, ModelScript::turns(replies, fallback, Vec::new()));
        plan.company = knobs();
        plan.transfer = Some(TransferPlan::quiet());
        plan
    }

    /// A world of transfers of which nothing is known but its seed.
    pub fn transfer(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed ^ 0x7A5F_0001);
        let speaks = (0..rng.usize(0..4)).map(|_| millis(rng, 500, 1800)).collect();
        let presses = (rng.u8(..3) == 0).then(|| (millis(rng, 500, 25_000), '0'));
        let caller = CallerKind::Scripted(Box::new(Guest::new(speaks, presses)));
        let mut plan = Self::quiet(seed, caller, random_script(rng));
        plan.phone = PhoneKnobs::ordinary(rng);
        if rng.u8(..8) == 0 {
            plan.phone.drop_at = Some(millis(rng, 1000, 50_000));
        }
        let flawless = rng.bool();
        plan.company = random_knobs(rng, flawless);
        plan.company.hang_up_after = (rng.u8(..3) > 0).then(|| millis(rng, 0, 110_000));
        plan.model = match rng.u8(..12) {
            0 | 4 => ModelKnobs::down(),
            1 | 2 => ModelKnobs::random(rng),
            3 => ModelKnobs { expire_after: Some(millis(rng, 3000, 40_000)), ..ModelKnobs::default() },
            _ => ModelKnobs::default(),
        };
        plan.greeting = if rng.u8(..3) == 0 { String::new() } else { "Hello.".to_owned() };
        random_policy(&mut plan, rng);
        plan.carrier_rest = rng.u8(..12) > 0;
        plan.model_delay = millis(rng, 2, 60);
        plan.commit_delay = millis(rng, 1, 40);
        if rng.u8(..10) == 0 {
            plan.outage = Some((millis(rng, 0, 60_000), millis(rng, 100, 8000)));
        }
        plan.transfer = Some(random_transfer(rng, flawless));
        plan.company.replay_after = random_replay(seed);
        plan.coincident = rng.u8(..3) == 0;
        plan.policy.emergency_again = Duration::from_secs(rng.u64(3..20));
        plan.policy.emergency_open = Duration::from_secs(rng.u64(40..70));
        match rng.u8(..10) {
            0 => drain(&mut plan, rng),
            1 => strand(&mut plan, rng),
            _ => {}
        }
        plan.company.rest.late_redirects = random_late_redirects(seed);
        common_faults(&mut plan, &mut Rng::with_seed(seed ^ 0x00C0_FFEE));
        barred_phone(&mut plan, &mut Rng::with_seed(seed ^ 0x00BA_77ED));
        rare_moment(&mut plan, &mut Rng::with_seed(seed ^ 0x0066_00D5));
        plan
    }
}

fn random_policy(plan: &mut WorldPlan, rng: &mut Rng) {
    let policy = &mut plan.policy;
    policy.call_max = Duration::from_secs(rng.u64(60..120));
    policy.escalation_max = Duration::from_secs(rng.u64(20..90));
    policy.bridge_max = Duration::from_secs(rng.u64(40..120));
    policy.voicemail_max = Duration::from_secs(rng.u64(5..20));
    policy.outbound_ring = Duration::from_secs(rng.u64(8..25));
}

fn random_transfer(rng: &mut Rng, flawless: bool) -> TransferPlan {
    let mut plan = TransferPlan::quiet();
    let count = rng.usize(1..=4);
    plan = plan.with_targets((0..count).map(|_| random_operator(rng)).collect());
    for target in &mut plan.crew.escalation.targets {
        target.ring = Duration::from_secs(rng.u64(5..25));
    }
    if rng.u8(..12) == 0 {
        plan.crew.escalation.dials_per_minute_max = 1;
    }
    let closed: Vec<usize> = (0..count).filter(|_| rng.u8(..8) == 0).collect();
    let people = &mut plan.crew.people;
    people.targets = reachable(&plan.crew.escalation, &closed);
    if rng.u8(..20) == 0 {
        people.targets = Arc::default();
    }
    people.fallback = fallback(rng);
    people.after_hours = fallback(rng);
    if rng.u8(..6) == 0 {
        people.hours = OpenHours::Spans(Arc::default());
    }
    if rng.bool() {
        people.emergency_sentence = "Hang up and call the emergency number.".into();
    }
    plan.habits = Habits::random_caller(rng);
    plan.knobs = random_knobs(rng, flawless);
    if rng.u8(..8) == 0 {
        plan.crew.outbound = true;
        plan.crew.machine_message = if rng.bool() { "Please call us back.".to_owned() } else { String::new() };
        plan.persons.push((PARTY.to_owned(), random_party(rng)));
    }
    random_interludes(&mut plan, rng);
    plan
}

/// Somebody who is called; some of them go when the caller is on the way to them.
fn random_operator(rng: &mut Rng) -> Person {
    if rng.u8(..4) == 0 {
        return fickle_operator(rng);
    }
    let mut person = Person::random(rng);
    let last = person.habits.keys.len().saturating_sub(1);
    if rng.u8(..3) == 0 {
        person.habits.leaves = vec![Leave::Pressed(last, millis(rng, 1500, 4500))];
    }
    person
}

/// Answers and accepts soon, and goes just when the caller has been told and is moved: the moment is a short one, and
/// people of whom nothing is known almost never meet it.
fn fickle_operator(rng: &mut Rng) -> Person {
    let mut person = Person::pressing(&["5", "1"]).leaving(Leave::Pressed(1, millis(rng, 1700, 2500)));
    person.pick_up = PickUp::After(millis(rng, 300, 3000));
    for key in &mut person.habits.keys {
        key.after = millis(rng, 200, 2500);
    }
    person
}

/// Who is phoned: mostly somebody who answers and talks.
fn random_party(rng: &mut Rng) -> Person {
    let mut person = Person::random(rng);
    if rng.bool() {
        person.pick_up = PickUp::After(millis(rng, 500, 6000));
    }
    person.habits = Habits::random_caller(rng);
    let speaks: Vec<_> = (0..rng.usize(0..3)).map(|_| millis(rng, 500, 1500)).collect();
    let presses = rng.bool().then(|| (millis(rng, 1000, 15_000), '0'));
    if !person.is_machine() {
        person = person.speaking(move || Box::new(Guest::new(speaks.clone(), presses)));
    }
    person
}

fn random_interludes(plan: &mut TransferPlan, rng: &mut Rng) {
    let count = plan.crew.escalation.targets.len();
    if rng.u8(..2) == 0 {
        let target = target_id(rng.usize(..count));
        let target = (rng.u8(..4) == 0).then_some(target);
        let urgency = *rng.choice(Urgency::ALL).unwrap_or(&Urgency::Medium);
        let reason = format!("Staff heard of the {SECRET}. {}", "It takes long to tell. ".repeat(rng.usize(..20)));
        let escalate = StaffInput::Escalate { target, urgency, reason };
        plan.interludes.push((millis(rng, 500, 20_000), Interlude::Staff(escalate)));
    }
    if rng.u8(..8) == 0 {
        let target = Some(target_id(rng.usize(..count)));
        let (urgency, reason) = (Urgency::Medium, "I take it over.".to_owned());
        let over = StaffInput::Escalate { target, urgency, reason };
        plan.interludes.push((millis(rng, 5000, 50_000), Interlude::Staff(over)));
    }
    if rng.u8(..7) == 0 {
        plan.interludes.push((millis(rng, 3000, 80_000), Interlude::Staff(StaffInput::Return)));
    }
    if rng.u8(..10) == 0 {
        plan.interludes.push((millis(rng, 3000, 90_000), Interlude::Staff(StaffInput::End)));
    }
    if rng.u8(..10) == 0 {
        let say = StaffInput::Say("We are with you in a moment.".to_owned());
        plan.interludes.push((millis(rng, 1000, 40_000), Interlude::Staff(say)));
    }
    if rng.u8(..4) == 0 {
        let at = millis(rng, 500, 70_000);
        plan.interludes.push((at, Interlude::Crash));
        plan.interludes.push((at + millis(rng, 500, 5000), Interlude::Return));
    }
}

fn target_id(no: usize) -> TargetId {
    format!("target-{no}").parse().expect("a legal id")
}

fn fallback(rng: &mut Rng) -> Fallback {
    *rng.choice(Fallback::ALL).unwrap_or(&Fallback::Callback)
}

fn millis(rng: &mut Rng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.u64(from..=to))
}
