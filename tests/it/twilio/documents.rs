//! Every TwiML document against the official library's own model, in the place where Twilio reads it.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use switchboard::ports::carrier::Script;
use switchboard::ports::door::{Answer, Refusal};
use switchboard::session::document::{Document, Goodbye, Party, RoomPlan};
use switchboard::sim::carrier::twiml;
use switchboard::twilio::origin::Origin;
use switchboard::twilio::twiml::language::Tongue;
use switchboard::twilio::twiml::{Documents, apology};
use switchboard::types::{CallId, Secret, Urgency};

use super::support::{BASE, TICKET, permitted, script};
use crate::support::conformance;

/// Where Twilio reads a document, as the checker's options spell it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    /// An answer to a webhook.
    Answer,
    /// The same, or a redirect.
    Anywhere,
    /// An answer to the called party of a cold transfer, or to any other operator.
    Called,
    Waiting,
}

impl Place {
    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Answer => &["--werror"],
            Self::Anywhere => &["--werror", "--rest"],
            Self::Called => &["--werror", "--context", "number-url", "--rest"],
            Self::Waiting => &["--werror", "--context", "wait-url"],
        }
    }
}

const HOSTILE: &str = "A & B <Dial>+12025550100</Dial> ]]> \"'\u{0}\u{1b}\u{FFFE}\r\n\u{9f}é \u{1F600}";

/// Every document, for a call in this language, of an organization of this name.
fn scripts(language: &str, name: &str) -> Vec<(String, Place, Script)> {
    let room = |who, waits| {
        let time_limit = Duration::from_millis(3_599_500);
        Document::Room(RoomPlan { escalation: 2, attempt: 3, who, waits, time_limit })
    };
    let target = "desk".parse().unwrap();
    let (ring, time_limit) = (Duration::from_secs(20), Duration::from_secs(3600));
    let mut all = vec![
        ("hang-up".to_owned(), Place::Called, Document::HangUp),
        ("apologise".to_owned(), Place::Called, Document::Apologise),
        ("connect".to_owned(), Place::Anywhere, Document::Connect),
        ("room-caller".to_owned(), Place::Anywhere, room(Party::Caller, false)),
        ("room-operator".to_owned(), Place::Anywhere, room(Party::Operator, true)),
        (
            "cold".to_owned(),
            Place::Anywhere,
            Document::Cold { attempt: 3, target, urgency: Urgency::Emergency, ring, time_limit },
        ),
        ("voicemail".to_owned(), Place::Anywhere, Document::Voicemail { escalation: 2, max: Duration::from_secs(120) }),
        ("proceed".to_owned(), Place::Called, Document::Proceed),
        ("message".to_owned(), Place::Anywhere, Document::Message(name.into())),
        ("message-empty".to_owned(), Place::Anywhere, Document::Message("".into())),
    ];
    for text in ["A caller has chest pain.", name, ""] {
        let document = Document::Briefing { attempt: 3, step: 5, text: text.into() };
        all.push((format!("briefing-{}", text.len()), Place::Called, document));
    }
    for urgency in Urgency::ALL {
        let document = Document::Gate { attempt: 3, step: 4, urgency: *urgency };
        all.push((format!("gate-{urgency}"), Place::Called, document));
    }
    for goodbye in Goodbye::ALL {
        all.push((format!("goodbye-{goodbye}"), Place::Called, Document::Goodbye(*goodbye)));
    }
    let call = CallId(uuid::Uuid::from_u128(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001));
    let cold = Some((permitted("+12025550143"), "+12025550100".parse().unwrap()));
    let finish = |(document_name, place, document): (String, Place, Document)| {
        let script = Script {
            call,
            org_name: name.into(),
            language: language.into(),
            cold: cold.clone(),
            ..script(document, Some(Secret::new(TICKET)))
        };
        (format!("{document_name}-{language}-{}", name.len()), place, script)
    };
    all.into_iter().map(finish).collect()
}

fn documents() -> Documents {
    Documents::new(&Origin::parse(BASE).unwrap())
}

fn written(language: &str) -> Vec<(String, Script, String)> {
    let all = scripts(language, "Riverside Clinic").into_iter();
    all.map(|(name, _, script)| (name, script.clone(), documents().write(&script))).collect()
}

