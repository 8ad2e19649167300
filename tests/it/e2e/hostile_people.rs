//! Requests that want somebody dialled who must not be: by staff's keys, and by webhooks that nobody sent.
//!
//! Whatever is asked, only a configured target's phone rings, and only because staff asked for a person.

use serde_json::{Value, json};
use switchboard::app::stage::{ACCOUNT, PUBLIC_BASE, TOKEN};
use switchboard::ports::store::{Directory, OrgRow};
use switchboard::sim::carrier::sign::signature;
use switchboard::sim::carrier::{CompanyKnobs, Person};

use crate::e2e::knock::{FORM, Knocker, Pairs, form, leg};
use crate::e2e::ward::{Call, Ward, clinic, clinic_row, number_of, silent_plan};

/// A number that somebody would like to have dialled.
const VICTIM: &str = "+15550666000";

/// A number that one organization may dial; nobody answers there.
const ALLOWED: &str = "+15550120001";

/// Numbers that no organization may dial, whatever its prefixes.
const BARRED: [&str; 6] = ["+19005550100", "+911", "+112", "+8816300000000", "+15550100199", "+447012345678"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_dialled_but_the_target_that_staff_asked_for() {
    let ward = Ward::open("hostile-people", vec![Person::never()], CompanyKnobs::default()).await;
    ward.stage.carrier.add_person(VICTIM, Person::pressing(&["1"]));
    open_others(&ward).await;
    let call = ward.ring(silent_plan()).await;
    let knocker = Knocker::new(ward.stage.gateway.addr());
    staff(&ward, &call).await;
    outbound(&ward).await;
    forged(&knocker, &call).await;
    assert_eq!(ward.stage.carrier.report().dialled, []);
    // With everything right in it the same order is carried out.
    let allowed = json!({ "org_id": "caller", "to": ALLOWED, "consent": consent() });
    assert_eq!(ward.post("/api/call/start", &allowed).await, 200);
    ward.until("the call that may be placed", |report| report.dialled.len() == 1).await;
    ward.company_until("its end", |company| company.live_legs() == [call.leg.clone()]).await;

    ward.escalate(&call).await;
    let desk = ward.operator_of(&call).await;
    let before = ward.stage.carrier.requests().len();
    forged(&knocker, &call).await;
    stranger(&knocker, &call).await;
    assert_eq!(ward.stage.carrier.live_legs().len(), 2, "the caller, and the target's phone");
    assert!(ward.stage.carrier.requests().len() >= before);
    call.handle.hang_up();
    let left = ward.close(call).await;
    let dialled: Vec<_> = left.exchange.dialled.iter().map(|dialled| (&*dialled.number, &dialled.leg)).collect();
    assert_eq!(dialled[1..], [(&*number_of(0), &desk)]);
    assert_eq!(dialled[0].0, ALLOWED);
    assert_eq!(left.exchange.bridges, []);
}

/// An organization that may call out to one prefix, and one with a target of its own.
async fn open_others(ward: &Ward) {
    let store = ward.stage.gateway.store();
    let mut config = clinic(0);
    config["outbound"] = json!({ "enabled": true });
    config["escalation"]["allow"] = json!(["+1555012"]);
    let caller = OrgRow { id: "caller".to_owned(), config: config.to_string(), ..clinic_row(0) };
    let other = clinic(1).to_string().replace("desk-0", "their-desk").replace(&number_of(0), VICTIM);
    let other = OrgRow { id: "other".to_owned(), config: other, ..clinic_row(0) };
    for (row, number) in [(caller, "+15550100200"), (other, "+15550100201")] {
        store.create_org(&row).await.unwrap();
        store.assign_number(&number.parse().unwrap(), &row.id.parse().unwrap()).await.unwrap();
    }
}

async fn staff(ward: &Ward, call: &Call) {
    let bodies = [
        json!({ "to": VICTIM }),
        json!({ "number": VICTIM }),
        json!({ "phone": VICTIM, "urgency": "emergency" }),
        json!({ "target": { "number": VICTIM } }),
        json!({ "target_id": VICTIM }),
        json!({ "target_id": "their-desk" }),
        json!({ "target_id": "desk-1" }),
        json!({ "target_id": "../desk-0" }),
        json!({ "target_id": ["desk-0"] }),
        json!({ "target_id": "desk-0", "number": VICTIM }),
        json!({ "urgency": VICTIM }),
    ];
    for body in &bodies {
        for what in ["escalate", "take-over", "return", "hangup"] {
            refused(ward.command(call.id, what, body).await, &format!("{what} {body}"));
        }
    }
    let foreign = switchboard::types::CallId(uuid::Uuid::from_u128(call.id.0.as_u128() ^ 1));
    let right = json!({ "target_id": "desk-0" });
    refused(ward.command(foreign, "take-over", &right).await, "another call");
    refused(ward.command(foreign, "escalate", &json!({})).await, "another call");
    for id in ["1", "..", "%2e%2e", "CA00000000000000000000000000000001", "00000000-0000-0000-0000-000000000000"] {
        refused(ward.post(&format!("/api/calls/{id}/take-over"), &right).await, id);
    }
}

fn consent() -> Value {
    json!({ "basis": "asked to be called", "at": "2026-01-01T10:00:00Z", "by": "the desk" })
}

async fn outbound(ward: &Ward) {
    let order = |org: &str, to: &str| json!({ "org_id": org, "to": to, "consent": consent() });
    let mut orders = vec![order("caller", VICTIM), order("other", VICTIM), order("nobody", VICTIM)];
    orders.extend(BARRED.map(|to| order("caller", to)));
    orders.extend(
        ["+15550120", "15550120001", "+1555012 0001x", "sip:x@evil.test", "client:evil", ""]
            .map(|to| order("caller", to)),
    );
    // The prefix would do; the consent would not.
    for consent in [Value::Null, json!({}), json!({ "basis": "", "at": "", "by": "" })] {
        orders.push(json!({ "org_id": "caller", "to": ALLOWED, "consent": consent }));
    }
    orders.push(json!({ "org_id": "caller", "to": ALLOWED, "consent": consent(), "from": VICTIM }));
    orders.push(json!({ "org_id": "caller", "to": [VICTIM], "consent": consent() }));
    for order in &orders {
        refused(ward.post("/api/call/start", order).await, &order.to_string());
    }
}

fn refused(status: u16, what: &str) {
    assert!((400..500).contains(&status), "{what}: {status}");
}

/// What an operator's phone would say: routes, and what is told there.
fn webhooks(call: &Call, attempt: u32) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let of = |what: &str| format!("/twilio/transfers/{}-{attempt}/{what}", call.id);
    vec![
        (of("answer"), vec![("CallStatus", "in-progress"), ("To", VICTIM)]),
        (of("key/1"), vec![("Digits", "1"), ("To", VICTIM)]),
        (of("key/2"), vec![("Digits", "1")]),
        (of("key/99"), vec![("Digits", "1")]),
        (of("caller-done"), vec![("DialCallStatus", "no-answer")]),
        (of("operator-done"), vec![("DialCallStatus", "answered")]),
        (of("leg"), vec![("CallStatus", "in-progress"), ("SequenceNumber", "7"), ("To", VICTIM)]),
        (of("conference"), vec![("StatusCallbackEvent", "participant-join"), ("FriendlyName", "x")]),
        (of("amd"), vec![("AnsweredBy", "human")]),
        (format!("/twilio/outbound/{}", call.id), vec![("CallStatus", "in-progress"), ("To", VICTIM)]),
        (format!("/twilio/outbound/{}/status", call.id), vec![("CallStatus", "in-progress")]),
        (format!("/twilio/outbound/{}/amd", call.id), vec![("AnsweredBy", "human")]),
        (format!("/twilio/voicemail/{}/done", call.id), vec![("RecordingUrl", "https://evil.test/"), ("Digits", "1")]),
    ]
}

