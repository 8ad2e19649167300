//! Sessions in browsers: the whole router over real databases.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use switchboard::app::OrgCache;
use switchboard::http::ApiState;
use switchboard::ports::store::Directory;
use switchboard::store::Store;

use super::fakes::{CALL_MAX, Fakes, call_row};
use super::{Answer, KEY, World, call};
use crate::store::given::{Dir, lite, opened, org_row, postgres};

/// A world whose calls and organizations (`clinic` and `office`) are in a database.
struct Desk {
    world: World,
    store: Store,
}

impl Desk {
    async fn over(store: Store) -> Self {
        let mut office = org_row("office");
        office.config = json!({ "call_secs_max": 60 }).to_string();
        store.create_org(&office).await.unwrap();
        let (fakes, store) = (Fakes::new(KEY), Arc::new(store));
        let state = ApiState {
            history: store.clone(),
            directory: store.clone(),
            orgs: Arc::new(OrgCache::new(store.clone(), None)),
            sessions: store.clone(),
            ..fakes.state()
        };
        let world = World { fakes, router: switchboard::http::router(state) };
        Self { world, store: (*store).clone() }
    }

    /// Begins a session and returns its id.
    async fn begin(&self, org: &str) -> String {
        let answer = self.world.post("/api/call/start", &json!({ "org_id": org })).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!("in_progress")));
        answer.json()["call_id"].as_str().unwrap().to_owned()
    }

    async fn say(&self, call: &str, speaker: &str, text: &str) -> Answer {
        let line = json!({ "call_id": call, "speaker": speaker, "text": text });
        self.world.post("/api/call/transcript", &line).await
    }

    async fn end(&self, call: &str) -> Answer {
        self.world.post("/api/call/end", &json!({ "call_id": call })).await
    }

    async fn detail(&self, call: &str) -> Value {
        self.world.get(&format!("/api/calls/{call}")).await.json()
    }

    fn later(&self, secs: u64) {
        self.world.fakes.clock.0.fetch_add(i64::try_from(secs).unwrap() * 1_000_000, Ordering::Relaxed);
    }
}

/// One test on each database for each behaviour.
macro_rules! on_both {
    ($($behaviour:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                let dir = super::Dir::new();
                super::$behaviour(super::Desk::over(super::lite(&dir).await).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $behaviour() {
                if let Some(store) = super::postgres().await {
                    super::$behaviour(super::Desk::over(store).await).await;
                }
            })+
        }
    };
}

on_both!(
    a_session_is_begun_written_and_ended,
    organizations_have_their_own_sessions,
    a_session_ends_by_itself_after_the_longest_call,
    a_session_is_no_call_by_phone_and_the_other_way_round,
);

async fn a_session_is_begun_written_and_ended(desk: Desk) {
    let id = desk.begin("clinic").await;
    let listed = desk.world.get("/api/calls").await.json();
    let (row, total) = (&listed["calls"][0], &listed["total"]);
    assert_eq!(
        (&row["id"], &row["channel"], &row["status"], total),
        (&json!(id), &json!("browser"), &json!("in_progress"), &json!(1))
    );
    for absent in ["caller", "number", "call_sid", "ended_at", "outcome"] {
        assert_eq!(row[absent], json!(null), "{absent}");
    }

    desk.later(5);
    let first = desk.say(&id, "agent", "  Hello, how can I help? ").await;
    assert_eq!((first.status.as_u16(), first.json()), (200, json!({ "id": format!("{id}-0"), "status": "saved" })));
    desk.later(5);
    assert_eq!(desk.say(&id, "user", "An appointment, please.").await.json()["id"], format!("{id}-1"));
    desk.later(5);
    assert_eq!(desk.end(&id).await.json(), json!({ "success": true, "message": "The session is over." }));
    assert_eq!(desk.end(&id).await.json(), json!({ "success": true, "message": "The call is already over." }));
    desk.say(&id, "user", "One more thing.").await.problem(409, "call_not_live");

    let detail = desk.detail(&id).await;
    let line = json!({
        "seq": 0, "speaker": "agent", "text": "Hello, how can I help?", "timestamp": "2026-11-22T11:41:05.250Z",
        "start_ms": 5_000, "end_ms": 5_000, "heard_ms": null, "total_ms": null, "origin": "posted",
    });
    assert_eq!((&detail["transcripts"][0], &detail["transcripts"][1]["speaker"]), (&line, &json!("user")));
    assert_eq!((&detail["outcome"], &detail["reason"]), (&json!("completed"), &json!("staff_ended")));
    assert_eq!((&detail["duration_s"], &detail["phase"]), (&json!(15), &json!("completed")));
    assert_eq!((&detail["intake"], &detail["escalated"]), (&json!(null), &json!(false)));
    let kinds: Vec<_> = detail["timeline"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["opened", "phase", "phase", "ended"]);
}

async fn organizations_have_their_own_sessions(desk: Desk) {
    let nobody = desk.world.post("/api/call/start", &json!({ "org_id": "nobody", "to": null })).await;
    nobody.problem(404, "not_found");
    let (clinic, office) = (desk.begin("clinic").await, desk.begin("office").await);
    assert_ne!(clinic, office);
    desk.say(&clinic, "user", "for the clinic").await;
    for (org, id, lines) in [("clinic", &clinic, 1), ("office", &office, 0)] {
        let listed = desk.world.get(&format!("/api/calls?org_id={org}")).await.json();
        assert_eq!((&listed["calls"][0]["id"], &listed["total"]), (&json!(id), &json!(1)));
        assert_eq!(desk.detail(id).await["transcripts"].as_array().unwrap().len(), lines, "{org}");
    }
    assert_eq!(desk.end(&office).await.status, 200);
    assert_eq!(desk.detail(&clinic).await["status"], "in_progress");
}

