//! The world of a gateway that runs as a process of its own: a phone company, a model, and people who talk.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use switchboard::app::SystemClock;
use switchboard::app::stage::{ACCOUNT, PUBLIC_BASE};
use switchboard::sim::caller::{Caller, CallerFrame};
use switchboard::sim::carrier::company::{Beat, FRAME_BYTES};
use switchboard::sim::carrier::{CallPlan, ExchangeReport};
use switchboard::sim::clips::{Kind, Library};
use switchboard::sim::model::script::Part;
use switchboard::sim::model::{FakeModel, ModelKnobs, ModelScript};
use switchboard::sim::server::carrier::{CarrierConfig, CarrierServer};
use switchboard::sim::server::model::ModelServer;
use switchboard::types::{LegId, Mono};
use tokio::time::timeout;

use crate::e2e::child;
use crate::e2e::ground::PATIENCE;

/// The account's token: signs webhooks and opens the REST interface.
pub(crate) const TOKEN: &str = "12345678901234567890123456789012";

/// Everything that a gateway talks with.
pub(crate) struct Outside {
    pub(crate) carrier: CarrierServer,
    pub(crate) model: ModelServer,
    /// Where the gateway must listen.
    pub(crate) gateway: SocketAddr,
}

impl Outside {
    /// Starts the phone company and the model. Calls that are placed before the gateway runs are not answered.
    pub(crate) async fn start(script: ModelScript) -> Self {
        let gateway = child::free_address();
        Self::behind(gateway, gateway, script).await
    }

    /// The same, with something in front of the gateway: there the phone company connects.
    pub(crate) async fn behind(door: SocketAddr, gateway: SocketAddr, script: ModelScript) -> Self {
        let clock = SystemClock::start();
        let time = Arc::new(move || clock.mono());
        let carrier = CarrierServer::start(CarrierConfig {
            gateway: door,
            public_base: PUBLIC_BASE.to_owned(),
            account: ACCOUNT.parse().unwrap(),
            token: TOKEN.to_owned(),
            clock: time.clone(),
            epoch: clock.wall(),
            seed: 7,
        });
        let knobs = ModelKnobs { unix_secs: clock.wall().0 / 1_000_000, ..ModelKnobs::default() };
        let factory = Arc::new(move |number| FakeModel::new(number, script.clone(), knobs.clone()));
        let model = ModelServer::start(time, factory, None).await.unwrap();
        Self { carrier: carrier.await.unwrap(), model, gateway }
    }

    /// Waits until each caller has a stream that is newer than `since`, talks with a person, or is gone.
    pub(crate) async fn all_served(&self, since: Mono) {
        let callers = || self.carrier.live_legs();
        let left = |report: &ExchangeReport| -> Vec<_> {
            callers().into_iter().filter(|leg| is_inbound(report, leg) && !is_served(report, leg, since)).collect()
        };
        if timeout(PATIENCE, self.carrier.until(|carrier| left(&carrier.report()).is_empty())).await.is_err() {
            let report = self.carrier.report();
            let stories: Vec<_> =
                left(&report).iter().map(|leg| (leg.clone(), report.leg(leg).map(|leg| leg.story.clone()))).collect();
            panic!("callers wait for nothing: {stories:#?}");
        }
    }

    /// Every phone that is off the hook is put down.
    pub(crate) fn hang_up_all(&self) {
        self.carrier.live_legs().iter().for_each(|leg| self.carrier.hang_up(leg));
    }

    /// What the gateway is told about it.
    pub(crate) fn settings(&self, folder: &Path, database_url: &str) -> Vec<(&'static str, String)> {
        vec![
            ("PUBLIC_BASE_URL", PUBLIC_BASE.to_owned()),
            ("DATABASE_URL", database_url.to_owned()),
            ("DATA_DIR", folder.join("data").display().to_string()),
            ("OPENAI_API_KEY", "sk-simulated".to_owned()),
            ("OPENAI_REALTIME_URL", self.model.url()),
            ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
            ("TWILIO_AUTH_TOKEN", TOKEN.to_owned()),
            ("TWILIO_API_BASE_URL", self.carrier.rest_base()),
        ]
    }
}

fn is_inbound(report: &ExchangeReport, leg: &LegId) -> bool {
    report.leg(leg).is_some_and(|leg| leg.direction == "inbound")
}

/// The caller has a stream that is newer, talks with a person, or is gone.
pub(crate) fn is_served(report: &ExchangeReport, leg: &LegId, since: Mono) -> bool {
    let Some(leg) = report.leg(leg) else { return false };
    let on_stream = leg.story.iter().any(|moment| moment.beat == Beat::Streaming && moment.at > since);
    let talks = report.bridges.iter().any(|bridge| bridge.to.is_none() && bridge.legs.contains(&leg.leg));
    leg.ended.is_some() || on_stream || talks
}

/// A model that says the same short sentence to everything.
pub(crate) fn patient_model() -> ModelScript {
    let clip = Library::builtin().clip(Kind::Assistant, "assistant-of-course").unwrap();
    ModelScript::turns(Vec::new(), vec![Part::Speech(clip)], Vec::new())
}

/// A call of somebody who speaks, pauses and speaks again, whatever happens, and never hangs up.
pub(crate) fn talking(number: u32) -> CallPlan {
    let speech = Library::builtin().clip(Kind::Caller, "caller-thanks").unwrap().audio.into_bytes();
    // Not all at the same time.
    let at = -(number as i32 * 7 % 60);
    CallPlan { from: format!("+1555012{number:04}"), ..CallPlan::new(Box::new(Talker { speech, at, on_air: false })) }
}

struct Talker {
    speech: Bytes,
    /// The next frame of the sentence; before it and behind it, a pause.
    at: i32,
    on_air: bool,
}

impl Caller for Talker {
    fn frame(&mut self, _: Mono, _: &[u8]) -> CallerFrame {
        if !self.on_air {
            return CallerFrame::SILENT;
        }
        self.at += 1;
        let Ok(number) = usize::try_from(self.at) else { return CallerFrame::SILENT };
        let from = number * FRAME_BYTES;
        let frame = self.speech.get(from..from + FRAME_BYTES).map(Bytes::copy_from_slice);
        if frame.is_none() {
            self.at = -PAUSE_FRAMES;
        }
        frame.map_or(CallerFrame::SILENT, CallerFrame::speech)
    }

    fn on_air(&mut self, on_air: bool) {
        self.on_air = on_air;
    }
}

/// Long enough for an answer.
const PAUSE: Duration = Duration::from_millis(2600);
const PAUSE_FRAMES: i32 = (PAUSE.as_millis() / 20) as i32;
