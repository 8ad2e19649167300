//! Ending legs and looking at them: what may be repeated is repeated, and every refusal has its type.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchboard::ports::carrier::{Carrier, CarrierError};
use switchboard::session::input::LegStatus;
use switchboard::types::Secret;

use super::fake::*;
use crate::twilio::support::*;

fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

#[tokio::test]
async fn hanging_up_completes_the_leg() {
    let twilio = Twilio::that_says([call("completed")]).await;
    assert_eq!(twilio.hang_up().await, Ok(()));
    assert_eq!(
        twilio.requests(),
        [serde_json::json!({
            "method": "POST",
            "path": format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json"),
            "authorization": basic(ACCOUNT, TOKEN),
            "content_type": "application/x-www-form-urlencoded",
            "body": "Status=completed",
        })]
    );
}

#[tokio::test]
async fn a_look_up_gives_the_status() {
    for (word, status) in [("in-progress", LegStatus::InProgress), ("no-answer", LegStatus::NoAnswer)] {
        let twilio = Twilio::that_says([call(word)]).await;
        assert_eq!(twilio.status().await, Ok(status));
        assert_eq!(twilio.requests()[0]["method"], "GET");
    }
    for nonsense in [call("levitating"), Says::Json(200, "<html>".to_owned())] {
        assert_eq!(Twilio::that_says([nonsense]).await.status().await, Err(CarrierError::Unknown));
    }
}

#[tokio::test]
async fn a_leg_that_is_gone_is_hung_up_already() {
    for (status, code) in [(404, 20404), (400, 21220)] {
        assert_eq!(Twilio::that_says([error(status, code)]).await.hang_up().await, Ok(()));
        assert_eq!(Twilio::that_says([error(status, code)]).await.status().await, Err(CarrierError::Gone));
    }
    let not_twilio = Says::Json(404, "no such page".to_owned());
    assert_eq!(Twilio::that_says([not_twilio]).await.hang_up().await, Err(CarrierError::Refused(None)));
}

#[tokio::test]
async fn refusals_are_typed_and_not_repeated() {
    for (says, expected) in [
        (error(401, 20003), CarrierError::Unauthorized(Some(20003))),
        (error(400, 21218), CarrierError::Refused(Some(21218))),
        (error(403, 20005), CarrierError::Unauthorized(Some(20005))),
        (Says::Redirect, CarrierError::Refused(None)),
    ] {
        let twilio = Twilio::that_says([says]).await;
        assert_eq!(twilio.hang_up().await, Err(expected));
        assert_eq!(twilio.requests().len(), 1);
    }
}

#[tokio::test]
async fn too_many_requests_are_asked_again_five_times_in_all() {
    let twilio = Twilio::that_says([error(429, 20429), error(429, 20429), call("completed")]).await;
    assert_eq!(twilio.hang_up().await, Ok(()));
    assert_eq!(twilio.requests().len(), 3);

    let twilio = Twilio::that_says(vec![error(429, 20429); 5]).await;
    let started = tokio::time::Instant::now();
    assert_eq!(twilio.status().await, Err(CarrierError::Limited));
    assert_eq!(twilio.requests().len(), 5);
    // 100 + 200 + 400 + 800 ms, less a tenth.
    assert!(started.elapsed() >= Duration::from_millis(1350), "{:?}", started.elapsed());
}

#[tokio::test]
async fn server_errors_and_time_outs_are_tried_three_times() {
    let twilio = Twilio::that_says([error(500, 20500), Says::Nothing, call("completed")]).await;
    assert_eq!(twilio.hang_up().await, Ok(()));
    let twilio = Twilio::that_says([error(503, 20503), Says::Nothing, Says::Endless]).await;
    assert_eq!(twilio.status().await, Err(CarrierError::Unknown));
    assert_eq!(twilio.requests().len(), 3);
}

#[tokio::test]
async fn nobody_listening_is_unreachable_in_the_end() {
    let twilio = Twilio::that_says([]).await;
    let mut settings = twilio.settings();
    settings.api_base_url = "http://127.0.0.1:9".to_owned();
    assert_eq!(twilio.rest(&settings).hang_up(&leg()).await, Err(CarrierError::Unreachable));
}

#[tokio::test]
async fn an_api_key_is_preferred_and_without_credentials_nothing_is_sent() {
    let twilio = Twilio::that_says([call("completed")]).await;
    let key = format!("SK{}", "0".repeat(32));
    let mut settings = twilio.settings();
    settings.api_key = Some((key.clone(), Secret::new("key secret")));
    let rest = twilio.rest(&settings);
    assert!(rest.is_configured());
    rest.hang_up(&leg()).await.unwrap();
    assert_eq!(twilio.requests()[0]["authorization"], basic(&key, "key secret"));

    settings.api_key = None;
    settings.tokens.clear();
    let rest = twilio.rest(&settings);
    assert!(!rest.is_configured());
    assert_eq!(rest.hang_up(&leg()).await, Err(CarrierError::NotConfigured));
    settings.tokens = vec![Secret::new(TOKEN)];
    settings.account = None;
    assert!(!twilio.rest(&settings).is_configured());
    assert_eq!(twilio.requests().len(), 1);
}
