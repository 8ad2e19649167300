//! Storage: the journal that calls write, and the views that the API reads.

use std::sync::Arc;

use async_trait::async_trait;

use crate::dialling::DialsOfDay;
pub use crate::ports::keys::*;
use crate::session::effect::{Consent, Record, RecordId};
use crate::session::policy::Past;
use crate::types::org::Organization;
use crate::types::{
    AttemptId, AttemptState, CallId, CallbackState, Cause, Channel, Direction, EscalationState, LegId, NotDialled,
    OrgId, Outcome, Phase, PhoneNumber, Reason, Speaker, Status, TargetId, TransferMode, Urgency, Wall,
};

/// One durable fact on its way to the database.
#[derive(Clone, Debug)]
pub struct Entry {
    pub call: CallId,
    pub no: RecordId,
    /// When it happened.
    pub at: Wall,
    pub record: Record,
}

/// A receipt: everything of this call up to and including `no` is on disk (database or fsynced spool).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub call: CallId,
    pub no: RecordId,
}

/// The journal does not take this entry now: its spool is full or its queue is.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the journal is full")]
pub struct JournalFull;

/// Takes entries without waiting and says later when they are safe.
pub trait Journal: Send + Sync {
    /// Queues an entry; entries of one call stay in order. `receipts` hears when it is safe.
    fn append(&self, entry: Entry, receipts: &ReceiptSender) -> Result<(), JournalFull>;

    /// Whether a new call may be taken: false while the spool is (nearly) full.
    fn has_room(&self) -> bool;

    /// Whether the database answers (false while entries go to the spool).
    fn is_healthy(&self) -> bool;

    /// Neither the database nor the spool takes anything: entries are in memory only, and receipts are late.
    fn is_stuck(&self) -> bool {
        false
    }
}

/// Where receipts of one call go. Unbounded in type, bounded in fact: one receipt for each entry that was taken.
pub type ReceiptSender = tokio::sync::mpsc::UnboundedSender<Receipt>;

/// Why a read or a change did not work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("not found")]
    NotFound,
    /// The database is away or slow.
    #[error("the database is not available")]
    Unavailable,
    #[error("the database refused the statement")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A row of the call list. Field names follow the seed; the API adds to them.
#[derive(Clone, PartialEq, Debug)]
pub struct CallRow {
    pub id: CallId,
    pub org: OrgId,
    pub leg: Option<LegId>,
    /// E.164, if not withheld.
    pub caller: Option<String>,
    pub dialled: Option<String>,
    pub direction: Direction,
    pub channel: Channel,
    pub started_at: Wall,
    pub ended_at: Option<Wall>,
    pub status: Status,
    pub escalated: bool,
    pub phase: Phase,
    pub outcome: Option<Outcome>,
    pub reason: Option<Reason>,
    pub cost_micro_usd: u64,
}

/// One stored line.
#[derive(Clone, PartialEq, Debug)]
pub struct LineRow {
    pub seq: u32,
    pub speaker: Speaker,
    pub text: String,
    pub at: Wall,
    pub start_ms: u32,
    pub end_ms: u32,
    /// `None`: heard to its end.
    pub heard_ms: Option<u32>,
    pub total_ms: Option<u32>,
    /// `speech`, `local` or `keys`.
    pub origin: String,
}

#[derive(Clone, PartialEq, Debug)]
pub struct IntakeRow {
    /// A JSON object as text.
    pub structured_json: String,
    pub urgency: Option<Urgency>,
    pub completed: bool,
}

/// One entry of the timeline.
#[derive(Clone, PartialEq, Debug)]
pub struct EventRow {
    /// The record's number; ascending, not gap-free (lines are records too).
    pub no: u32,
    pub at: Wall,
    pub kind: String,
    /// A JSON object as text.
    pub detail: String,
}

