//! The whole gateway over real sockets: the phone company and the model in a box on either side of it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise, its helpers too")]

mod browser;
mod commands;
mod echo;
mod panics;
mod scenarios;
mod shutdown;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use switchboard::app::stage::Stage;
use switchboard::ports::door::Door;

use crate::support::eventually::until;

/// A folder of its own, which goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("switchboard-app-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Nothing of a call is left: no live call, and no task of one.
async fn assert_quiet(stage: &Stage) {
    let board = stage.gateway.switchboard().clone();
    until("the end of every call and of its tasks", || board.live().is_empty() && board.task_count() == 0).await;
}
