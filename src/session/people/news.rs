//! What the model is told about people: news as a system item and one create, and the past for a new connection.

use crate::session::CallSession;
use crate::session::effect::{Effects, Heard, LineOrigin, ModelEffect, Record, RespondKind};
use crate::session::input::LegStatus;
use crate::session::links::{Media, Model};
use crate::session::transcript::NOT_UNDERSTOOD;
use crate::types::{Mono, Speaker};

/// Longest line that a new connection is told; longer ones keep their beginning.
const RECALL_CHARS_MAX: usize = 500;

impl CallSession {
    /// One system item, then one create.
    pub(in crate::session) fn tell_model(&mut self, news: &str, out: &mut Effects) {
        if self.model != Model::Ready {
            // A connection that is being made is told as soon as it is there.
            if !matches!(self.model, Model::Gone) {
                self.people.recall.get_or_insert_default().push_str(news);
            }
            return;
        }
        let no = self.next_request();
        self.send(ModelEffect::Note { no, text: news.to_owned() }, out);
        self.turn.want(RespondKind::Bare);
    }

    /// Remembers the last lines, as they were heard, for a connection that must be told.
    pub(in crate::session) fn remember(&mut self, record: &Record) {
        let Record::Line(line) = record else {
            return;
        };
        let key = matches!(line.origin, LineOrigin::Keys);
        let understood = line.text != NOT_UNDERSTOOD && !line.text.is_empty();
        let counts = match line.speaker {
            Speaker::Caller => understood,
            Speaker::Assistant => matches!((&line.origin, line.heard), (LineOrigin::Item(_), Heard::Full)),
        };
        if counts {
            self.people.exchange = self.people.exchange.after(line.speaker, key);
        }
        if key || line.text.is_empty() {
            return;
        }
        let text: String = line.text.chars().take(RECALL_CHARS_MAX).collect();
        let heard = &mut self.people.heard;
        let at = heard.iter().position(|(seq, _, _)| *seq > line.seq).unwrap_or(heard.len());
        heard.insert(at, (line.seq, line.speaker, text));
        while heard.len() > self.policy.recall_lines_max {
            heard.pop_front();
        }
    }

    /// A new connection is ready: what was said before, what happened, and then the model goes on.
    pub(in crate::session) fn recall(&mut self, out: &mut Effects) {
        let Some(news) = self.people.recall.take() else {
            return;
        };
        let lines: Vec<_> = self.people.heard.iter().cloned().collect();
        for (_, speaker, text) in lines {
            let no = self.next_request();
            self.send(ModelEffect::Recall { no, speaker, text }, out);
        }
        if !news.is_empty() {
            let no = self.next_request();
            self.send(ModelEffect::Note { no, text: news }, out);
        }
        self.turn.want(RespondKind::Bare);
    }

    /// The word about the caller's leg, when there is no stream.
    pub(in crate::session) fn on_caller_leg(&mut self, now: Mono, status: LegStatus, out: &mut Effects) {
        self.on_leg_status(now, status, out);
    }

    /// Nobody is on the caller's side any more, as far as is known.
    pub(in crate::session) const fn is_caller_gone(&self) -> bool {
        matches!(self.ending, crate::session::ending::Ending::Closing { .. } | crate::session::ending::Ending::Over)
    }

    /// The caller can hear the assistant, or will.
    pub(in crate::session) fn is_with_assistant(&self) -> bool {
        self.media == Media::Live && !self.people.is_handing_over()
    }
}
