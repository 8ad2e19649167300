//! Truncations against the truth: what the phone had played when the clear arrived.

use super::*;

impl Watch {
    pub(super) fn truncations(&self, company: &CompanyCall) -> Vec<Truncation> {
        if self.line.stalls && !self.line.stalls_little {
            return Vec::new();
        }
        let truth = |(clear, item, said): &(usize, ItemId, u32)| {
            let (socket, nth, sent_at) = self.clears[*clear];
            let phone = company.streams().get(socket.0 as usize)?;
            let cleared = phone.playout().clears().get(nth)?;
            let source = Source::Model(item.clone());
            let mut played = 0;
            for (of, sent, from, len) in &self.sent {
                if *of == socket && *sent == source {
                    played += cleared.heard.min(from + len).saturating_sub(*from);
                }
            }
            let played_ms = played as f64 / 8.0;
            let late_ms = cleared.at.since(sent_at + self.line.down).as_secs_f64() * 1000.0;
            let (said_ms, tolerance_ms) = (f64::from(*said), self.tolerance_ms());
            Some(Truncation { said_ms, played_ms, tolerance_ms, late_ms })
        };
        self.said.iter().filter_map(truth).collect()
    }

    /// On a line that keeps its marks, what was heard is known, also after it stood still.
    pub(super) fn judge_truncations(&mut self, now: Mono, truncations: &[Truncation]) {
        if self.line.marks_doubtful || self.line.bursts {
            return;
        }
        for cut in truncations {
            let too_much = cut.said_ms - cut.played_ms > cut.tolerance_ms;
            if too_much || cut.played_ms - cut.said_ms > cut.tolerance_ms + cut.late_ms {
                let what = format!("{} ms are said to be heard, {} were played", cut.said_ms, cut.played_ms);
                self.find(Invariant::TrueToPlayout, now, &what);
            }
        }
    }

    /// Milliseconds of a source that the phone has played, in all.
    pub(super) fn played_ms(&self, source: &Source, company: &CompanyCall) -> f64 {
        let mut played = 0;
        for (socket, sent, from, len) in &self.sent {
            let Some(phone) = company.streams().get(socket.0 as usize).filter(|_| sent == source) else {
                continue;
            };
            for run in phone.playout().runs() {
                let (begin, end) = ((*from).max(run.from), (from + len).min(run.from + run.len));
                played += end.saturating_sub(begin);
            }
        }
        played as f64 / 8.0
    }

    pub(super) fn tolerance_ms(&self) -> f64 {
        let doubt = if self.line.marks_doubtful { Duration::from_millis(120) } else { Duration::ZERO };
        let stood_still = if self.line.stalls { Duration::from_millis(100) } else { Duration::ZERO };
        (Duration::from_millis(20) + self.line.up + self.line.down + doubt + stood_still).as_secs_f64() * 1000.0
    }

    /// A caller who is gone while the line is held up is taken to listen on: marks that stay out longer than a second
    /// count as lost, and each lets the estimate go on by the distance of two marks.
    pub(super) fn unheard_of_ms(&self) -> f64 {
        let (overdue, mark_every) = (Duration::from_secs(1), Duration::from_millis(100));
        let on = self.line.held.saturating_sub(overdue);
        if on.is_zero() { 0.0 } else { (on + mark_every).as_secs_f64() * 1000.0 }
    }
}
