//! Looks whether the carrier's REST interface is there and takes our credentials, at start and then every minute.
//!
//! Else the first to find out would be a caller in an emergency. It also keeps the names of both ends known, so that a
//! name server that dies later costs nobody a call.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::time::sleep;

use crate::net::{Net, Place};
use crate::ports::carrier::Carrier as _;
use crate::telemetry::{Trouble, Troubles};
use crate::twilio::TwilioRest;

/// Runs for ever.
pub(super) async fn look_out(carrier: Arc<TwilioRest>, net: Net, places: Vec<Place>, troubles: Troubles) {
    loop {
        let names = join_all(places.iter().map(|place| net.warm(place)));
        let probe = async { !carrier.is_configured() || carrier.probe().await };
        let (names, is_well) = join(names, probe).await;
        let are_known = names.into_iter().all(|answered| answered);
        if are_known {
            troubles.clear(Trouble::Names);
        } else {
            troubles.raise(Trouble::Names, "no_answer");
        }
        sleep(if is_well && are_known { EVERY } else { SOON }).await;
    }
}

const EVERY: Duration = Duration::from_secs(60);

/// While something is wrong: whoever mends it wants to see that it is well.
const SOON: Duration = Duration::from_secs(10);
