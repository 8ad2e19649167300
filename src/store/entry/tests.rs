//! Tests of `entry`.

use crate::session::effect::RecordId;
use crate::session::input::IntakeData;
use crate::types::{CallId, Caller, Millis, Outcome, Phase, Prompt, Reason, Speaker, Urgency, Wall};

use super::*;

fn entry(record: Record) -> Entry {
    Entry { call: CallId(Uuid::from_u128(7)), no: RecordId(3), at: Wall(1_700_000_000_000_001), record }
}

fn records() -> Vec<Record> {
    let opening = Opening {
        call: CallId(Uuid::from_u128(7)),
        org: "clinic".parse().unwrap(),
        leg: Some("CA00000000000000000000000000000001".parse().unwrap()),
        caller: Caller::parse("+15550100142"),
        dialled: None,
        direction: crate::types::Direction::Inbound,
        consent: None,
    };
    let line = Line {
        seq: 0,
        speaker: Speaker::Assistant,
        text: "Hello".into(),
        start: Millis(1),
        end: Millis(2),
        heard: Heard::Cut { heard: Millis(1), total: Millis(5) },
        origin: LineOrigin::Local(Prompt::Hello),
    };
    let intake = Intake {
        data: IntakeData { json: "{\"a\":1}".into(), fields: Vec::new() },
        urgency: Urgency::Emergency,
        completed: false,
        missing: vec!["b".into()],
    };
    vec![
        Record::Opened(opening),
        Record::Line(line),
        Record::Intake(intake),
        Record::Phase(Phase::Escalation),
        Record::Event(Event::KeysPressed { count: 4 }),
        Record::Usage(Usage { audio_in: u64::MAX, ..Usage::default() }),
        Record::Ended(Ending { outcome: Outcome::Transferred, reason: Reason::StaffEnded, at: Millis(7) }),
    ]
}

#[test]
fn every_record_survives_the_spool() {
    for record in records() {
        let row = EntryRow::from(&entry(record));
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<EntryRow>(&text).unwrap(), row, "{text}");
    }
}

#[test]
fn the_form_in_the_spool_stays_readable() {
    // What the first release wrote; it may lie in somebody's spool.
    let old = r#"{"call":"00000000-0000-0000-0000-000000000007","no":3,"at":1700000000000001,"record":"phase",
        "phase":"escalation","escalated":true}"#;
    assert_eq!(
        serde_json::from_str::<EntryRow>(old).unwrap(),
        EntryRow::from(&entry(Record::Phase(Phase::Escalation)))
    );
}

#[test]
fn only_lines_and_tokens_stay_off_the_timeline() {
    let kinds: Vec<_> = records()
        .into_iter()
        .map(|record| EntryRow::from(&entry(record)).timeline().map(|(kind, detail)| format!("{kind} {detail}")))
        .collect();
    let expected = [
        Some("opened {}"),
        None,
        Some(r#"intake {"completed":false,"missing":["b"],"urgency":"emergency"}"#),
        Some(r#"phase {"phase":"escalation"}"#),
        Some(r#"keys_pressed {"count":4}"#),
        None,
        Some(r#"ended {"after_ms":7,"outcome":"transferred","reason":"staff_ended"}"#),
    ];
    assert_eq!(kinds, expected.map(|text| text.map(str::to_owned)));
}

#[test]
fn nul_characters_become_visible() {
    assert_eq!(storable("a\0b"), "a\u{FFFD}b");
    assert!(matches!(storable("ab"), Cow::Borrowed("ab")));
}
