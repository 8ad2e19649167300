//! Tests of `entry`.

use std::time::Duration;

use crate::session::effect::{Event, RecordId};
use crate::session::fact::{
    AttemptFact, AttemptMove, CallbackFact, EscalationFact, EscalationMove, EscalationRaise, VoicemailFact,
};
use crate::session::input::IntakeData;
use crate::types::{
    AttemptState, CallId, Caller, Cause, DialFault, EscalationState, Millis, NotDialled, Outcome, Phase, Prompt,
    Reason, Speaker, TransferMode, Urgency, Wall,
};

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
        direction: Direction::Outbound,
        consent: Some(Consent { basis: "asked for it".into(), at: Wall(5), by: "Ana".into() }),
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
        Record::Leg("CA00000000000000000000000000000002".parse().unwrap()),
        Record::Escalation(EscalationFact {
            no: 1,
            cause: Cause::Safety,
            urgency: Urgency::Emergency,
            reason: "chest pain".into(),
            summary: "Maria has chest pain".into(),
        }),
        Record::EscalationMove(EscalationMove {
            no: 1,
            from: EscalationState::Requested,
            to: EscalationState::Dialing,
        }),
        Record::EscalationRaised(EscalationRaise {
            no: 1,
            cause: Cause::Safety,
            urgency: Urgency::Emergency,
            reason: "chest pain".into(),
            reason_before: "a bill".into(),
        }),
        Record::Attempt(AttemptFact {
            no: 2,
            escalation: 1,
            target: "front-desk".parse().unwrap(),
            mode: TransferMode::Warm,
        }),
        Record::AttemptMove(AttemptMove {
            no: 2,
            from: AttemptState::Intended,
            to: AttemptState::Dialing,
            leg: "CA00000000000000000000000000000003".parse().ok(),
            fault: Some(DialFault { why: NotDialled::Carrier, code: Some(21_215) }),
        }),
        Record::Callback(CallbackFact {
            no: 1,
            escalation: Some(1),
            urgency: Urgency::High,
            reason: "Maria's chest".into(),
            due: Wall(1_700_000_000_250_999),
            assignee: "front-desk".parse().ok(),
        }),
        Record::Voicemail(VoicemailFact {
            no: 1,
            escalation: None,
            recording: "RE0".into(),
            duration: Duration::from_millis(12_900),
        }),
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
fn an_opening_of_the_first_release_is_an_inbound_call() {
    let old = r#"{"call":"00000000-0000-0000-0000-000000000007","no":0,"at":3,"record":"opened","org":"clinic",
        "leg":"CA00000000000000000000000000000001","caller":null,"dialled":"+15550100199"}"#;
    let opened = RecordRow::Opened {
        org: "clinic".into(),
        leg: Some("CA00000000000000000000000000000001".into()),
        caller: None,
        dialled: Some("+15550100199".into()),
        direction: "inbound".into(),
        consent: None,
    };
    assert_eq!(
        serde_json::from_str::<EntryRow>(old).unwrap(),
        EntryRow { call: Uuid::from_u128(7), no: 0, at: 3, record: opened }
    );
}

#[test]
fn no_record_hides_the_number_or_the_time_of_its_entry() {
    for record in records() {
        let row = serde_json::to_value(EntryRow::from(&entry(record))).unwrap();
        assert_eq!((&row["no"], &row["at"]), (&json!(3), &json!(1_700_000_000_000_001_i64)), "{row}");
    }
}

#[test]
fn the_timeline_has_no_words_about_people() {
    for record in records() {
        let row = EntryRow::from(&entry(record));
        let shown = row.timeline().map(|(kind, detail)| format!("{kind} {detail}")).unwrap_or_default();
        assert!(!shown.contains("chest") && !shown.contains("Maria") && !shown.contains("Ana"), "{shown}");
    }
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
        Some("leg {}"),
        Some(r#"escalation {"cause":"safety","no":1,"urgency":"emergency"}"#),
        Some(r#"escalation_state {"from":"requested","no":1,"to":"dialing"}"#),
        Some(r#"escalation_raised {"cause":"safety","no":1,"reason_before":"a bill","urgency":"emergency"}"#),
        Some(r#"attempt {"escalation":1,"mode":"warm","no":2,"target":"front-desk"}"#),
        Some(r#"attempt_state {"code":21215,"from":"intended","no":2,"to":"dialing","why":"carrier"}"#),
        Some(r#"callback {"due":"2023-11-14T22:13:20.250Z","no":1,"urgency":"high"}"#),
        Some(r#"voicemail {"duration_secs":12,"no":1}"#),
        Some(r#"ended {"after_ms":7,"outcome":"transferred","reason":"staff_ended"}"#),
    ];
    assert_eq!(kinds, expected.map(|text| text.map(str::to_owned)));
}

#[test]
fn nul_characters_become_visible() {
    assert_eq!(storable("a\0b"), "a\u{FFFD}b");
    assert!(matches!(storable("ab"), Cow::Borrowed("ab")));
}

#[test]
fn a_line_of_any_length_is_cut_and_says_so() {
    assert_eq!(bounded(&"é".repeat(LINE_CHARS_MAX)).chars().count(), LINE_CHARS_MAX);
    let cut = bounded(&"é".repeat(2_000_000));
    assert_eq!(cut.chars().count(), LINE_CHARS_MAX + LINE_CUT.len());
    assert!(cut.ends_with("é [cut]"));
}