fn all() -> Vec<(String, Place, String)> {
    let documents = documents();
    let connect = |ticket: &str| documents.answer(&Answer::Connect { ticket: Secret::new(ticket) });
    let mut all = vec![
        ("answer".to_owned(), Place::Answer, connect(TICKET)),
        ("answer-escaped".to_owned(), Place::Answer, connect(r#"<&"'>é"#)),
        ("again".to_owned(), Place::Answer, documents.answer(&Answer::AskAgain)),
        ("again-last".to_owned(), Place::Answer, documents.answer_again(&Answer::AskAgain, u32::MAX)),
        ("hang-up".to_owned(), Place::Answer, documents.answer(&Answer::HangUp)),
        ("apology".to_owned(), Place::Answer, apology()),
        ("hold-en".to_owned(), Place::Waiting, documents.hold(Tongue::English)),
        ("hold-es".to_owned(), Place::Waiting, documents.hold(Tongue::Spanish)),
    ];
    for language in [None, Some("es-MX"), Some("de-DE"), Some("")] {
        for refusal in [Refusal::Busy, Refusal::UnknownNumber, Refusal::Draining] {
            let emergency = "".into();
            let answer = Answer::Refuse { refusal, language: language.map(Into::into), emergency };
            let name = format!("refuse-{refusal:?}-{}", language.unwrap_or("unknown"));
            all.push((name, Place::Answer, documents.answer(&answer)));
        }
    }
    for language in ["en", "en-GB", "es", "es-MX", "de-DE", "tlh", ""] {
        for name in ["Riverside Clinic", HOSTILE, ""] {
            let scripts = scripts(language, name).into_iter();
            all.extend(scripts.map(|(name, place, script)| (name, place, documents.write(&script))));
        }
    }
    all
}

fn write(name: &str, document: &str) -> String {
    let folder = conformance::scratch("twiml");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.xml"));
    fs::write(&path, document).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_document_is_twiml_to_the_official_library() {
    let all = all();
    for place in all.iter().map(|(_, place, _)| *place).collect::<BTreeSet<_>>() {
        let here = all.iter().filter(|(_, other, _)| *other == place);
        let files: Vec<String> = here.map(|(name, _, document)| write(name, document)).collect();
        let mut arguments = place.options().to_vec();
        arguments.extend(files.iter().map(String::as_str));
        if let Some(output) = conformance::run("check_twiml.py", &arguments) {
            conformance::assert_content(&output);
        }
    }
}

#[test]
fn the_simulated_company_takes_every_document_without_complaint() {
    for (name, place, document) in all() {
        let place = match place {
            Place::Answer | Place::Anywhere => twiml::Place::Call,
            Place::Called => twiml::Place::Whisper,
            Place::Waiting => twiml::Place::Wait,
        };
        let parsed = twiml::parse_in(place, &document, false).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(parsed.complaints, Vec::<String>::new(), "{name}: {document}");
    }
}

#[test]
fn the_checker_would_notice_a_mistake() {
    let broken = all()[0].2.replace("statusCallback=", "statusCallBack=");
    if let Some(output) = conformance::run("check_twiml.py", &[&write("broken", &broken)]) {
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn each_party_of_a_room_is_asked_for_by_its_own_name() {
    let attempt = "https://gw.test/twilio/transfers/0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001-3";
    for (who, waits, done) in [(Party::Caller, false, "caller-done"), (Party::Operator, true, "operator-done")] {
        let name = format!("room-{who}-en-16");
        let document = written("en").into_iter().find(|(other, _, _)| *other == name).unwrap().2;
        for part in [
            format!(r#"<Dial action="{attempt}/{done}" method="POST" timeLimit="3600">"#),
            format!(r#"startConferenceOnEnter="{}" endConferenceOnExit="true" participantLabel="{who}""#, !waits),
            format!(r#"statusCallback="{attempt}/conference""#),
            r#"waitUrl="https://gw.test/twilio/hold?lang=en""#.to_owned(),
            ">xfer-0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001-2</Conference>".to_owned(),
        ] {
            assert!(document.contains(&part), "{part} in {document}");
        }
    }
}

#[test]
fn a_cold_transfer_dials_the_permitted_number_and_asks_at_our_door() {
    let (_, script, document) = written("en").into_iter().find(|(name, _, _)| name == "cold-en-16").unwrap();
    let attempt = "https://gw.test/twilio/transfers/0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001-3";
    for part in [
        r#"timeout="20" timeLimit="3600" callerId="+12025550100""#.to_owned(),
        format!(r#"action="{attempt}/caller-done""#),
        format!(r#"<Number url="{attempt}/answer""#),
        format!(r#"statusCallback="{attempt}/leg""#),
        ">+12025550143</Number>".to_owned(),
    ] {
        assert!(document.contains(&part), "{part} in {document}");
    }
    assert!(!documents().write(&Script { cold: None, ..script }).contains("<Dial"), "nobody is dialled without it");
}

#[test]
fn numbers_are_nowhere_but_in_the_cold_transfer() {
    for (name, _, document) in written("en") {
        assert_eq!(document.contains("+1"), name.starts_with("cold-"), "{name}: {document}");
    }
}

#[test]
fn the_gate_tells_a_strangers_voicemail_nothing() {
    let without_name = |document: &str| document.replace("Riverside Clinic", "");
    for (name, script, document) in written("en").into_iter().filter(|(name, _, _)| name.starts_with("gate-")) {
        let other = Script { org_name: "".into(), ..script };
        assert_eq!(without_name(&document), documents().write(&other), "{name}: only the organization is told");
        assert_eq!(document.matches("<Say").count(), 2, "it is said twice: {document}");
        assert!(document.contains("Press any key"), "{document}");
        assert!(document.contains(r#"actionOnEmptyResult="true""#), "no key is an answer too: {document}");
    }
}

#[test]
fn our_sentences_are_in_the_callers_language() {
    for ((name, _, english), (_, _, spanish)) in written("en").into_iter().zip(written("es-MX")) {
        let own_words = !name.starts_with("message-");
        let (english_says, spanish_says) = (english.contains("<Say"), spanish.contains("<Say"));
        assert_eq!(english_says, spanish_says, "{name}");
        if english_says {
            assert!(english.contains(r#"<Say language="en-US">"#) && !english.contains("es-"), "{english}");
            assert!(spanish.contains(r#"<Say language="es-MX">"#) && !spanish.contains("en-US"), "{spanish}");
            let text = |document: &str| document.replace("es-MX", "en-US").replace("lang=es", "lang=en");
            assert_eq!(text(&english) != text(&spanish), own_words, "{name}");
        }
    }
}

#[test]
fn a_text_of_any_length_stays_below_the_limits_of_http() {
    for text in ["<".repeat(100_000), "\u{1F600}".repeat(100_000), "a ".repeat(100_000)] {
        for (name, _, script) in scripts("en", &text) {
            let document = documents().write(&script);
            assert!(document.len() < 64 * 1024, "{name}: {}", document.len());
        }
    }
}
