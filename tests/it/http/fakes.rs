//! The ports in memory, each with a switch for what can go wrong.

mod door;
mod mint;
mod transfers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use switchboard::assistant::settings;
use switchboard::auth::hash_key;
use switchboard::calls::{Clock, Reading};
use switchboard::config::{CorsOrigins, Proxies};
use switchboard::http::{ApiState, CheckedOrg, FieldError, REQUEST_LIMIT};
use switchboard::ports::sessions::{NewSession, PostedLine, SessionError, Sessions};
use switchboard::ports::store::{
    CallDetail, CallRow, Directory, Entry, EventRow, History, IntakeRow, Journal, JournalFull, KeyRow, Keys, LineRow,
    OrgLookup, OrgRow, OwnerUnknown, ReceiptSender, StoreError, VoicemailRow,
};
use switchboard::session::effect::RecordId;
use switchboard::session::policy::Past;
use switchboard::telemetry::{Metrics, Troubles};
use switchboard::types::org::Organization;
use switchboard::types::usage::Usage;
use switchboard::types::{
    CallId, Channel, Direction, EscalationState, LegId, OrgId, Outcome, Phase, PhoneNumber, Reason, Speaker, Status,
    Urgency, Wall,
};
use uuid::Uuid;

pub(super) use door::FakeDoor;
pub(super) use mint::FakeMint;
pub(super) use transfers::{FakeTransfers, callback, escalation};

/// 2026-11-22T10:41:00.250Z.
pub(super) const STARTED: Wall = Wall(1_795_344_060_250_000);

/// Longest session of organizations that do not choose.
pub(super) const CALL_MAX: Duration = Duration::from_secs(1_200);

/// What time it is, in microseconds; `STARTED` and an hour.
pub(super) struct FakeClock(pub(super) AtomicI64);

impl Default for FakeClock {
    fn default() -> Self {
        Self(AtomicI64::new(STARTED.0 + 3_600_000_000))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Reading {
        let now_us = self.0.load(Ordering::Relaxed);
        Reading { monotonic_us: now_us as u64, wall: Wall(now_us) }
    }
}

/// A number that this gateway answers.
pub(super) const OURS: &str = "+12025550199";

#[derive(Clone)]
pub(super) struct Fakes {
    pub(super) store: Arc<FakeStore>,
    pub(super) door: Arc<FakeDoor>,
    pub(super) journal: Arc<FakeJournal>,
    pub(super) transfers: Arc<FakeTransfers>,
    pub(super) clock: Arc<FakeClock>,
    pub(super) mint: Arc<FakeMint>,
    pub(super) troubles: Troubles,
}

impl Fakes {
    pub(super) fn new(key: &str) -> Self {
        let store = FakeStore::default();
        store.keys.lock().unwrap().insert(hash_key(key), "desk".to_owned());
        store.orgs.lock().unwrap().insert("demo".to_owned(), riverside());
        Self {
            store: Arc::new(store),
            door: Arc::default(),
            journal: Arc::default(),
            transfers: Arc::default(),
            clock: Arc::default(),
            mint: Arc::default(),
            troubles: Troubles::detached(),
        }
    }

