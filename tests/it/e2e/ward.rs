//! A clinic on a stage that can call people in: its operators' phones, staff who ask for them, and what must be left.
//!
//! Every test about people ends the same way: nobody's phone rings or is off the hook for nothing, and every row is final.

use serde_json::{Value, json};
use switchboard::app::stage::{Stage, StageOptions};
use switchboard::assistant::demo_org;
use switchboard::ports::door::Door;
use switchboard::ports::store::{AttemptRow, CallDetail, Directory, EscalationRow, History, OrgRow};
use switchboard::sim::caller::{Caller, CallerFrame};
use switchboard::sim::carrier::company::{Beat, CallReport, WebhookLog};
use switchboard::sim::carrier::exchange::LegSummary;
use switchboard::sim::carrier::{CallPlan, CompanyKnobs, ExchangeReport, Person};
use switchboard::sim::server::carrier::{CallHandle, CarrierServer};
use switchboard::types::{CallId, LegId, Mono};

use crate::e2e::ground::{Folder, PATIENCE, company_until, eventually, quiet_config, until};
use crate::e2e::outside::patient_model;
use crate::support::conformance;

/// The number of the nth target.
pub(crate) fn number_of(target: usize) -> String {
    format!("+1555010{:04}", 7000 + target)
}

/// Settings of a quiet organization with so many targets, `desk-0` and so on.
pub(crate) fn clinic(targets: usize) -> Value {
    let target = |index: usize| {
        json!({
            "id": format!("desk-{index}"), "name": format!("desk {index}"), "number": number_of(index), "ring_secs": 60,
        })
    };
    let targets: Vec<_> = (0..targets).map(target).collect();
    let mut config = quiet_config();
    config["escalation"] = json!({ "targets": targets, "dials_per_minute_max": 60 });
    config
}

/// A row of the demonstration's organization, which answers for all numbers, with these settings.
pub(crate) fn clinic_row(targets: usize) -> OrgRow {
    OrgRow { config: clinic(targets).to_string(), ..demo_org() }
}

/// Somebody who phones and says nothing.
pub(crate) struct Silent;

impl Caller for Silent {
    fn frame(&mut self, _: Mono, _: &[u8]) -> CallerFrame {
        CallerFrame::SILENT
    }
}

pub(crate) fn silent_plan() -> CallPlan {
    CallPlan::new(Box::new(Silent))
}

/// The clinic, open.
pub(crate) struct Ward {
    name: &'static str,
    pub(crate) stage: Stage,
    client: reqwest::Client,
    _folder: Folder,
}

/// A call whose stream is up.
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) leg: LegId,
    pub(crate) handle: CallHandle,
}

/// What is left of a call when everybody has gone.
pub(crate) struct Left {
    pub(crate) detail: CallDetail,
    pub(crate) caller: CallReport,
    pub(crate) exchange: ExchangeReport,
}

impl Ward {
    /// One target for each operator. The knobs are for the legs that the gateway places, and for REST.
    pub(crate) async fn open(name: &'static str, operators: Vec<Person>, company: CompanyKnobs) -> Self {
        Self::open_with(name, operators, |options| options.company = company).await
    }

    /// The same on a stage of another kind.
    pub(crate) async fn open_with(
        name: &'static str,
        operators: Vec<Person>,
        change: impl FnOnce(&mut StageOptions),
    ) -> Self {
        let folder = Folder::new(name);
        let mut options = StageOptions::new(folder.path(), patient_model());
        change(&mut options);
        let stage = Stage::start(options).await.unwrap();
        stage.gateway.store().update_org(&clinic_row(operators.len())).await.unwrap();
        for (index, operator) in operators.into_iter().enumerate() {
            stage.carrier.add_person(&number_of(index), operator);
        }
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { name, stage, client, _folder: folder }
    }

    /// Dials, and waits for the stream.
    pub(crate) async fn ring(&self, plan: CallPlan) -> Call {
        let handle = self.stage.place(plan);
        let leg = handle.leg.clone();
        self.until("a stream", |report| beats(report, &leg, |beat| *beat == Beat::Streaming) > 0).await;
        let live = self.stage.gateway.switchboard().live();
        let id = live.iter().find(|call| call.leg.as_ref() == Some(&leg)).unwrap().call;
        Call { id, leg, handle }
    }

    /// Staff command a call; the answer's status.
    pub(crate) async fn command(&self, call: CallId, what: &str, body: &Value) -> u16 {
        self.post(&format!("/api/calls/{call}/{what}"), body).await
    }

