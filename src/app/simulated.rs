//! The built-in model, for a gateway without a key: a script that asks and notes, on a loopback port of its own.

use std::sync::Arc;

use anyhow::Context as _;

use crate::app::SystemClock;
use crate::sim::clips::Library;
use crate::sim::model::{FakeModel, ModelKnobs, ModelScript};
use crate::sim::scenario::Scenario;
use crate::sim::server::model::ModelServer;

/// Plays this scenario's answers to whoever calls.
const SCENARIO: &str = "new-appointment";

/// Starts the server.
pub(super) async fn model(clock: SystemClock) -> anyhow::Result<ModelServer> {
    let scenario = Scenario::named(SCENARIO).context("the built-in scenario is missing")?;
    let script = ModelScript::scenario(&scenario, &Library::builtin())?;
    let knobs = ModelKnobs { unix_secs: clock.wall().0 / 1_000_000, ..ModelKnobs::default() };
    let factory = Arc::new(move |number| FakeModel::new(number, script.clone(), knobs.clone()));
    let time = Arc::new(move || clock.mono());
    ModelServer::start(time, factory, None).await.context("the simulated model cannot listen on loopback")
}
