//! What several of these tests stand on: folders, the echo organization, waiting for a condition.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use switchboard::assistant::demo_org;
use switchboard::ports::store::{Directory, OrgRow};
use switchboard::sim::caller::ToneCoded;
use switchboard::sim::caller::code::Code;
use switchboard::sim::carrier::CallPlan;
use switchboard::sim::server::carrier::CarrierServer;
use switchboard::store::Store;
use switchboard::types::org::AudioFormat;
use tokio::time::timeout;

pub(crate) use crate::support::eventually::{PATIENCE, eventually, until};

/// A folder that goes when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("switchboard-e2e-{}-{name}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Nobody says anything but the model: neither greeting nor disclosure, and no questions about silence.
pub(crate) fn quiet_config() -> serde_json::Value {
    json!({
        "greeting": "",
        "disclosure": "",
        "silence": { "ask_secs": 300, "again_secs": 300, "end_secs": 300 },
    })
}

/// Makes the organization that answers all numbers a quiet one.
pub(crate) async fn quiet(store: &Store) {
    let row = OrgRow { config: quiet_config().to_string(), ..demo_org() };
    store.update_org(&row).await.unwrap();
}

/// The code that survives what this format does to sound.
pub(crate) const fn code_of(format: AudioFormat) -> Code {
    match format {
        AudioFormat::Pcm => Code::Tones,
        AudioFormat::Pcmu => Code::Bytes,
    }
}

/// A caller with a number and a pattern of its own, who says `frames` frames, waits for their echo and hangs up.
pub(crate) fn coded(format: AudioFormat, call: u16, frames: u32) -> CallPlan {
    plan_of(call, coder(format, call, frames))
}

/// The same, and goes on with further frames until told.
pub(crate) fn coded_until(format: AudioFormat, call: u16, frames: u32, told: Arc<AtomicBool>) -> CallPlan {
    plan_of(call, coder(format, call, frames).until(told))
}

fn coder(format: AudioFormat, call: u16, frames: u32) -> ToneCoded {
    ToneCoded::new(code_of(format), call, frames, ECHO_WAIT)
}

fn plan_of(call: u16, caller: ToneCoded) -> CallPlan {
    CallPlan { from: format!("+1555011{call:04}"), ..CallPlan::new(Box::new(caller)) }
}

/// Looks at the phone company whenever anything has happened there, until `what` is so.
pub(crate) async fn company_until(about: &str, company: &CarrierServer, what: impl Fn(&CarrierServer) -> bool) {
    let came = timeout(PATIENCE, company.until(what)).await.is_ok();
    assert!(came, "this never came: {about}");
}

/// How long a caller waits for the echo of the last frame.
const ECHO_WAIT: Duration = Duration::from_secs(60);
