//! Creating legs: what is asked for, and that nothing is ever asked for twice unless Twilio says that it did nothing.

use std::time::Duration;

use switchboard::ports::carrier::{Carrier, CarrierError, DialOrder, FoundLeg, Purpose};
use switchboard::session::input::LegStatus;
use switchboard::types::{AttemptId, CallId, LegId, PhoneNumber, Wall};

use super::fake::*;
use crate::twilio::support::*;

pub(super) const CALL: CallId = CallId(uuid::Uuid::from_u128(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001));

pub(super) fn order(purpose: Purpose) -> DialOrder {
    let (ring, time_limit) = (Duration::from_secs(20), Duration::from_secs(3600));
    DialOrder { to: permitted("+12025550143"), from: ours(), purpose, ring, time_limit }
}

pub(super) fn ours() -> PhoneNumber {
    "+12025550100".parse().unwrap()
}

pub(super) const OPERATOR: Purpose = Purpose::Attempt(AttemptId { call: CALL, no: 3 });

pub(super) fn created() -> Says {
    Says::Json(201, format!(r#"{{"sid":"{LEG}","status":"queued","direction":"outbound-api"}}"#))
}

async fn dial(twilio: &Twilio, purpose: Purpose) -> Result<LegId, CarrierError> {
    twilio.rest(&twilio.settings()).dial(&order(purpose)).await
}

/// The form of the only request, decoded.
fn form(twilio: &Twilio) -> Vec<(String, String)> {
    let [request] = <[_; 1]>::try_from(twilio.requests()).unwrap();
    assert_eq!(request["method"], "POST");
    assert_eq!(request["path"], format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json"));
    let url = format!("http://x/?{}", request["body"].as_str().unwrap());
    reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn an_operators_phone_rings_and_asks_at_its_attempt() {
    let twilio = Twilio::that_says([created()]).await;
    assert_eq!(dial(&twilio, OPERATOR).await, Ok(leg()));
    let attempt = "https://gw.test/twilio/transfers/0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001-3";
    assert_eq!(
        form(&twilio),
        pairs(&[
            ("To", "+12025550143"),
            ("From", "+12025550100"),
            ("Url", &format!("{attempt}/answer")),
            ("Method", "POST"),
            ("StatusCallback", &format!("{attempt}/leg")),
            ("StatusCallbackMethod", "POST"),
            ("StatusCallbackEvent", "initiated"),
            ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
            ("Timeout", "20"),
            ("TimeLimit", "3600"),
        ])
    );
}

#[tokio::test]
async fn the_party_of_an_outbound_call_is_listened_to_beside_the_call() {
    let twilio = Twilio::that_says([created()]).await;
    assert_eq!(dial(&twilio, Purpose::Outbound(CALL)).await, Ok(leg()));
    let form = form(&twilio);
    let call = "https://gw.test/twilio/outbound/0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001";
    for (name, value) in [
        ("Url", call.to_owned()),
        ("StatusCallback", format!("{call}/status")),
        ("MachineDetection", "DetectMessageEnd".to_owned()),
        ("AsyncAmd", "true".to_owned()),
        ("AsyncAmdStatusCallback", format!("{call}/amd")),
    ] {
        assert!(form.contains(&(name.to_owned(), value.clone())), "{name}={value} in {form:?}");
    }
}

#[tokio::test]
async fn a_create_is_repeated_only_if_it_was_not_processed() {
    let twilio = Twilio::that_says([error(429, 20429), error(429, 20429), created()]).await;
    assert_eq!(dial(&twilio, OPERATOR).await, Ok(leg()));
    assert_eq!(twilio.requests().len(), 3);

    for (says, expected) in [
        (Says::Nothing, CarrierError::Unknown),
        (error(500, 20500), CarrierError::Unknown),
        (error(503, 20503), CarrierError::Unknown),
        (Says::Endless, CarrierError::Unknown),
        (Says::Json(201, "<html>".to_owned()), CarrierError::Unknown),
        (Says::Json(201, r#"{"sid":"CA1"}"#.to_owned()), CarrierError::Unknown),
        (error(400, 21215), CarrierError::Refused(Some(21215))),
        (error(403, 20003), CarrierError::Unauthorized(Some(20003))),
        (error(401, 20003), CarrierError::Unauthorized(Some(20003))),
        (Says::Redirect, CarrierError::Refused(None)),
    ] {
        let twilio = Twilio::that_says([says]).await;
        assert_eq!(dial(&twilio, OPERATOR).await, Err(expected));
        assert_eq!(twilio.requests().len(), 1, "never asked again");
    }
}

#[tokio::test]
async fn a_create_has_one_time_limit_for_all_its_tries() {
    // The pauses before the fifth try alone are longer: 100 + 200 + 400 + 800 ms, less a tenth.
    const LIMIT: Duration = Duration::from_millis(1300);
    let twilio = Twilio::that_says(vec![error(429, 20429); 5]).await;
    let rest = twilio.rest(&twilio.settings()).with_total_wait(LIMIT);
    let started = tokio::time::Instant::now();
    match rest.dial(&order(OPERATOR)).await {
        Err(CarrierError::Limited) => {}
        // On a machine that takes so long for an answer, the limit came in the middle of a try.
        Err(CarrierError::Unknown) => assert!(started.elapsed() >= LIMIT),
        other => panic!("nothing was done: {other:?}"),
    }
    assert!(twilio.requests().len() < 5);
}

#[tokio::test]
async fn without_a_connection_nothing_was_created() {
    let twilio = Twilio::that_says([]).await;
    let mut settings = twilio.settings();
    settings.api_base_url = "http://127.0.0.1:9".to_owned();
    assert_eq!(twilio.rest(&settings).dial(&order(OPERATOR)).await, Err(CarrierError::Unreachable));
    settings.account = None;
    assert_eq!(twilio.rest(&settings).dial(&order(OPERATOR)).await, Err(CarrierError::NotConfigured));
}

pub(super) fn listed(sid: &str, direction: &str, created: &str, status: &str) -> String {
    format!(
        r#"{{"sid":"{sid}","direction":"{direction}","date_created":"{created}","start_time":null,"status":"{status}"}}"#
    )
}

#[tokio::test]
async fn a_leg_of_unknown_fate_is_found_by_its_numbers_and_its_time() {
    let now = "Sun, 22 Nov 2026 21:00:01 +0000";
    let calls = [
        listed(LEG, "outbound-api", now, "ringing"),
        listed(OTHER_LEG, "outbound-dial", now, "ringing"),
        listed(OTHER_LEG, "outbound-api", "Sun, 22 Nov 2026 20:00:00 +0000", "completed"),
    ];
    let page = format!(r#"{{"calls":[{}],"next_page_uri":null,"page":0}}"#, calls.join(","));
    let twilio = Twilio::that_says([error(503, 20503), Says::Json(200, page)]).await;
    let rest = twilio.rest(&twilio.settings());
    // 2026-11-22 21:00:00 UTC.
    let found = rest.find(&"+12025550143".parse().unwrap(), &ours(), Wall(1_795_381_200_000_000)).await;
    assert_eq!(found, Ok(vec![FoundLeg { leg: leg(), status: LegStatus::Ringing }]));
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?To=%2B12025550143&From=%2B12025550100&PageSize=100");
    assert_eq!(twilio.requests()[1]["path"], path);

    for nonsense in ["{}", "[]", r#"{"calls":[{}]}"#] {
        let twilio = Twilio::that_says([Says::Json(200, nonsense.to_owned())]).await;
        let rest = twilio.rest(&twilio.settings());
        assert_eq!(rest.find(&ours(), &ours(), Wall(0)).await, Err(CarrierError::Unknown), "{nonsense}");
    }
}
