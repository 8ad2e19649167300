//! What several of these tests stand on: folders, the echo organization, waiting for a condition.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use switchboard::assistant::demo_org;
use switchboard::ports::store::{Directory, OrgRow};
use switchboard::sim::caller::ToneCoded;
use switchboard::sim::caller::code::Code;
use switchboard::sim::carrier::CallPlan;
use switchboard::store::Store;
use switchboard::types::org::AudioFormat;

/// Longer than anything here takes unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that tells nobody when it changes.
const LOOK_EVERY: Duration = Duration::from_millis(20);

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
    let caller = ToneCoded::new(code_of(format), call, frames, ECHO_WAIT);
    CallPlan { from: format!("+1555011{call:04}"), ..CallPlan::new(Box::new(caller)) }
}

/// Looks until `what` is so, and says what it is about if it never is.
pub(crate) async fn until(about: &str, mut what: impl FnMut() -> bool) {
    let looking = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        while !what() {
            look.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, looking).await.is_ok(), "this never came: {about}");
}

/// How long a caller waits for the echo of the last frame.
const ECHO_WAIT: Duration = Duration::from_secs(10);
