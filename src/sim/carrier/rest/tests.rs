//! Tests of `rest`.

use super::*;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const LEG: &str = "CA00000000000000000000000000000002";

fn request(method: &str, path: &str, login: Option<&str>) -> RestRequest {
    RestRequest {
        method: method.to_owned(),
        path: path.replace("$A", ACCOUNT).replace("$C", LEG),
        authorization: login.map(|login| format!("Basic {}", STANDARD.encode(login))),
        connection: 0,
        body: String::new(),
    }
}

fn routed(method: &str, path: &str, login: Option<&str>) -> Result<String, u16> {
    let mut credentials = Credentials::of_account(ACCOUNT.parse().unwrap(), "token");
    credentials.logins.push(("SK1".to_owned(), "secret".to_owned()));
    let request = request(method, path, login);
    let target = admit(&credentials, &request).and_then(|()| route(&credentials.account, &request));
    target.map(|target| format!("{target:?}")).map_err(|refusal| refusal.status)
}

#[test]
fn finds_the_call_or_says_why_not() {
    let path = "/2010-04-01/Accounts/$A/Calls/$C.json";
    let own = format!("{ACCOUNT}:token");
    let own = Some(own.as_str());
    assert_eq!(routed("GET", path, own), Ok(format!("Call({LEG})")));
    assert_eq!(routed("POST", &format!("{path}?x=1"), own), Ok(format!("Call({LEG})")));
    assert_eq!(routed("GET", path, Some("SK1:secret")), Ok(format!("Call({LEG})")));
    for (method, path, login, status) in [
        ("GET", path, None, 401),
        ("GET", path, Some("SK1:wrong"), 401),
        ("GET", path, Some("nonsense"), 401),
        ("GET", "/2010-04-01/Accounts/AC9/Calls/$C.json", own, 401),
        ("DELETE", path, own, 405),
        ("GET", "/2010-04-01/Accounts/$A/Calls/$C", own, 404),
        ("GET", "/2010-04-01/Accounts/$A/Calls/CA1.json", own, 404),
        ("GET", "/2010-04-01/Accounts/$A/Rooms.json", own, 404),
        ("POST", "/2010-04-01/Accounts/$A/Conferences.json", own, 405),
        ("DELETE", "/2010-04-01/Accounts/$A/Calls.json", own, 405),
        ("GET", "/", own, 404),
    ] {
        assert_eq!(routed(method, path, login), Err(status), "{method} {path}");
    }
}

#[test]
fn finds_every_kind_of_resource() {
    let own = format!("{ACCOUNT}:token");
    for (method, path, target) in [
        ("POST", "Calls.json", "Calls"),
        ("GET", "Calls.json?To=%2B1", "Calls"),
        ("GET", "Conferences.json?Status=init", "Conferences"),
        ("POST", "Conferences/CF1.json", "Conference(\"CF1\")"),
        ("GET", "Conferences/CF1/Participants.json", "Participants(\"CF1\")"),
        ("DELETE", "Conferences/CF1/Participants/the%20caller.json", "Participant(\"CF1\", \"the caller\")"),
    ] {
        let found = routed(method, &format!("/2010-04-01/Accounts/$A/{path}"), Some(&own));
        assert_eq!(found, Ok(target.to_owned()), "{method} {path}");
    }
}

#[test]
fn errors_have_the_companys_form() {
    let body: Value = serde_json::from_str(&RestAnswer::error(400, 21220, "No.").body).unwrap();
    let more_info = "https://www.twilio.com/docs/errors/21220";
    assert_eq!(body, json!({"code": 21220, "message": "No.", "more_info": more_info, "status": 400}));
}

#[test]
fn decodes_forms() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(form("Status=completed"), [pair("Status", "completed")]);
    assert_eq!(form("a=x+y%26%C3%A9&b&=c&"), [pair("a", "x y&é"), pair("b", ""), pair("", "c")]);
    assert_eq!(form(""), []);
}
