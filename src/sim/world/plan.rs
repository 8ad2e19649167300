//! What a world is made of: a caller, a line, a model, an organization, all from one seed or from a scenario.

mod guest;
mod transfer;

use std::time::Duration;

use fastrand::Rng;

use crate::session::policy::Policy;
use crate::sim::caller::{Caller, RandomCaller, ScriptedCaller};
use crate::sim::carrier::company::CallPlan;
use crate::sim::carrier::knobs::{CompanyKnobs, PhoneKnobs};
use crate::sim::clips::{Kind, Library};
use crate::sim::model::{ModelKnobs, ModelScript};
use crate::sim::scenario::Scenario;
use crate::types::org::AudioFormat;
use crate::types::{PhoneNumber, TargetId};

pub use guest::Guest;
pub use transfer::{Crew, Interlude, TransferPlan};

/// Who phones.
pub enum CallerKind {
    Random,
    Scripted(Box<dyn Caller>),
}

/// Everything that decides a world's history.
pub struct WorldPlan {
    pub seed: u64,
    pub caller: CallerKind,
    pub script: ModelScript,
    pub phone: PhoneKnobs,
    pub company: CompanyKnobs,
    pub model: ModelKnobs,
    pub format: AudioFormat,
    pub disclosure: String,
    pub greeting: String,
    pub policy: Policy,
    /// Hang-up and look-up by request.
    pub carrier_rest: bool,
    /// Both ways between the gateway and the model.
    pub model_delay: Duration,
    /// The journal's commits take this long...
    pub commit_delay: Duration,
    /// ... and during this time none happen: the database is away and comes back.
    pub outage: Option<(Duration, Duration)>,
    /// The journal dies at this moment, and what it had not written is lost.
    pub journal_crash: Option<Duration>,
    pub record_model: bool,
    /// What the phone sends is held back for the gateway's deadlines, so that the two meet.
    pub coincident: bool,
    /// People who can be brought in. `None`: a plain call.
    pub transfer: Option<TransferPlan>,
}

/// What the gateway's side is told.
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) script: ModelScript,
    pub(super) model: ModelKnobs,
    pub(super) format: AudioFormat,
    pub(super) disclosure: String,
    pub(super) greeting: String,
    pub(super) policy: Policy,
    pub(super) carrier_rest: bool,
    pub(super) model_delay: Duration,
    pub(super) commit_delay: Duration,
    pub(super) outage: Option<(Duration, Duration)>,
    pub(super) journal_crash: Option<Duration>,
    pub(super) record_model: bool,
    pub(super) coincident: bool,
    pub(super) crew: Option<Crew>,
}

impl Settings {
    /// Our number.
    pub(super) fn ours(&self) -> PhoneNumber {
        transfer::OURS.parse().expect("a constant number")
    }

    /// The outside party's number.
    pub(super) fn party(&self) -> PhoneNumber {
        transfer::PARTY.parse().expect("a constant number")
    }

    pub(super) fn number_of(&self, target: &TargetId) -> Option<PhoneNumber> {
        let targets = &self.crew.as_ref()?.escalation.targets;
        targets.iter().find(|known| known.id == *target).map(|known| known.number.clone())
    }

    /// Words that no stranger may hear.
    pub(super) fn confided(&self) -> impl Iterator<Item = &str> {
        self.crew.iter().flat_map(|_| [transfer::SECRET, transfer::PARTY])
    }

    /// A stream of randomness of its own for each part.
    pub(super) fn rng(&self, part: u64) -> Rng {
        Rng::with_seed(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(part))
    }
}

impl WorldPlan {
    /// A quiet world without faults: the built-in greeting, an ordinary line.
    pub fn quiet(seed: u64, caller: CallerKind, script: ModelScript) -> Self {
        Self {
            seed,
            caller,
            script,
            phone: PhoneKnobs::ordinary(&mut Rng::with_seed(seed)),
            company: CompanyKnobs::default(),
            model: ModelKnobs::default(),
            format: AudioFormat::Pcmu,
            disclosure: String::new(),
            greeting: "Hello, how can I help you?".to_owned(),
            policy: Policy::default(),
            carrier_rest: true,
            model_delay: Duration::from_millis(20),
            commit_delay: Duration::from_millis(4),
            outage: None,
            journal_crash: None,
            record_model: false,
            coincident: false,
            transfer: None,
        }
    }

