//! What every answer tells besides: refused credentials, a carrier that is away, a clock that is apart from ours.

use switchboard::ports::carrier::Carrier;
use switchboard::telemetry::{Trouble, Troubles};
use switchboard::types::Wall;

use super::creates::{listed, ours};
use super::fake::*;
use crate::twilio::support::*;

/// 2026-11-22 21:00:00 UTC.
const NINE: i64 = 1_795_381_200_000_000;

fn standing(troubles: &Troubles) -> Vec<(Trouble, String)> {
    troubles.standing().into_iter().map(|standing| (standing.trouble, standing.cause)).collect()
}

#[tokio::test]
async fn a_probe_tells_refused_credentials_and_that_they_are_taken_again() {
    let page = || Says::Json(200, r#"{"calls":[]}"#.to_owned());
    let twilio = Twilio::that_says([page(), error(401, 20003), page(), error(403, 20005), error(404, 20404)]).await;
    let troubles = Troubles::detached();
    let rest = twilio.rest(&twilio.settings()).watched(troubles.clone(), Box::new(|| Wall(NINE)));
    assert!(rest.probe().await);
    assert_eq!(standing(&troubles), []);
    assert!(!rest.probe().await);
    assert_eq!(standing(&troubles), [(Trouble::CarrierRefused, "20003".to_owned())]);
    assert!(rest.probe().await);
    assert_eq!(standing(&troubles), []);
    // Whatever is asked tells it, too.
    rest.hang_up(&leg()).await.unwrap_err();
    assert_eq!(standing(&troubles), [(Trouble::CarrierRefused, "20005".to_owned())]);
    rest.hang_up(&leg()).await.unwrap();
    assert_eq!(standing(&troubles), []);
    let probe = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=1");
    assert_eq!((&twilio.requests()[0]["method"], &twilio.requests()[0]["path"]), (&"GET".into(), &probe.into()));
}

#[tokio::test]
async fn a_probe_tells_a_carrier_that_is_away_and_that_it_is_back() {
    let mut answers = vec![error(503, 20503); 4];
    answers.push(Says::Json(200, r#"{"calls":[]}"#.to_owned()));
    let twilio = Twilio::that_says(answers).await;
    let troubles = Troubles::detached();
    let rest = twilio.rest(&twilio.settings()).watched(troubles.clone(), Box::new(|| Wall(NINE)));
    rest.redirect(&leg(), &super::moves::to_the_room()).await.unwrap_err();
    assert_eq!(standing(&troubles), [], "one failure is none of the installation");
    assert!(!rest.probe().await);
    assert_eq!(standing(&troubles), [(Trouble::CarrierUnreachable, "server_error".to_owned())]);
    assert!(rest.probe().await);
    assert_eq!(standing(&troubles), []);

    let mut settings = twilio.settings();
    settings.api_base_url = "http://127.0.0.1:9".to_owned();
    let rest = twilio.rest(&settings).watched(troubles.clone(), Box::new(|| Wall(NINE)));
    assert!(!rest.probe().await);
    assert_eq!(standing(&troubles), [(Trouble::CarrierUnreachable, "no_route".to_owned())]);
    settings.account = None;
    assert!(twilio.rest(&settings).probe().await, "nothing to look at");
}

/// A leg that the carrier says was created then is looked for, with a clock of ours that is `ahead` of the carrier's.
async fn is_found(created: &str, ahead_secs: i64) -> bool {
    let page = format!(r#"{{"calls":[{}]}}"#, listed(LEG, "outbound-api", created, "ringing"));
    let twilio = Twilio::that_says([Says::At("Sun, 22 Nov 2026 21:00:10 GMT", page)]).await;
    let now = Wall(NINE + (ahead_secs + 10) * 1_000_000);
    let rest = twilio.rest(&twilio.settings()).watched(Troubles::detached(), Box::new(move || now));
    // Dialled ten seconds ago by our clock.
    let since = Wall(now.0 - 10_000_000);
    !rest.find(&ours(), &ours(), since).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_leg_is_found_by_the_carriers_clock_however_far_ours_is_from_it() {
    for ahead_secs in [0, 6, 60, 86_400, -6, -60, -86_400] {
        assert!(is_found("Sun, 22 Nov 2026 21:00:01 +0000", ahead_secs).await, "{ahead_secs}");
        assert!(!is_found("Sun, 22 Nov 2026 20:59:50 +0000", ahead_secs).await, "{ahead_secs}");
    }
}
