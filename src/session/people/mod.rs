//! Bringing a person in: what is under way, as data. The reactions are in the files beside this one.
//!
//! ```text
//! Intending -> Ringing -> Deciding -> Connecting -> Merging -> Talking      warm: the caller stays on the stream
//!     ^------------'---------'                                              until the operator has accepted
//! Announcing -> ColdDialling -> Talking                                     cold: the caller's own leg dials
//! ```
//! One escalation at a time; `legs` remembers every operator's leg until it is known to have ended.

pub(super) mod attempt;
pub(super) mod back;
pub(super) mod briefing;
pub(super) mod cold;
pub(super) mod fallback;
pub(super) mod hearing;
pub(super) mod legs;
pub(super) mod looks;
pub(super) mod message;
pub(super) mod moves;
pub(super) mod news;
pub(super) mod outbound;
pub(super) mod redial;
pub(super) mod request;
pub(super) mod resume;
pub(super) mod transfer;
pub(super) mod unaided;
pub(super) mod vigil;
mod wording;

use std::collections::VecDeque;

use crate::session::document::Document;
use crate::session::effect::{ActionId, Dial, RecordId};
use crate::session::fact::EscalationFact;
use crate::session::people::legs::OperatorLegs;
use crate::session::people::message::Message;
use crate::session::people::outbound::{Exchange, Outbound};
use crate::session::people::vigil::Vigil;
use crate::session::policy::Reachable;
use crate::types::{
    AttemptState, Cause, DialFault, EscalationState, LegId, Mono, Prompt, ResponseId, Speaker, TargetId, TransferMode,
    Urgency,
};

/// Everything about people that one call knows.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) open: Option<Escalation>,
    pub(crate) legs: OperatorLegs,
    /// The last words to operators whose attempt is over: attempt, leg, step. Newest last.
    pub(crate) goodbyes: VecDeque<(u32, LegId, u32, Document)>,
    /// Records up to this one are on disk.
    pub(crate) committed: Option<RecordId>,
    /// Attempts that are over.
    pub(crate) over: Vec<Over>,
    pub(crate) message: Option<Message>,
    pub(crate) outbound: Outbound,
    /// What the caller's leg runs, or must run, instead of a stream; also the answer should it ask.
    pub(crate) next: Option<Document>,
    /// Where the caller's leg is to go once the redirect that is under way is answered.
    pub(crate) queued_move: Option<Document>,
    /// The leg was fetched to a new stream, and has not come yet.
    pub(crate) fetched: bool,
    /// The present dial waits until an older leg to the same phone has ended.
    pub(crate) dial_held: bool,
    /// Requests to the carrier whose answers belong here.
    pub(crate) errands: Vec<(ActionId, Errand)>,
    pub(crate) counts: Counts,
    /// What is left of the longest call, while its clock stands still.
    pub(crate) paused: Option<Paused>,
    /// The next connection to the model must be told what was said, and this.
    pub(crate) recall: Option<String>,
    /// The assistant's voice began the emergency sentence.
    pub(crate) emergency_voice: Option<(ResponseId, Mono)>,
    /// An earlier process began this call.
    pub(crate) taken_up: bool,
    /// The caller comes back from a person.
    pub(crate) returning: bool,
    /// It was a talk, and the stream after it is not there yet.
    pub(crate) parting: bool,
    /// The first look at two who talk.
    pub(crate) talking_since: Option<Mono>,
    /// What the caller hears first on the next stream.
    pub(crate) told: Vec<Prompt>,
    /// The carrier does not do what we ask: the caller's leg is moved by closing its stream.
    pub(crate) without_rest: bool,
    /// A person was asked for before a restart, and must be asked for again once the caller is here.
    pub(crate) again: Option<PastAsk>,
    /// An emergency that was heard while the call was being hung up.
    pub(crate) late: Option<Ask>,
    /// An emergency reached nobody, and the line is kept open.
    pub(crate) vigil: Option<Vigil>,
    /// The gateway shuts down since.
    pub(crate) draining: Option<Mono>,
    /// How far caller and assistant have come to talk with each other.
    pub(crate) exchange: Exchange,
    /// The call is over, and operators' legs are waited for until then.
    pub(crate) closing_until: Option<Mono>,
    /// The last lines, oldest first, by number.
    pub(crate) heard: VecDeque<(u32, Speaker, String)>,
}

