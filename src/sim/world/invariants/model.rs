//! What the model's own books say at the end.

use super::*;

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