    /// A POST with the administrator's key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> u16 {
        let request = self.client.post(format!("http://{}{path}", self.stage.gateway.addr())).json(body);
        let request = request.header("Idempotency-Key", format!("{}", fastrand::u128(..)));
        let key = self.stage.admin_key().unwrap().expose();
        request.bearer_auth(key).send().await.unwrap().status().as_u16()
    }

    /// Staff ask for a person.
    pub(crate) async fn escalate(&self, call: &Call) {
        let body = json!({ "urgency": "high", "reason": "the caller sounds unwell" });
        assert_eq!(self.command(call.id, "escalate", &body).await, 202, "{}", self.name);
    }

    /// Waits until the phone company's report says so.
    pub(crate) async fn until(&self, about: &str, so: impl Fn(&ExchangeReport) -> bool) {
        self.company_until(about, |company| so(&company.report())).await;
    }

    /// Waits until this is so at the phone company.
    pub(crate) async fn company_until(&self, about: &str, so: impl Fn(&CarrierServer) -> bool) {
        company_until(&format!("{}: {about}", self.name), &self.stage.carrier, so).await;
    }

    /// Waits until nobody is being brought in any more: every escalation of the call that is written down is final.
    pub(crate) async fn settled(&self, call: &Call) {
        eventually(async || {
            let escalations = self.stage.gateway.store().call(call.id).await.unwrap().escalations;
            let is_settled = !escalations.is_empty() && escalations.iter().all(|row| row.state.is_final());
            is_settled.then_some(()).ok_or(escalations)
        })
        .await;
    }

    /// Waits until the nth operator's phone rings; their leg.
    pub(crate) async fn operator(&self, nth: usize) -> LegId {
        self.until("an operator is dialled", |report| report.dialled.len() > nth).await;
        self.stage.carrier.report().dialled[nth].leg.clone()
    }

    /// The operator's leg of this call, as the gateway has written it down.
    pub(crate) async fn operator_of(&self, call: &Call) -> LegId {
        eventually(async || {
            let detail = self.stage.gateway.store().call(call.id).await.unwrap();
            let attempts = detail.escalations.into_iter().flat_map(|escalation| escalation.attempts);
            attempts.filter_map(|attempt| attempt.leg).last().ok_or("the operator's leg")
        })
        .await
    }

    /// Waits until somebody's phone has begun so many `<Gather>`s.
    pub(crate) async fn asked(&self, leg: &LegId, times: usize) {
        self.until("a question", |report| beats(report, leg, |beat| *beat == Beat::Gathering) >= times).await;
    }

    /// Waits until everybody has gone, judges what must hold of every call, and closes.
    pub(crate) async fn close(self, call: Call) -> Left {
        self.close_all(vec![call]).await.remove(0)
    }

    pub(crate) async fn close_all(self, calls: Vec<Call>) -> Vec<Left> {
        let name = self.name;
        let Stage { gateway, carrier, .. } = &self.stage;
        self.company_until("the phone company at rest", CarrierServer::is_at_rest).await;
        let board = gateway.switchboard().clone();
        until(&format!("{name}: the end of every call"), || board.live().is_empty() && board.task_count() == 0).await;
        gateway.journal().flush(PATIENCE).await.unwrap();
        gateway.journal().replayed(PATIENCE).await.unwrap();
        assert_eq!((carrier.live_legs(), carrier.live_rooms()), (Vec::new(), Vec::new()), "{name}");
        let exchange = carrier.report();
        assert_eq!(exchange.machines_bridged(), Vec::<&_>::new(), "{name}");
        assert_eq!(exchange.violations, [], "{name}");
        for LegSummary { to, violations, .. } in &exchange.legs {
            assert_eq!(*violations, [], "{name}: the leg to {to}");
        }
        let mut left = Vec::new();
        for Call { id, handle, .. } in calls {
            let caller = tokio::time::timeout(PATIENCE, handle.report()).await.unwrap().unwrap();
            let detail = gateway.store().call(id).await.unwrap();
            assert!(detail.call.outcome.is_some(), "{name}");
            for EscalationRow { no, state, attempts, .. } in &detail.escalations {
                assert!(state.is_final(), "{name}: escalation {no} is {state}");
                for AttemptRow { no, state, .. } in attempts {
                    assert!(state.is_final(), "{name}: attempt {no} is {state}");
                }
            }
            left.push(Left { detail, caller, exchange: exchange.clone() });
        }
        self.judge_requests();
        left
    }

    /// Every REST request is one that the carrier's own description allows.
    fn judge_requests(&self) {
        let lines = self.stage.carrier.requests_jsonl();
        let Some(spec) = conformance::rest_spec().filter(|_| !lines.is_empty()) else { return };
        let path = conformance::scratch(&format!("ward-{}.jsonl", self.name));
        std::fs::write(&path, lines).unwrap();
        let (spec, path) = (spec.to_str().unwrap(), path.to_str().unwrap());
        if let Some(output) = conformance::run("check_twilio_rest.py", &[spec, path]) {
            conformance::assert_content(&output);
        }
    }

    /// Every document that this leg was given is one that the carrier takes at its place. Needs the leg's report, which
    /// can be had once.
    pub(crate) fn judge_documents(&self, leg: &LegId) -> Vec<WebhookLog> {
        let webhooks = self.stage.carrier.take_leg_report(leg).unwrap().webhooks;
        judge_documents(self.name, &webhooks);
        webhooks
    }
}

/// The same, of webhooks that are at hand.
pub(crate) fn judge_documents(name: &str, webhooks: &[WebhookLog]) {
    for context in ["document", "number-url", "wait-url"] {
        let of_context = webhooks.iter().filter(|log| log.status != 0 && log.context == Some(context));
        // Warnings do not count: digits of a call's id in a room's name may look like a phone number.
        let mut arguments = vec!["--context".to_owned(), context.to_owned()];
        for (index, log) in of_context.enumerate() {
            assert_eq!(log.status, 200, "{name}: {}", log.url);
            let path = conformance::scratch(&format!("ward-{name}-{context}-{index}.xml"));
            std::fs::write(&path, &log.body).unwrap();
            arguments.push(path.to_str().unwrap().to_owned());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if let Some(output) = (arguments.len() > 2).then(|| conformance::run("check_twiml.py", &arguments)).flatten() {
            conformance::assert_content(&output);
        }
    }
}

/// How often something happened on a leg.
pub(crate) fn beats(report: &ExchangeReport, leg: &LegId, is: impl Fn(&Beat) -> bool) -> usize {
    report.leg(leg).map_or(0, |leg| leg.story.iter().filter(|moment| is(&moment.beat)).count())
}