    pub(super) fn state(&self) -> ApiState {
        ApiState {
            clock: self.clock.clone(),
            history: self.store.clone(),
            transfers: self.transfers.clone(),
            directory: self.store.clone(),
            orgs: self.store.clone(),
            keys: self.store.clone(),
            door: self.door.clone(),
            sessions: self.store.clone(),
            mint: self.mint.clone(),
            call_max: CALL_MAX,
            journal: self.journal.clone(),
            check_org,
            metrics: Metrics::detached(),
            troubles: self.troubles.clone(),
            cors: CorsOrigins::List(vec!["https://desk.example.com".to_owned()]),
            proxies: Proxies::default(),
            request_limit: REQUEST_LIMIT,
        }
    }
}

/// As the program does, and one name is a bug.
fn check_org(row: &mut OrgRow) -> Result<CheckedOrg, Vec<FieldError>> {
    assert_ne!(row.name, "panic", "a bug");
    let fields = |problems: Vec<settings::Problem>| {
        problems.into_iter().map(|problem| FieldError::at(problem.pointer, problem.code, problem.detail)).collect()
    };
    let checked = settings::check(row).map_err(fields)?;
    Ok(CheckedOrg { warnings: fields(checked.warnings), targets: checked.org.escalation.targets })
}

fn riverside() -> OrgRow {
    OrgRow {
        id: "demo".into(),
        name: "Riverside Clinic".into(),
        business_hours: r#"{"mon":"8-18"}"#.into(),
        after_hours_policy: "Take a message.".into(),
        services_offered: String::new(),
        escalation_phone: "+12025550100".into(),
        config: r#"{"greeting":"Hello."}"#.into(),
    }
}

/// The call with this number; later numbers began later.
pub(super) fn call_row(number: u128, org: &str) -> CallRow {
    CallRow {
        id: CallId(Uuid::from_u128(number)),
        org: org.parse().unwrap(),
        leg: None,
        caller: None,
        dialled: Some("+15550100".into()),
        direction: Direction::Inbound,
        channel: Channel::Phone,
        started_at: Wall(STARTED.0 + number as i64 * 1_000_000),
        ended_at: None,
        status: Status::InProgress,
        escalated: false,
        phase: Phase::Intake,
        outcome: None,
        reason: None,
        cost_micro_usd: 0,
    }
}

/// A call that is over, with something of everything.
pub(super) fn finished_call() -> CallDetail {
    let line = |seq, speaker, text: &str, heard_ms| LineRow {
        seq,
        speaker,
        text: text.into(),
        at: Wall(STARTED.0 + 1_000_000),
        start_ms: 1_000,
        end_ms: 3_000,
        heard_ms,
        total_ms: Some(2_000),
        origin: "speech".into(),
    };
    CallDetail {
        call: CallRow {
            id: CallId(Uuid::from_u128(0)),
            leg: Some(format!("CA{:032x}", 7).parse().unwrap()),
            caller: Some("+15550142".into()),
            ended_at: Some(Wall(STARTED.0 + 41_600_000)),
            status: Status::Completed,
            phase: Phase::Completed,
            outcome: Some(Outcome::Completed),
            reason: Some(Reason::AssistantEnded),
            cost_micro_usd: 7_206,
            ..call_row(0, "demo")
        },
        consent: None,
        lines: vec![
            line(1, Speaker::Assistant, "How can I help you?", Some(1_200)),
            line(2, Speaker::Caller, "An appointment, please.", None),
        ],
        intake: Some(IntakeRow {
            structured_json: r#"{"caller_name":"Maria Lopez"}"#.into(),
            urgency: Some(Urgency::Low),
            completed: true,
        }),
        escalations: vec![escalation(0, "demo", EscalationState::Callback)],
        voicemails: vec![VoicemailRow {
            call: CallId(Uuid::from_u128(0)),
            no: 1,
            recording: "RE0".into(),
            duration_secs: 12,
            at: STARTED,
        }],
        events: vec![EventRow { no: 3, at: STARTED, kind: "phase".into(), detail: r#"{"to":"intake"}"#.into() }],
        usage: Usage { text_in: 119, text_cached: 64, audio_out: 91, ..Usage::default() },
    }
}

#[derive(Default)]
pub(super) struct FakeStore {
    pub(super) calls: Mutex<Vec<CallDetail>>,
    pub(super) orgs: Mutex<BTreeMap<String, OrgRow>>,
    pub(super) keys: Mutex<BTreeMap<String, String>>,
    /// Numbers by organization.
    pub(super) numbers: Mutex<BTreeMap<String, Vec<PhoneNumber>>>,
    /// Everything but keys is away.
    pub(super) down: AtomicBool,
    /// Keys are away too.
    pub(super) keys_down: AtomicBool,
    /// Everything but keys is refused, with a text that must not get out.
    pub(super) broken: AtomicBool,
    /// Reads never end.
    pub(super) stuck: AtomicBool,
}

impl FakeStore {
    pub(super) fn add_call(&self, row: CallRow) {
        let detail = CallDetail {
            call: row,
            consent: None,
            lines: vec![],
            intake: None,
            events: vec![],
            escalations: vec![],
            voicemails: vec![],
            usage: Usage::default(),
        };
        self.calls.lock().unwrap().push(detail);
    }

    async fn check(&self) -> Result<(), StoreError> {
        if self.stuck.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable);
        }
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Database("secret internals".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl History for FakeStore {
    async fn calls(&self, org: Option<&OrgId>, limit: u32, offset: u32) -> Result<(Vec<CallRow>, u64), StoreError> {
        self.check().await?;
        let mut rows: Vec<CallRow> = self.calls.lock().unwrap().iter().map(|detail| detail.call.clone()).collect();
        rows.retain(|row| org.is_none_or(|org| row.org == *org));
        rows.sort_by_key(|row| std::cmp::Reverse(row.started_at));
        let total = rows.len() as u64;
        Ok((rows.into_iter().skip(offset as usize).take(limit as usize).collect(), total))
    }

    async fn call(&self, id: CallId) -> Result<CallDetail, StoreError> {
        self.check().await?;
        let calls = self.calls.lock().unwrap();
        calls.iter().find(|detail| detail.call.id == id).cloned().ok_or(StoreError::NotFound)
    }

    async fn unfinished(&self) -> Result<Vec<CallRow>, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn past(&self, _: CallId, _: u32) -> Result<Past, StoreError> {
        Err(StoreError::NotFound)
    }

    async fn by_leg(&self, _: &LegId) -> Result<Option<CallRow>, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn next_record(&self, _: CallId) -> Result<RecordId, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn ping(&self) -> Result<(), StoreError> {
        unreachable!("the API does not ask this")
    }
}

/// Every call here is by phone; sessions are tested over databases.
#[async_trait]
impl Sessions for FakeStore {
    async fn open(&self, _: NewSession, _: u32) -> Result<(), SessionError> {
        unreachable!("tests of sessions have a database")
    }

    async fn post(&self, line: PostedLine, _: u32) -> Result<u32, SessionError> {
        self.call(line.call).await?;
        Err(SessionError::ByPhone)
    }

    async fn end(&self, call: CallId, _: Wall) -> Result<bool, SessionError> {
        self.call(call).await?;
        Err(SessionError::ByPhone)
    }

    async fn end_overdue(&self, _: Wall) -> Result<(), StoreError> {
        unreachable!("the API does not ask this")
    }
}

#[async_trait]
impl Directory for FakeStore {
    async fn org(&self, id: &OrgId) -> Result<OrgRow, StoreError> {
        self.check().await?;
        self.orgs.lock().unwrap().get(id.as_str()).cloned().ok_or(StoreError::NotFound)
    }

    async fn update_org(&self, row: &OrgRow) -> Result<(), StoreError> {
        self.check().await?;
        // Another task may come between reading and writing; a lost update would show here.
        tokio::task::yield_now().await;
        self.orgs.lock().unwrap().insert(row.id.clone(), row.clone());
        Ok(())
    }

    async fn create_org(&self, _: &OrgRow) -> Result<(), StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn orgs(&self) -> Result<Vec<OrgRow>, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn assign_number(&self, _: &PhoneNumber, _: &OrgId) -> Result<(), StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn owner(&self, _: &PhoneNumber) -> Result<Option<OrgId>, StoreError> {
        unreachable!("the API does not ask this")
    }

    async fn numbers(&self, org: &OrgId) -> Result<Vec<PhoneNumber>, StoreError> {
        self.check().await?;
        Ok(self.numbers.lock().unwrap().get(org.as_str()).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl OrgLookup for FakeStore {
    async fn for_number(&self, _: Option<&PhoneNumber>) -> Result<Option<Arc<Organization>>, OwnerUnknown> {
        unreachable!("the API does not ask this")
    }

    async fn by_id(&self, id: &OrgId) -> Option<Arc<Organization>> {
        let row = self.orgs.lock().unwrap().get(id.as_str()).cloned()?;
        Some(Arc::new(settings::organization(&row).unwrap()))
    }

    async fn is_ours(&self, number: &PhoneNumber) -> bool {
        number.e164() == OURS
    }
}

#[async_trait]
impl Keys for FakeStore {
    async fn list(&self) -> Result<Vec<KeyRow>, StoreError> {
        let keys = self.keys.lock().unwrap();
        Ok(keys.iter().map(|(hash, name)| KeyRow { name: name.clone(), hash: hash.clone() }).collect())
    }

    async fn add(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        self.keys.lock().unwrap().entry(hash.to_owned()).or_insert_with(|| name.to_owned());
        Ok(())
    }

    async fn add_first(&self, name: &str, hash: &str) -> Result<bool, StoreError> {
        let mut keys = self.keys.lock().unwrap();
        let is_first = keys.is_empty();
        if is_first {
            keys.insert(hash.to_owned(), name.to_owned());
        }
        Ok(is_first)
    }

    async fn replace(&self, name: &str, hash: &str) -> Result<(), StoreError> {
        let mut keys = self.keys.lock().unwrap();
        keys.retain(|_, other| other != name);
        keys.insert(hash.to_owned(), name.to_owned());
        Ok(())
    }

    async fn revoke(&self, hash: &str) -> Result<bool, StoreError> {
        Ok(self.keys.lock().unwrap().remove(hash).is_some())
    }

    async fn find(&self, hash: &str) -> Result<Option<String>, StoreError> {
        if self.keys_down.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable);
        }
        Ok(self.keys.lock().unwrap().get(hash).cloned())
    }
}

#[derive(Default)]
pub(super) struct FakeJournal {
    pub(super) full: AtomicBool,
    pub(super) unhealthy: AtomicBool,
}

impl Journal for FakeJournal {
    fn append(&self, _: Entry, _: &ReceiptSender) -> Result<(), JournalFull> {
        unreachable!("the API writes no entries")
    }

    fn has_room(&self) -> bool {
        !self.full.load(Ordering::Relaxed)
    }

    fn is_healthy(&self) -> bool {
        !self.unhealthy.load(Ordering::Relaxed)
    }
}