/// A call with everything that is known about it.
#[derive(Clone, PartialEq, Debug)]
pub struct CallDetail {
    pub call: CallRow,
    /// Why an outbound call was made.
    pub consent: Option<Consent>,
    pub lines: Vec<LineRow>,
    pub intake: Option<IntakeRow>,
    pub events: Vec<EventRow>,
    pub escalations: Vec<EscalationRow>,
    pub voicemails: Vec<VoicemailRow>,
    pub usage: crate::types::usage::Usage,
}

/// A person was asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct EscalationRow {
    pub call: CallId,
    pub org: OrgId,
    /// Within the call, from 1.
    pub no: u32,
    pub state: EscalationState,
    pub cause: Cause,
    pub urgency: Urgency,
    pub reason: String,
    pub summary: String,
    pub requested_at: Wall,
    pub changed_at: Wall,
    pub attempts: Vec<AttemptRow>,
}

/// One phone that was rung for it.
#[derive(Clone, PartialEq, Debug)]
pub struct AttemptRow {
    /// Within the call, from 1.
    pub no: u32,
    pub escalation: u32,
    pub target: TargetId,
    pub mode: TransferMode,
    pub state: AttemptState,
    pub leg: Option<LegId>,
    /// Why nothing rang.
    pub why: Option<NotDialled>,
    /// The carrier's code, if it refused.
    pub code: Option<u32>,
    pub intended_at: Wall,
    pub changed_at: Wall,
}

/// Somebody has to call a caller back.
#[derive(Clone, PartialEq, Debug)]
pub struct CallbackRow {
    pub call: CallId,
    pub org: OrgId,
    /// Within the call, from 1.
    pub no: u32,
    pub state: CallbackState,
    pub urgency: Urgency,
    pub reason: String,
    /// E.164, if not withheld.
    pub caller: Option<String>,
    pub created_at: Wall,
    pub due: Wall,
    /// A target of the organization, or a name that staff chose.
    pub assignee: Option<String>,
    pub done_at: Option<Wall>,
}

/// A message that a caller left.
#[derive(Clone, PartialEq, Debug)]
pub struct VoicemailRow {
    pub call: CallId,
    pub no: u32,
    /// The carrier's name of the recording; empty: none was made.
    pub recording: String,
    pub duration_secs: u32,
    pub at: Wall,
}

/// What staff change of a callback task.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CallbackChange {
    pub state: Option<CallbackState>,
    /// `Some(None)`: nobody any more.
    pub assignee: Option<Option<String>>,
    /// When the change is made.
    pub at: Wall,
}

/// Reads and changes what bringing people in left behind.
#[async_trait]
pub trait Transfers: Send + Sync {
    /// Newest first; `open`: only those that are not final.
    async fn escalations(
        &self,
        org: Option<&OrgId>,
        open: bool,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<EscalationRow>, u64), StoreError>;

    /// The most urgent first: by due time; `state` narrows.
    async fn callbacks(
        &self,
        org: Option<&OrgId>,
        state: Option<CallbackState>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<CallbackRow>, u64), StoreError>;

    async fn change_callback(&self, call: CallId, no: u32, change: CallbackChange) -> Result<CallbackRow, StoreError>;

    /// The attempt with its escalation's state, for a webhook whose call is not live.
    async fn attempt(&self, id: AttemptId) -> Result<Option<AttemptRow>, StoreError>;

    /// Dials of an organization since then (attempts and outbound calls), for its daily limit.
    async fn dials_since(&self, org: &OrgId, since: Wall) -> Result<DialsOfDay, StoreError>;

    /// Takes a key for a request that will place `call`; `None`: the key is new and now taken. Else who has it.
    /// Keys older than 24 h count as new.
    async fn claim_key(
        &self,
        scope: &str,
        key: &str,
        request_hash: &str,
        call: CallId,
        at: Wall,
    ) -> Result<Option<KeyUse>, StoreError>;

    /// Stores the answer of a claimed key; an empty answer gives the key back.
    async fn settle_key(&self, scope: &str, key: &str, answer: &str) -> Result<(), StoreError>;

    /// Gives a key back whose request was never answered, if it is still that request's. False: it is not.
    async fn free_key(&self, scope: &str, key: &str, unanswered: &KeyUse) -> Result<bool, StoreError>;
}