/// An attempt that is over.
pub(crate) struct Over {
    pub(crate) no: u32,
    pub(crate) target: TargetId,
    pub(crate) state: AttemptState,
    /// Its leg's name is written down.
    pub(crate) has_leg: bool,
}

/// How many of each there were, in this call.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) escalations: u32,
    pub(crate) attempts: u32,
    pub(crate) callbacks: u32,
    pub(crate) voicemails: u32,
    /// Intakes in a row that left something missing.
    pub(crate) clarifications: u32,
    /// Redirects in a row that did not work.
    pub(crate) moves_failed: u32,
    /// An emergency ended with nobody reached: the assistant's own words about it raise no further alarm.
    pub(crate) emergency_told: bool,
    /// Staff have the task to call back at once.
    pub(crate) urgent_task: bool,
    /// The targets of an emergency were rung once more.
    pub(crate) rung_again: bool,
    /// The assistant's uncertainty asks for a person once.
    pub(crate) uncertain: bool,
}

/// The longest call's clock, standing still.
#[derive(Clone, Copy)]
pub(crate) struct Paused {
    pub(crate) since: Mono,
    pub(crate) call_max: Option<Mono>,
    pub(crate) warn: Option<Mono>,
}

/// Why a request was sent to the carrier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Errand {
    Dial(Dial),
    Find(u32),
    HangUpOperator(u32),
    LookUpOperator(u32),
    /// This operator's leg is told why it is let go.
    Excuse(u32),
    /// The caller's leg, while there is no stream to tell.
    LookUpCaller,
    /// The caller's leg is moved to this document.
    Move(Document),
    EndRoom,
    DialOut,
    FindOut,
    HangUpOut,
}

/// Why a person is asked for, and by whom.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) cause: Cause,
    pub(crate) urgency: Urgency,
    pub(crate) reason: String,
    pub(crate) summary: String,
    /// This target and no other.
    pub(crate) only: Option<TargetId>,
}

/// What was asked for before a restart.
pub(crate) struct PastAsk {
    pub(crate) fact: EscalationFact,
    pub(crate) only: Option<TargetId>,
}

/// An escalation that is under way.
pub(crate) struct Escalation {
    pub(crate) no: u32,
    pub(crate) urgency: Urgency,
    /// Whose reason it is.
    pub(crate) cause: Cause,
    pub(crate) reason: String,
    pub(crate) summary: String,
    pub(crate) state: EscalationState,
    pub(crate) mode: TransferMode,
    /// Who is tried next.
    pub(crate) queue: VecDeque<Reachable>,
    /// Staff want this target and no other.
    pub(crate) only: Option<TargetId>,
    /// The final answer to the caller comes by then.
    pub(crate) due: Mono,
    pub(crate) tried: u32,
    pub(crate) attempt: Option<Attempt>,
    /// Cold: the attempts that follow, already written down.
    pub(crate) cold: Vec<Attempt>,
    pub(crate) stage: Stage,
    /// The caller waits alone in the room.
    pub(crate) parked: bool,
    /// They have talked, the operator has left, and the caller's leg is being moved back: if it has ended, it was the
    /// caller who left.
    pub(crate) fetching: bool,
    /// The caller was really sent to the room: the carrier took the redirect, or asked and was told.
    pub(crate) moved: bool,
    /// Somebody has the task to call back.
    pub(crate) promised: bool,
    /// The number of its first attempt.
    pub(crate) first_attempt: u32,
    /// Targets that were rung for it.
    pub(crate) rung: Vec<TargetId>,
    /// Who is in the room, as far as it told.
    pub(crate) operator_in: bool,
    pub(crate) caller_in: bool,
}

