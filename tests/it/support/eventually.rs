//! Waiting for something that tells nobody when it changes: a database, the kernel's tables, the tasks of a gateway.
//!
//! Everything else has an event that can be waited for: a child's log, the phone company's `until`, a receipt.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, interval};

/// Longer than anything in these tests takes unless it hangs; a gateway that starts again gives the carrier a minute.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks until there is an answer. An error says what is still missing, and is shown when patience ends.
pub(crate) async fn eventually<T, E: Debug>(mut ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    let (until, mut look) = (Instant::now() + PATIENCE, interval(LOOK_EVERY));
    loop {
        look.tick().await;
        match ask().await {
            Ok(answer) => return answer,
            Err(missing) => assert!(Instant::now() < until, "this never came: {missing:?}"),
        }
    }
}

/// The same for something that can be looked at.
pub(crate) async fn until(about: &str, mut what: impl FnMut() -> bool) {
    eventually(async || what().then_some(()).ok_or(about)).await;
}
