//! Tests of `twilio::asking`; `tests/it/twilio/patience.rs` asks through the routes.

use super::*;
use crate::twilio::origin::Origin;

fn documents() -> Documents {
    Documents::new(&Origin::parse("https://gw.test").unwrap())
}

fn form(body: &str, query: &str) -> Form {
    let mut form = Form::parse(body.as_bytes()).unwrap();
    form.recall(query);
    form
}

#[test]
fn what_the_carrier_says_once_is_carried_until_there_is_an_answer() {
    let first = form("CallSid=CA1&Digits=%23&From=%2B15550100001", "");
    let document = Asking::new("/twilio/transfers/x-1/key/2", None).later(&documents(), &first);
    assert!(document.contains("https://gw.test/twilio/transfers/x-1/key/2?again=1&#38;Digits=%23"), "{document}");
    assert!(!document.contains("From") && !document.contains("5550100001"), "{document}");
    let second = form("CallSid=CA1", "again=1&Digits=%23");
    assert!(second.once().eq([("Digits", "#")]));
    let document = Asking::new("/twilio/transfers/x-1/key/2", Some("again=1&Digits=%23")).later(&documents(), &second);
    assert!(document.contains("key/2?again=2&#38;Digits=%23"), "{document}");
}

#[test]
fn what_the_request_itself_says_counts() {
    let form = form("Digits=2", "Digits=1&From=%2B15550100001&DialCallStatus=busy");
    assert!(form.once().eq([("Digits", "2"), ("DialCallStatus", "busy")]));
}

#[test]
fn it_is_not_asked_for_ever() {
    let may = |query| Asking::new("/twilio/after-stream", query).may_ask_again();
    assert!(may(None) && may(Some("again=1")) && may(Some("lang=es&again=4")));
    for last in ["again=5", "again=", "again=-1", "again=999999999999"] {
        assert!(!may(Some(last)), "{last}");
    }
}
