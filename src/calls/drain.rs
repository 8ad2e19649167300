//! Shutting down without hanging up on anybody who can finish in time.

use std::time::Duration;

use tokio::time::timeout;

use crate::calls::actor::Command;
use crate::calls::route::Switchboard;

impl Switchboard {
    /// Takes no new calls, waits up to `wait` for the live ones, then has the rest say goodbye for `FAREWELL_WAIT` at
    /// most. Returns how many calls were live at the very end. Their last requests and records are waited for as well.
    pub async fn drain(&self, wait: Duration) -> usize {
        self.registry.start_draining();
        let mut live = self.registry.count();
        if timeout(wait, live.wait_for(|count| *count == 0)).await.is_err() {
            let untold = self.registry.tell_all(|| Command::Drain);
            tracing::info!(live = *live.borrow(), untold, "waited long enough; the remaining calls say goodbye");
        }
        self.tasks.close();
        let settled = async {
            let _ = live.wait_for(|count| *count == 0).await;
            self.tasks.wait().await;
        };
        // What is left after this is told to the caller of this method.
        let _ = timeout(FAREWELL_WAIT, settled).await;
        *live.borrow()
    }
}

/// From the goodbye to the end of the process, at most.
pub const FAREWELL_WAIT: Duration = Duration::from_secs(15);
