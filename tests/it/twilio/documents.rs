//! Every TwiML document against the official library's own model.

use std::fs;

use switchboard::ports::door::{Answer, Refusal};
use switchboard::session::document::Document;
use switchboard::twilio::origin::Origin;
use switchboard::twilio::twiml::{Documents, apology};
use switchboard::types::Secret;

use super::support::{BASE, TICKET, script};
use crate::support::conformance;

fn all() -> Vec<(&'static str, String)> {
    let documents = Documents::new(&Origin::parse(BASE).unwrap());
    let connect = |ticket: &str| documents.answer(&Answer::Connect { ticket: Secret::new(ticket) });
    vec![
        ("answer", connect(TICKET)),
        ("answer-escaped", connect(r#"<&"'>é"#)),
        ("refuse-busy", documents.answer(&Answer::Refuse(Refusal::Busy))),
        ("refuse-unknown-number", documents.answer(&Answer::Refuse(Refusal::UnknownNumber))),
        ("refuse-draining", documents.answer(&Answer::Refuse(Refusal::Draining))),
        ("hang-up", documents.answer(&Answer::HangUp)),
        ("reconnect", documents.after_stream(&script(Document::Connect, Some(Secret::new(TICKET))))),
        ("after-hang-up", documents.after_stream(&script(Document::HangUp, None))),
        ("after-apology", documents.after_stream(&script(Document::Apologise, None))),
        ("apology", apology()),
    ]
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
    let files: Vec<String> = all().iter().map(|(name, document)| write(name, document)).collect();
    let mut arguments = vec!["--werror"];
    arguments.extend(files.iter().map(String::as_str));
    if let Some(output) = conformance::run("check_twiml.py", &arguments) {
        conformance::assert_content(&output);
    }
}

#[test]
fn the_checker_would_notice_a_mistake() {
    let broken = all()[0].1.replace("statusCallback=", "statusCallBack=");
    if let Some(output) = conformance::run("check_twiml.py", &[&write("broken", &broken)]) {
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