async fn a_session_ends_by_itself_after_the_longest_call(desk: Desk) {
    let (clinic, office) = (desk.begin("clinic").await, desk.begin("office").await);
    desk.later(59);
    assert_eq!(desk.say(&office, "user", "in time").await.status, 200);
    desk.later(1);
    desk.say(&office, "user", "too late").await.problem(409, "call_not_live");
    assert_eq!(desk.say(&clinic, "user", "in time").await.status, 200);
    desk.later(CALL_MAX.as_secs() - 60);
    assert_eq!(desk.end(&clinic).await.json()["message"], "The call is already over.");
    for (id, secs) in [(clinic, CALL_MAX.as_secs()), (office, 60)] {
        let detail = desk.detail(&id).await;
        assert_eq!((&detail["outcome"], &detail["reason"]), (&json!("limit"), &json!("duration")));
        assert_eq!((&detail["status"], &detail["duration_s"]), (&json!("completed"), &json!(secs)));
    }
}

async fn a_session_is_no_call_by_phone_and_the_other_way_round(desk: Desk) {
    desk.store.apply(&[opened(7)]).await.unwrap();
    let by_phone = crate::store::given::call(7).to_string();
    desk.say(&by_phone, "user", "I was never there").await.problem(409, "written_by_gateway");
    let detail = desk.detail(&by_phone).await;
    assert_eq!((&detail["channel"], &detail["transcripts"]), (&json!("phone"), &json!([])));
    desk.end(&by_phone).await;
    assert_eq!(desk.detail(&by_phone).await["outcome"], json!(null), "its own task ends it");

    let id = desk.begin("clinic").await;
    for command in ["escalate", "return", "hangup"] {
        let answer = desk.world.post(&format!("/api/calls/{id}/{command}"), &json!({})).await;
        answer.problem(409, "not_by_phone");
    }
    desk.end(&id).await;
    desk.world.post(&format!("/api/calls/{id}/hangup"), &json!({})).await.problem(409, "call_not_live");
}

#[tokio::test]
async fn lines_that_are_not_whole_are_refused_with_the_seeds_status() {
    let dir = Dir::new();
    let desk = Desk::over(lite(&dir).await).await;
    let id = desk.begin("clinic").await;
    let line = |name: &str, value: Value| {
        let mut line = json!({ "call_id": id, "speaker": "user", "text": "hello" });
        line[name] = value;
        line
    };
    for (body, status, code, pointer) in [
        (json!({}), 400, "missing_field", "/call_id"),
        (line("call_id", json!(null)), 400, "missing_field", "/call_id"),
        (line("speaker", json!(null)), 400, "missing_field", "/speaker"),
        (line("text", json!(null)), 400, "missing_field", "/text"),
        (line("text", json!(" \n ")), 400, "missing_field", "/text"),
        (line("text", json!(7)), 400, "invalid_field", "/text"),
        (line("text", json!("é".repeat(2_001))), 400, "invalid_field", "/text"),
        (line("speaker", json!("operator")), 400, "invalid_field", "/speaker"),
        (line("speaker", json!(["user"])), 400, "invalid_field", "/speaker"),
        (line("call_id", json!(7)), 400, "invalid_field", "/call_id"),
    ] {
        for path in ["/api/call/transcript", "/api/calls/transcript"] {
            let problem = desk.world.post(path, &body).await.problem(status, code);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
        }
    }
    for unknown in [call(9).to_string(), "nope".to_owned()] {
        desk.say(&unknown, "user", "hello").await.problem(404, "not_found");
        desk.end(&unknown).await.problem(404, "not_found");
    }
    assert_eq!(desk.detail(&id).await["transcripts"], json!([]));
    let text = "é".repeat(2_000);
    let long = json!({ "call_id": id, "speaker": "user", "text": text, "timestamp": "what a seed's page may add" });
    assert_eq!(desk.world.post("/api/calls/transcript", &long).await.status, 200);
    assert_eq!(desk.detail(&id).await["transcripts"][0]["text"], text);
}

#[tokio::test]
async fn an_order_whose_number_was_forgotten_begins_no_session() {
    let dir = Dir::new();
    let desk = Desk::over(lite(&dir).await).await;
    let order =
        json!({ "org_id": "clinic", "consent": { "basis": "asked", "at": "2026-11-22T10:00:00Z", "by": "Ana" } });
    let problem = desk.world.post("/api/call/start", &order).await.problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/consent");
    assert_eq!(desk.world.get("/api/calls").await.json()["total"], 0);
}

#[tokio::test]
async fn a_database_that_is_away_is_said_and_nothing_is_promised() {
    let dir = Dir::new();
    let desk = Desk::over(lite(&dir).await).await;
    let id = desk.begin("clinic").await;
    desk.store.close().await;
    desk.say(&id, "user", "hello").await.problem(503, "storage_unavailable");
    desk.end(&id).await.problem(503, "storage_unavailable");
    desk.world.post("/api/call/start", &json!({ "org_id": "clinic" })).await.problem(503, "storage_unavailable");
}

#[tokio::test]
async fn a_line_for_a_call_by_phone_is_refused_while_it_is_live() {
    let world = World::new();
    world.fakes.store.add_call(call_row(5, "demo"));
    let line = json!({ "call_id": call(5).to_string(), "speaker": "agent", "text": "hello" });
    world.post("/api/call/transcript", &line).await.problem(409, "written_by_gateway");
}