/// The request that has a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    pub request_hash: String,
    /// The call that it places; `None`: an earlier release did not write that down.
    pub call: Option<CallId>,
    /// Empty: it is still being worked on, or its process is gone.
    pub answer: String,
    pub at: Wall,
}

/// Reads what calls left behind.
#[async_trait]
pub trait History: Send + Sync {
    /// Newest first. `org` narrows; the total counts all that match.
    async fn calls(&self, org: Option<&OrgId>, limit: u32, offset: u32) -> Result<(Vec<CallRow>, u64), StoreError>;

    async fn call(&self, id: CallId) -> Result<CallDetail, StoreError>;

    /// Calls by phone without an outcome that no other process has, oldest first: what a crash left behind. Sessions in
    /// browsers go on by themselves.
    async fn unfinished(&self) -> Result<Vec<CallRow>, StoreError>;

    /// Another process has this call, and nobody has found that process dead. A store for one process says no.
    async fn is_elsewhere(&self, _: CallId) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Whether the leg belongs to a call that is known, and whether that has ended.
    async fn by_leg(&self, leg: &LegId) -> Result<Option<CallRow>, StoreError>;

    /// The number that the next record of a call must have.
    async fn next_record(&self, call: CallId) -> Result<RecordId, StoreError>;

    /// Everything that an unfinished call needs to be taken up again: the last `lines_max` lines, the intake, the
    /// escalation that is not finished with its unfinished attempts, and how far its counters are.
    async fn past(&self, call: CallId, lines_max: u32) -> Result<Past, StoreError>;

    /// The database answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// An organization as it is stored and as the API shows it: the seed's columns, JSON kept as text.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OrgRow {
    pub id: String,
    pub name: String,
    /// JSON as text, or empty.
    pub business_hours: String,
    pub after_hours_policy: String,
    /// JSON as text, or empty.
    pub services_offered: String,
    pub escalation_phone: String,
    /// A JSON object as text.
    pub config: String,
}

/// Organizations and the numbers they own.
#[async_trait]
pub trait Directory: Send + Sync {
    async fn org(&self, id: &OrgId) -> Result<OrgRow, StoreError>;

    /// Writes all columns; the id must exist.
    async fn update_org(&self, row: &OrgRow) -> Result<(), StoreError>;

    /// Creates an organization; an existing id is left as it is.
    async fn create_org(&self, row: &OrgRow) -> Result<(), StoreError>;

    async fn orgs(&self) -> Result<Vec<OrgRow>, StoreError>;

    /// Gives a number to an organization, taking it from its former owner.
    async fn assign_number(&self, number: &PhoneNumber, org: &OrgId) -> Result<(), StoreError>;

    /// The owner of a dialled number.
    async fn owner(&self, number: &PhoneNumber) -> Result<Option<OrgId>, StoreError>;

    async fn numbers(&self, org: &OrgId) -> Result<Vec<PhoneNumber>, StoreError>;
}

/// The directory does not answer, and nobody remembers whose number it is.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("nobody can tell now whose number it is")]
pub struct OwnerUnknown;

/// Looks up, from memory, the organization that a dialled number belongs to. Never waits for the database for long:
/// answers come from a cache that is refreshed behind it.
#[async_trait]
pub trait OrgLookup: Send + Sync {
    /// `None`: no organization owns the number and there is no default.
    ///
    /// # Errors
    /// Whose number it is cannot be told now. It may be anybody's, so the default must not answer for it.
    async fn for_number(&self, dialled: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, OwnerUnknown>;

    /// An organization by its id, for a call that is taken up again.
    async fn by_id(&self, id: &OrgId) -> Option<Arc<Organization>>;

    /// Whether this is one of our own numbers (of any organization).
    async fn is_ours(&self, number: &PhoneNumber) -> bool;

    /// A number of this organization, to be shown when a call that has none brings in a person. From memory alone.
    fn number_of(&self, _org: &OrgId) -> Option<PhoneNumber> {
        None
    }
}
