//! Questions of the carrier: the call's task answers, and what is said when there is none.
//!
//! A call of an earlier process may not have been taken up yet, or not even be known; a question waits a moment for
//! that, because the answer decides whether a caller is served. A call that another process has is waited for as long
//! as the carrier may wait, and asked about again: the next request may reach that process, or it is dead, and the call
//! is taken up here.

use std::time::Duration;

use metrics::counter;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::calls::actor::{Answered, Command};
use crate::calls::known::Who;
use crate::calls::registry::{Found, Line, Over};
use crate::calls::route::Switchboard;
use crate::ports::carrier::Script;
use crate::ports::door::Answer;
use crate::session::document::Document;
use crate::session::input::Question;
use crate::types::{CallId, LegId};

impl Switchboard {
    /// Asks the call of somebody. `None`: nobody can tell yet, so the same is to be asked again.
    pub(super) async fn ask_known(&self, who: Who<'_>, question: Question) -> Option<Script> {
        let find = || self.find(who);
        let mut found = find();
        if matches!(found, Found::Unknown) {
            self.wait_for_list().await;
            found = find();
            if matches!(found, Found::Unknown) && !*self.registry.listed().borrow() {
                return None;
            }
        }
        if matches!(found, Found::Unknown) && self.is_elsewhere(who).await {
            counter!("switchboard_questions_elsewhere_total").increment(1);
            found = self.wait_for_the_other(who).await;
            if matches!(found, Found::Unknown) {
                return None;
            }
        }
        let operators = is_of_operator(&question);
        let Found::Live(line) = found else { return Some(bare(found.farewell(operators))) };
        let mut question = question;
        for _ in 0..DOCUMENTS_MAX {
            let Some((document, desk)) = ask(&line, question).await else {
                return match find() {
                    // It is busy, or about to be over: the next question will be answered.
                    Found::Live(_) => None,
                    over => Some(bare(over.farewell(operators))),
                };
            };
            let refused = match &document {
                Document::Cold { attempt, .. } => Some(*attempt),
                _ => None,
            };
            match (desk.script(document).await, refused) {
                (Ok(script), _) => return Some(script),
                // The number may not be called: the call has something else for its caller, as after a redirect.
                (Err(Some(fault)), Some(attempt)) => question = Question::ColdRefused { attempt, fault },
                (Err(_), _) => break,
            }
        }
        None
    }

    /// A voice webhook of a call that began in an earlier process: a repetition, and the caller is there.
    pub(super) async fn rejoin(&self, leg: &LegId) -> Answer {
        let script = self.ask_known(Who::Leg(leg), Question::AfterStream).await;
        match script {
            Some(Script { document: Document::Connect, ticket: Some(ticket), .. }) => Answer::Connect { ticket },
            Some(Script { document: Document::AskAgain, .. }) | None => Answer::AskAgain,
            Some(Script { document: Document::HangUp | Document::Apologise, .. }) => Answer::HangUp,
            Some(script) => Answer::Follow(Box::new(script)),
        }
    }

    fn find(&self, who: Who<'_>) -> Found {
        match who {
            Who::Leg(leg) => self.registry.find(leg),
            Who::Call(call) => self.registry.find_call(call),
        }
    }

    /// Waits a moment until the call is taken up here. Whoever asked asks again.
    async fn wait_for_the_other(&self, who: Who<'_>) -> Found {
        for _ in 0..ELSEWHERE_LOOKS_MAX {
            sleep(ELSEWHERE_LOOK_EVERY).await;
            let found = self.find(who);
            if !matches!(found, Found::Unknown) {
                return found;
            }
        }
        Found::Unknown
    }

    /// Waits a moment until the calls of earlier processes are all known.
    async fn wait_for_list(&self) {
        let mut listed = self.registry.listed();
        // Whatever comes of it, the caller looks again.
        let _ = timeout(TAKE_UP_WAIT, listed.wait_for(|listed| *listed)).await;
    }
}

/// `None`: the call is over before it answers, or does not answer in time.
async fn ask(line: &Line, question: Question) -> Option<Answered> {
    let (asked, answer) = oneshot::channel();
    let wait = if line.is_waiting() { TAKE_UP_WAIT } else { ANSWER_MAX };
    if !line.send(Command::Ask(question, asked)) {
        return None;
    }
    timeout(wait, answer).await.ok()?.ok()
}

/// Whether an operator's leg, or one that we dialled and that nobody knows, waits for the answer.
const fn is_of_operator(question: &Question) -> bool {
    match question {
        Question::OperatorAnswered { .. }
        | Question::OperatorKey { .. }
        | Question::OperatorDone { .. }
        | Question::OutboundAnswered { .. } => true,
        Question::AfterStream
        | Question::Fallback
        | Question::CallerDone { .. }
        | Question::VoicemailDone { .. }
        | Question::ColdRefused { .. } => false,
    }
}

impl Found {
    /// What a leg is told whose call is not there. Operators: nothing. Callers: nothing more if it ended in order, else
    /// that we are sorry.
    const fn farewell(&self, operators: bool) -> Document {
        match self {
            Self::Over(Over::Ended) => Document::HangUp,
            _ if operators => Document::HangUp,
            Self::Over(Over::Broken | Over::Refused(..)) | Self::Live(_) | Self::Unknown => Document::Apologise,
        }
    }
}

/// A document that needs nothing of a call.
fn bare(document: Document) -> Script {
    let call = CallId(uuid::Uuid::nil());
    Script {
        call,
        document,
        org_name: "".into(),
        language: "en".into(),
        emergency: "".into(),
        ticket: None,
        cold: None,
    }
}

/// Targets of one call that may be refused in a row, and the document that follows; more than a call has attempts.
const DOCUMENTS_MAX: u32 = 16;

/// The call's task answers in one step; this is for one that has failed.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// A call of an earlier process, from the question to its task.
const TAKE_UP_WAIT: Duration = Duration::from_millis(1500);

/// Between two looks whether a call of another process is here now.
const ELSEWHERE_LOOK_EVERY: Duration = Duration::from_millis(250);

/// A second: the webhook's own limit comes after it.
const ELSEWHERE_LOOKS_MAX: u32 = 4;
