//! Signatures end to end: what the official library signs is accepted, what anybody changes is refused.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use switchboard::types::Secret;
use tower::ServiceExt;

use super::support::*;
use crate::support::conformance;

/// Signs a list of requests with the official library; one process for all of them.
const SIGN_ALL: &str = "
import json, sys
sys.path.insert(0, sys.argv[1])
from twilio_sign import sign_form, sign_ws, HMAC_SHA1, HMAC_SHA256
for case in json.load(sys.stdin):
    algorithm = HMAC_SHA256 if case['sha256'] else HMAC_SHA1
    if case['url'].startswith('wss'):
        print(sign_ws(case['token'], case['url'], algorithm))
    else:
        print(sign_form(case['token'], case['url'], case['form'], algorithm))
";

/// One request for the library: token, URL, urlencoded form (none: an upgrade), SharedKey.
struct Case(&'static str, &'static str, Option<String>, bool);

fn cases() -> Vec<Case> {
    let ids = format!("CallSid={LEG}&AccountSid={ACCOUNT}");
    let voice = "https://gw.test/twilio/voice";
    let form = |more: &str| Some(format!("{ids}{more}"));
    vec![
        Case(TOKEN, voice, form("&From=%2B15550142000&To=%2B15550100000"), false),
        Case("second token", voice, form("&From=anonymous&To="), false),
        Case(TOKEN, "https://gw.test:443/twilio/voice", form(""), false),
        Case(TOKEN, "https://gw.test/twilio/voice?org=a%20b&x=", form("&Body=+leading+and+trailing+"), false),
        Case(TOKEN, voice, form("&SpeechResult=caf%C3%A9+%F0%9F%93%9E&Empty=&Empty2"), false),
        Case(TOKEN, voice, form("&b=2&A=1&a=3&A=0&A=1&_=x&Z=%00%0A%26%3D"), false),
        Case("shared secret", voice, form("&From=%2B15550142000"), true),
        Case(TOKEN, "wss://gw.test/twilio/media/tkt_1", None, false),
        Case(TOKEN, "wss://gw.test:443/twilio/media/tkt_1", None, false),
        Case(TOKEN, "wss://gw.test/twilio/media/tkt_1/", None, false),
        Case("shared secret", "wss://gw.test/twilio/media/tkt_1", None, true),
    ]
}

#[tokio::test]
async fn what_the_official_library_signs_is_accepted() {
    let cases = cases();
    let list: Vec<_> = cases
        .iter()
        .map(|Case(token, url, form, sha256)| {
            serde_json::json!({"token": token, "url": url, "form": form.as_deref().unwrap_or(""), "sha256": sha256})
        })
        .collect();
    let folder = conformance::folder();
    let input = serde_json::to_vec(&list).unwrap();
    let Some(output) = conformance::python(&["-c", SIGN_ALL, folder.to_str().unwrap()], &input) else {
        return;
    };
    conformance::assert_content(&output);
    let signatures = String::from_utf8(output.stdout).unwrap();
    assert_eq!(signatures.lines().count(), cases.len());

    let mut settings = settings();
    settings.tokens.push(Secret::new("second token"));
    settings.shared_keys.push(("key_7".to_owned(), Secret::new("shared secret")));
    let house = House::new(&settings, Mood::Normal);
    for (Case(_, url, form, sha256), signature) in cases.iter().zip(signatures.lines()) {
        let target = &url[url.find("/twilio").unwrap()..];
        let mut request = Request::builder().header("X-Twilio-Signature", signature);
        if *sha256 {
            request = request.header("X-Twilio-Webhooks-Signature-Settings", "key=key_7,algorithm=HMAC_SHA256");
        }
        let request = match form {
            Some(form) => request
                .method("POST")
                .uri(target)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(Body::from(form.clone())),
            // Without a real connection there is nothing to upgrade, but the signature is judged first.
            None => request.uri(target.trim_end_matches('/')).body(Body::empty()),
        };
        let expected = if form.is_some() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        let response = house.router().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), expected, "{url} {form:?}");
    }
}

/// Percent-encodes everything, so that any text can be a name or a value.
fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn request(query: &str, pairs: &[(String, String)], signature: &str) -> Request<Body> {
    let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    Request::builder()
        .method("POST")
        .uri(format!("/twilio/voice?{query}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("X-Twilio-Signature", signature)
        .body(Body::from(body.join("&")))
        .unwrap()
}

/// Replaces, removes or inserts one character; the result always differs.
fn mutated(text: &str, at: usize, with: char, kind: u8) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at % (chars.len() + 1);
    match kind % 3 {
        0 if at < chars.len() && chars[at] != with => chars[at] = with,
        1 if at < chars.len() => {
            chars.remove(at);
        }
        _ => chars.insert(at, with),
    }
    chars.into_iter().collect()
}

#[test]
fn a_thousand_mutations_are_refused_and_change_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let house = House::new(&settings(), Mood::Normal);
    let router = house.router();
    let status = |request: Request<Body>| runtime.block_on(router.clone().oneshot(request)).unwrap().status();
    let strategy = (
        prop::collection::btree_map("[A-Za-z]{1,10}", "\\PC{0,20}", 0..6),
        "[a-z0-9=&%._-]{0,16}",
        (0u8..4, any::<prop::sample::Index>(), any::<usize>(), any::<u8>()),
        prop::sample::select(('a'..='z').chain('0'..='9').collect::<Vec<char>>()),
    );
    let mut accepted = 0;
    let mut runner = TestRunner::new(Config { cases: 1000, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(more, query, (what, which, at, kind), with)| {
        let mut pairs: Vec<(String, String)> =
            ringing().iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        pairs.extend(more.into_iter().filter(|(name, _)| ringing().iter().all(|(ours, _)| ours != name)));
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut signature = sign(TOKEN, &format!("{BASE}/twilio/voice?{query}"), &borrowed);
        prop_assert_eq!(status(request(&query, &pairs, &signature)), StatusCode::OK);
        let before = house.door.asked().len();

        let mut query = query;
        let nth = which.index(pairs.len());
        match what {
            0 => signature = mutated(&signature, at, with, kind),
            1 => query = mutated(&query, at, with, kind),
            2 => pairs[nth].0 = mutated(&pairs[nth].0, at, with, kind),
            _ => pairs[nth].1 = mutated(&pairs[nth].1, at, with, kind),
        }
        prop_assert_eq!(status(request(&query, &pairs, &signature)), StatusCode::FORBIDDEN);
        prop_assert_eq!(house.door.asked().len(), before, "the door was asked");
        Ok(())
    });
    outcome.unwrap();
    accepted += house.door.asked().len();
    assert_eq!(accepted, 1000, "each unchanged request was taken once");
}
