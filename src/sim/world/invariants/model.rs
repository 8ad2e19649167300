//! What the model's own books say at the end.

use super::*;
use crate::sim::model::ModelKnobs;
use crate::types::Prompt;

impl Watch {
    pub(super) fn judge_model(&mut self, now: Mono, gateway: &Gateway) {
        for connection in gateway.connections() {
            let ledger = connection.model().ledger();
            if ledger.creates_waiting_max > 1 && !self.swallowed {
                let what = format!("{} creates were un-answered at once", ledger.creates_waiting_max);
                self.find(Invariant::OneCreate, now, &what);
            }
            for refused in &ledger.refused {
                let text = &refused.message;
                if refused.code.starts_with("item_truncate")
                    || text.contains("already shorter")
                    || text.contains("can be truncated")
                {
                    self.find(Invariant::Truncated, now, text);
                }
                if refused.code == "invalid_tool_call_id" {
                    self.find(Invariant::OneOutput, now, text);
                }
            }
            let over = self.ended_at.unwrap_or(now);
            for (call, asked) in &self.tools.clone() {
                let known = ledger.calls.iter().any(|(id, _)| id == call);
                let answers = ledger.tool_outputs.get(call).map_or(0, Vec::len);
                let due = over.since(*asked) > ANSWER_MAX && !connection.model().is_closed() && connection.is_quiet();
                // The connection may be closed for a conversation, or with the process.
                let due = due && !self.people;
                if known && (answers > 1 || answers == 0 && due) {
                    self.find(Invariant::OneOutput, now, &format!("{answers} outputs for the tool call {call}"));
                }
            }
        }
    }
}

/// Responses that are asked for to their end, in one turn of the caller.
const GO_ON_MAX: usize = 2;

/// The assistant is asked to go on, or the caller speaks, within this time.
const GOES_ON_WITHIN: Duration = Duration::from_secs(3);

/// The model is told so soon after the second turn that was not understood.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// The model is sound but for a field of the session that it does not know.
pub(super) fn refuses_setting_only(model: &ModelKnobs) -> bool {
    let quota = |(_, fault): &(u32, ResponseFault)| matches!(fault, ResponseFault::Failed("insufficient_quota"));
    let sound = model.refuse.is_none() && model.key.is_none() && !model.unknown_model;
    model.unknown_setting.is_some() && sound && !model.on_response.iter().any(quota)
}

impl Watch {
    pub(super) fn judge_setting(&mut self, now: Mono, gateway: &Gateway) {
        let refused = |record: &Record| matches!(record, Record::Event(Event::ModelLost { cause: "refused" }));
        if self.refuses_setting_only && gateway.records.iter().any(|(_, record)| refused(record)) {
            self.find(Invariant::Configured, now, "a setting that the model does not know cost the call its assistant");
        }
    }

    pub(super) fn judge_deafness(&mut self, now: Mono, gateway: &Gateway) {
        let over = self.ended_at.unwrap_or(now);
        let told = |connection: &Connection| connection.model().ledger().notes.iter().any(|note| is_told(note));
        if self.people || gateway.connections().any(told) {
            return;
        }
        for connection in gateway.connections() {
            let Some(deaf_at) = connection.model().ledger().deaf_at else { continue };
            let due = deaf_at + TOLD_WITHIN + self.line.model * 2;
            let hung = connection.hangs_at().is_some_and(|hangs| hangs < due);
            if due < over && !connection.model().is_closed() && !hung {
                self.find(Invariant::ToldIfDeaf, deaf_at, "nobody understands the caller, and the model does not know");
            }
        }
    }

    /// Fair only to a call in which nothing else was going on.
    pub(super) fn judge_cuts(&mut self, now: Mono, gateway: &Gateway, company: &CompanyCall) {
        let over = company.ended().map_or(now, |end| end.at).min(self.ended_at.unwrap_or(now));
        let ends = |record: &Record| match record {
            Record::Event(Event::ToolUsed { name, .. }) => name == "end_call",
            Record::Event(Event::StreamDetached { .. } | Event::ModelLost { .. }) => true,
            Record::Event(Event::LocalSentence { prompt }) => {
                matches!(prompt, Prompt::SilentGoodbye | Prompt::TimeUp | Prompt::Goodbye)
            }
            _ => false,
        };
        let busy: Vec<Mono> = gateway.records.iter().filter(|(_, record)| ends(record)).map(|(at, _)| *at).collect();
        for connection in gateway.connections() {
            let ledger = connection.model().ledger();
            for cut in ledger.cuts.iter().take(GO_ON_MAX) {
                let due = cut.at + GOES_ON_WITHIN + self.line.model * 2;
                let hung = connection.hangs_at().is_some_and(|hangs| hangs < due);
                let fair = due < over && !hung && !busy.iter().any(|at| *at < due);
                if fair && cut.went_on.is_none_or(|at| at > due) {
                    self.find(Invariant::GoesOn, cut.at, "an answer was cut, and nobody asked for the rest");
                }
            }
        }
    }
}

/// What the model is told when it has to listen by itself.
fn is_told(note: &str) -> bool {
    note.contains("cannot turn the caller's speech into text")
}
