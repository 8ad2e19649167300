//! People who are called: when they answer, what they press, and when they put the phone down.
//!
//! A person is a plan; the leg that rings them carries it out, so that the same plan and seed give the same call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::sim::caller::Caller;

mod machine;
mod random;

pub use machine::MachineVoice;

/// Makes the voice of a person who may be called more than once.
pub type Voice = Arc<dyn Fn() -> Box<dyn Caller> + Send + Sync>;

/// Somebody with a telephone.
#[derive(Clone)]
pub struct Person {
    pub pick_up: PickUp,
    pub habits: Habits,
    /// What they say on a stream, a record or in a room. `None`: nothing on a stream; they chat in a room.
    pub voice: Option<Voice>,
    /// What answering machine detection finds, and when. `None`: the truth, after some seconds.
    pub detected: Option<(Duration, AnsweredBy)>,
}

/// What happens when their phone rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PickUp {
    After(Duration),
    Never,
    /// Is on the phone, or rejects the call.
    Busy(Duration),
    /// The number cannot be reached.
    Fails(Duration),
    /// The company calls no such number for this account: a request is refused, a `<Dial>` fails at once.
    Barred,
    /// A machine answers, speaks so long, beeps, and records. It never presses a key.
    Machine {
        after: Duration,
        greeting: Duration,
    },
}

/// What somebody on the phone does by plan, whatever they hear.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Habits {
    /// For the first `<Gather>` they hear, the second, and so on; none for the rest.
    pub keys: Vec<Keys>,
    /// The earliest wins. None: they stay until the company ends the call.
    pub leaves: Vec<Leave>,
}

/// Keys for one `<Gather>`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Keys {
    /// Since the `<Gather>` began.
    pub after: Duration,
    /// One after the other, 200 ms apart. Empty: nothing is pressed.
    pub digits: String,
}

/// When somebody puts the phone down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// After the answer.
    Answered(Duration),
    /// After the begin of the nth `<Gather>`, counted from 0.
    Gather(usize, Duration),
    /// After the keys for the nth `<Gather>` were pressed.
    Pressed(usize, Duration),
    /// After entering a room, if still there.
    Entered(Duration),
    /// After being connected with somebody, if still so.
    Talking(Duration),
    /// After the other one has gone, if still alone.
    Alone(Duration),
    /// After a `<Record>` began.
    Recording(Duration),
}

/// What answering machine detection may find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnsweredBy {
    Human,
    MachineStart,
    MachineEndBeep,
    MachineEndSilence,
    MachineEndOther,
    Fax,
    Unknown,
}

impl Person {
    /// Answers after so long, and then does nothing.
    pub fn answering(after: Duration) -> Self {
        Self::new(PickUp::After(after))
    }

    /// Answers after a second and presses one of these after every `<Gather>`, two seconds after it began.
    pub fn pressing(digits: &[&str]) -> Self {
        let keys = digits.iter().map(|digits| Keys { after: Duration::from_secs(2), digits: (*digits).to_owned() });
        let habits = Habits { keys: keys.collect(), leaves: Vec::new() };
        Self { habits, ..Self::answering(Duration::from_secs(1)) }
    }

    pub fn machine() -> Self {
        Self::new(PickUp::Machine { after: Duration::from_secs(4), greeting: Duration::from_secs(6) })
    }

    pub const fn never() -> Self {
        Self::new(PickUp::Never)
    }

    pub const fn busy() -> Self {
        Self::new(PickUp::Busy(Duration::from_secs(1)))
    }

    pub const fn failing() -> Self {
        Self::new(PickUp::Fails(Duration::from_secs(1)))
    }

    pub const fn new(pick_up: PickUp) -> Self {
        Self { pick_up, habits: Habits { keys: Vec::new(), leaves: Vec::new() }, voice: None, detected: None }
    }

    pub fn leaving(mut self, leave: Leave) -> Self {
        self.habits.leaves.push(leave);
        self
    }

    /// With a voice of its own; see `ScriptedCaller` and the others.
    pub fn speaking(mut self, voice: impl Fn() -> Box<dyn Caller> + Send + Sync + 'static) -> Self {
        self.voice = Some(Arc::new(voice));
        self
    }

    pub const fn is_machine(&self) -> bool {
        matches!(self.pick_up, PickUp::Machine { .. })
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("pick_up", &self.pick_up)
            .field("habits", &self.habits)
            .field("detected", &self.detected)
            .finish_non_exhaustive()
    }
}

impl AnsweredBy {
    /// The carrier's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::MachineStart => "machine_start",
            Self::MachineEndBeep => "machine_end_beep",
            Self::MachineEndSilence => "machine_end_silence",
            Self::MachineEndOther => "machine_end_other",
            Self::Fax => "fax",
            Self::Unknown => "unknown",
        }
    }
}