    /// A world of which nothing is known but its seed.
    pub fn random(seed: u64, library: &Library) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut plan = Self::quiet(seed, CallerKind::Random, ModelScript::random(library));
        plan.phone = PhoneKnobs::random(&mut rng);
        plan.company = CompanyKnobs::random(&mut rng);
        plan.model = ModelKnobs::random(&mut rng);
        plan.format = if rng.u8(..10) == 0 { AudioFormat::Pcm } else { AudioFormat::Pcmu };
        plan.disclosure = if rng.u8(..3) == 0 { "This is an automated assistant.".to_owned() } else { String::new() };
        if rng.u8(..5) == 0 {
            plan.greeting = String::new();
        }
        plan.policy.call_max = Duration::from_secs(rng.u64(75..150));
        plan.carrier_rest = rng.u8(..4) > 0;
        plan.model_delay = Duration::from_millis(rng.u64(2..120));
        plan.commit_delay = Duration::from_millis(rng.u64(1..60));
        let moment = |rng: &mut Rng| Duration::from_millis(rng.u64(0..60_000));
        plan.outage = (rng.u8(..6) == 0).then(|| (moment(&mut rng), Duration::from_millis(rng.u64(100..30_000))));
        plan.journal_crash = (rng.u8(..8) == 0).then(|| moment(&mut rng));
        plan.company.replay_after = random_replay(seed);
        plan.coincident = rng.u8(..3) == 0;
        plan
    }

    /// A scenario in virtual time, without faults but those that it asks for. `None`: it names a clip that is missing.
    pub fn scenario(scenario: &Scenario, library: &Library, greeting: &str, disclosure: &str) -> Option<Self> {
        let clip = |name: &str| library.clip(Kind::Caller, name).map(|clip| clip.audio);
        let caller = ScriptedCaller::new(&scenario.caller, clip).ok()?;
        let script = ModelScript::scenario(scenario, library).ok()?;
        let mut plan = Self::quiet(1, CallerKind::Scripted(Box::new(caller)), script);
        plan.greeting = greeting.to_owned();
        plan.disclosure = disclosure.to_owned();
        plan.record_model = true;
        if scenario.model_down {
            plan.model = ModelKnobs::down();
        }
        Some(plan)
    }

    /// Takes the plan apart: the call, the gateway's settings, and who can be brought in.
    pub(super) fn split(self) -> (CallPlan, Settings, Option<TransferPlan>) {
        let caller = match self.caller {
            CallerKind::Random => Box::new(RandomCaller::new(self.seed)) as Box<dyn Caller>,
            CallerKind::Scripted(caller) => caller,
        };
        let mut call = CallPlan::new(caller);
        call.phone = self.phone;
        call.company = self.company;
        if let Some(transfer) = &self.transfer {
            call.habits = transfer.habits.clone();
        }
        let settings = Settings {
            seed: self.seed,
            script: self.script,
            model: self.model,
            format: self.format,
            disclosure: self.disclosure,
            greeting: self.greeting,
            policy: self.policy,
            carrier_rest: self.carrier_rest,
            model_delay: self.model_delay,
            commit_delay: self.commit_delay,
            outage: self.outage,
            journal_crash: self.journal_crash,
            record_model: self.record_model,
            coincident: self.coincident,
            crew: self.transfer.as_ref().map(|transfer| transfer.crew.clone()),
        };
        (call, settings, self.transfer)
    }
}

/// A captured request that comes again. It has dice of its own, so that what else happens at a seed stays as it was.
fn random_replay(seed: u64) -> Option<Duration> {
    let rng = &mut Rng::with_seed(seed ^ 0x9E21_A700);
    (rng.u8(..4) == 0).then(|| Duration::from_millis(rng.u64(500..30_000)))
}

/// Redirects that take their time; the same.
fn random_late_redirects(seed: u64) -> u16 {
    let rng = &mut Rng::with_seed(seed ^ 0x51_0D11);
    if rng.u8(..6) == 0 { 500 } else { 0 }
}