fn pairs(account: &str, leg: &str, more: &[(&str, &str)]) -> Pairs {
    let ids = [("AccountSid", account), ("CallSid", leg)];
    ids.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Not signed, signed with another key, or of another account: refused, whatever it says.
async fn forged(knocker: &Knocker, call: &Call) {
    const OTHER: &str = "AC99999999999999999999999999999999";
    let sign = |token: &str, route: &str, pairs: &Pairs| signature(token, &format!("{PUBLIC_BASE}{route}"), pairs);
    for (route, more) in webhooks(call, 1) {
        let ours = pairs(ACCOUNT, call.leg.as_str(), &more);
        let theirs = pairs(OTHER, call.leg.as_str(), &more);
        let wrong = [
            (&ours, String::new()),
            (&ours, sign("00000000000000000000000000000000", &route, &ours)),
            (&ours, sign(TOKEN, "/twilio/status", &ours)),
            (&ours, sign(TOKEN, &route, &theirs)),
            (&theirs, sign(TOKEN, &route, &theirs)),
        ];
        for (pairs, signed) in wrong {
            let (status, _) = knocker.post(&route, FORM, &signed, form(pairs).into_bytes()).await;
            assert_eq!(status, 403, "{route} {pairs:?}");
        }
    }
}

/// Well signed, by a leg that has nothing to do with the attempt, or about an attempt that there is not.
async fn stranger(knocker: &Knocker, call: &Call) {
    for (attempt, number) in [(7, 1), (9_999, 2)] {
        for (route, more) in webhooks(call, attempt).into_iter().filter(|(route, _)| route.contains("/transfers/")) {
            let pairs = pairs(ACCOUNT, &leg(number), &more);
            let signed = signature(TOKEN, &format!("{PUBLIC_BASE}{route}"), &pairs);
            let (status, document) = knocker.post(&route, FORM, &signed, form(&pairs).into_bytes()).await;
            assert!([200, 204, 400].contains(&status), "{route}: {status}");
            let connects = ["<Dial", "<Conference", "<Connect", VICTIM].iter().any(|word| document.contains(word));
            assert!(!connects, "{route}: {document}");
        }
    }
    // The present attempt, asked about by a leg that is not its own.
    for (route, more) in webhooks(call, 1).into_iter().filter(|(route, _)| route.contains("/key/")) {
        let pairs = pairs(ACCOUNT, &leg(3), &more);
        let signed = signature(TOKEN, &format!("{PUBLIC_BASE}{route}"), &pairs);
        let (_, document) = knocker.post(&route, FORM, &signed, form(&pairs).into_bytes()).await;
        assert!(!document.contains("<Conference") && !document.contains("Say"), "{route}: {document}");
    }
}
