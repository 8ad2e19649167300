//! Every request that we can make, held against the official API.

use switchboard::ports::carrier::{Carrier, Purpose};
use switchboard::session::document::Document;
use switchboard::types::{Secret, Wall};

use super::creates::{CALL, OPERATOR, created, order, ours};
use super::fake::*;
use super::moves::{ROOM, conference, conferences, to_the_room};
use crate::support::conformance;
use crate::twilio::support::*;

#[tokio::test]
async fn our_requests_fit_the_official_api() {
    let fine = || Says::Json(200, "{}".to_owned());
    let twilio = Twilio::that_says([
        call("completed"),
        call("completed"),
        created(),
        created(),
        Says::Json(200, r#"{"calls":[]}"#.to_owned()),
        fine(),
        fine(),
        conferences(&[conference(1, "init")]),
        conferences(&[]),
        fine(),
        error(401, 20003),
    ])
    .await;
    let rest = twilio.rest(&twilio.settings());
    rest.hang_up(&leg()).await.unwrap();
    rest.status(&leg()).await.unwrap();
    rest.dial(&order(OPERATOR)).await.unwrap();
    rest.dial(&order(Purpose::Outbound(CALL))).await.unwrap();
    rest.find(&ours(), &ours(), Wall(0)).await.unwrap();
    rest.redirect(&leg(), &to_the_room()).await.unwrap();
    rest.redirect(&leg(), &script(Document::Connect, Some(Secret::new(TICKET)))).await.unwrap();
    rest.end_room(&ROOM).await.unwrap();
    let mut settings = twilio.settings();
    settings.api_key = Some((format!("SK{}", "0".repeat(32)), Secret::new("key secret")));
    twilio.rest(&settings).hang_up(&leg()).await.unwrap_err();

    let lines: String = twilio.requests().iter().map(|request| format!("{request}\n")).collect();
    assert_eq!(lines.lines().count(), 11);
    let Some(spec) = conformance::rest_spec() else {
        return;
    };
    let path = conformance::scratch("twilio-requests.jsonl");
    std::fs::write(&path, &lines).unwrap();
    let (spec, path) = (spec.to_str().unwrap(), path.to_str().unwrap());
    if let Some(output) = conformance::run("check_twilio_rest.py", &[spec, path]) {
        conformance::assert_content(&output);
    }
    let wrong = conformance::scratch("twilio-requests-wrong.jsonl");
    std::fs::write(&wrong, lines.replace("Status=completed", "Status=finished")).unwrap();
    if let Some(output) = conformance::run("check_twilio_rest.py", &[spec, wrong.to_str().unwrap()]) {
        assert_eq!(output.status.code(), Some(1), "the checker would notice a mistake");
    }
}