/// One operator's phone.
pub(crate) struct Attempt {
    pub(crate) no: u32,
    pub(crate) target: Reachable,
    pub(crate) state: AttemptState,
    pub(crate) leg: Option<LegId>,
    /// Why it does not ring.
    pub(crate) fault: Option<DialFault>,
    /// Its intent, as a record: nothing rings before that is on disk.
    pub(crate) record: RecordId,
    /// When it was written down.
    pub(crate) began: Mono,
    /// Dials that the carrier did not process, and that were asked for again.
    pub(crate) redials: u32,
    /// The document that the operator's next key belongs to.
    pub(crate) step: u32,
    pub(crate) repeats: u32,
    /// What was answered at each step, for a question that is asked again.
    pub(crate) answers: Vec<(u32, Document)>,
    /// Accepted, and gone from the room before the two met: for that, or because the caller had left, is not known yet.
    pub(crate) left_room: bool,
}

impl Escalation {
    /// This target's phone rings, or is about to.
    pub(crate) fn is_trying(&self, target: &TargetId) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| attempt.target.id == *target && !attempt.state.is_final())
    }
}

/// How far the present attempt is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Nothing is rung yet.
    Requested,
    /// The intent waits for its receipt.
    Intending {
        record: RecordId,
    },
    Ringing,
    /// The operator is on the phone.
    Deciding,
    /// Accepted; the caller hears so.
    Connecting,
    /// The caller is on the way to the room. `looks`: how often we had to ask.
    Merging {
        looks: u32,
    },
    Talking,
    /// Cold: the intents wait for their receipt, and the caller hears what happens.
    Announcing {
        record: RecordId,
        committed: bool,
    },
    /// Cold: the caller's leg dials.
    ColdDialling,
}

impl People {
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        self.open.as_ref()?.attempt.as_ref()
    }

    pub(crate) fn attempt_mut(&mut self) -> Option<&mut Attempt> {
        self.open.as_mut()?.attempt.as_mut()
    }

    pub(crate) fn stage(&self) -> Option<Stage> {
        self.open.as_ref().map(|open| open.stage)
    }

    /// The present attempt makes room for another.
    pub(crate) fn retire_attempt(&mut self) {
        if let Some(attempt) = self.open.as_mut().and_then(|open| open.attempt.take()) {
            let (no, state, has_leg) = (attempt.no, attempt.state, attempt.leg.is_some());
            self.over.push(Over { no, target: attempt.target.id, state, has_leg });
        }
    }

    /// Phones are rung, and the caller waits.
    pub(crate) fn is_reaching(&self) -> bool {
        match self.stage() {
            Some(Stage::Requested | Stage::Intending { .. } | Stage::Ringing | Stage::Deciding) => true,
            Some(
                Stage::Connecting
                | Stage::Merging { .. }
                | Stage::Talking
                | Stage::Announcing { .. }
                | Stage::ColdDialling,
            )
            | None => false,
        }
    }

    /// The caller is not, or soon no longer, with the assistant.
    pub(crate) fn is_handing_over(&self) -> bool {
        let leaving = match self.stage() {
            Some(
                Stage::Connecting
                | Stage::Merging { .. }
                | Stage::Talking
                | Stage::Announcing { .. }
                | Stage::ColdDialling,
            ) => true,
            Some(Stage::Requested | Stage::Intending { .. } | Stage::Ringing | Stage::Deciding) | None => false,
        };
        leaving || self.next.is_some() || self.message.is_some() || self.outbound.is_with_machine()
    }

    /// The caller's leg was told to go where there is no stream, or is there.
    pub(crate) fn is_away(&self) -> bool {
        self.next.is_some()
    }

    pub(crate) fn take_errand(&mut self, id: ActionId) -> Option<Errand> {
        let index = self.errands.iter().position(|(known, _)| *known == id)?;
        Some(self.errands.swap_remove(index).1)
    }

    /// A leg may come of a request that is not answered yet, or be left by one.
    pub(crate) fn owes_answer(&self) -> bool {
        self.errands.iter().any(|(_, errand)| {
            matches!(errand, Errand::Dial(_) | Errand::Find(_) | Errand::DialOut | Errand::FindOut | Errand::HangUpOut)
        })
    }

    /// The caller's leg was asked to move, and the carrier has not answered.
    pub(crate) fn is_moving(&self) -> bool {
        self.errands.iter().any(|(_, errand)| matches!(errand, Errand::Move(_)))
    }

    pub(crate) fn has_errand(&self, wanted: &Errand) -> bool {
        self.errands.iter().any(|(_, errand)| errand == wanted)
    }
}
