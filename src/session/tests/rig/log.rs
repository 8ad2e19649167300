//! What came out of a call so far, and what its caller heard.

use super::*;

impl Rig {
    pub(in crate::session::tests) fn heard_ms(&self, item: &str) -> f64 {
        let source = Source::Model(item.into());
        self.heard.iter().filter(|(heard, _)| *heard == source).map(|(_, millis)| millis).sum()
    }

    pub(in crate::session::tests) fn creates(&self) -> Vec<(RequestNo, RespondKind)> {
        let create = |effect: &Effect| match effect {
            Effect::Model(ModelEffect::Respond { no, kind }) => Some((*no, kind.clone())),
            _ => None,
        };
        self.log.iter().filter_map(create).collect()
    }

    pub(in crate::session::tests) fn to_model(&self) -> impl Iterator<Item = &ModelEffect> {
        self.log.iter().filter_map(|effect| match effect {
            Effect::Model(effect) => Some(effect),
            _ => None,
        })
    }

    pub(in crate::session::tests) fn truncations(&self) -> Vec<(String, u32)> {
        let truncation = |effect: &ModelEffect| match effect {
            ModelEffect::Truncate { item, heard, .. } => Some((item.to_string(), heard.0)),
            _ => None,
        };
        self.to_model().filter_map(truncation).collect()
    }

    pub(in crate::session::tests) fn count(&self, wanted: impl Fn(&Effect) -> bool) -> usize {
        self.log.iter().filter(|effect| wanted(effect)).count()
    }

    pub(in crate::session::tests) fn clears(&self) -> usize {
        self.count(|effect| matches!(effect, Effect::Media(MediaEffect::Clear)))
    }

    pub(in crate::session::tests) fn cancels(&self) -> usize {
        self.count(|effect| matches!(effect, Effect::Model(ModelEffect::Cancel { .. })))
    }

    pub(in crate::session::tests) fn hang_ups(&self) -> usize {
        self.count(|effect| matches!(effect, Effect::Carrier(_, CarrierEffect::HangUp(_))))
    }

    pub(in crate::session::tests) fn records(&self) -> impl Iterator<Item = &Record> {
        self.log.iter().filter_map(|effect| match effect {
            Effect::Record(_, record) => Some(record),
            _ => None,
        })
    }

    /// The lines in order; once the call is over they must be numbered without gaps.
    pub(in crate::session::tests) fn lines(&self) -> Vec<Line> {
        let line = |record: &Record| match record {
            Record::Line(line) => Some(line.clone()),
            _ => None,
        };
        let mut lines: Vec<_> = self.records().filter_map(line).collect();
        lines.sort_by_key(|line| line.seq);
        if self.session.is_over() {
            let numbers: Vec<_> = lines.iter().map(|line| line.seq).collect();
            assert_eq!(numbers, (0..numbers.len() as u32).collect::<Vec<_>>(), "no gaps");
        }
        lines
    }

    pub(in crate::session::tests) fn texts(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.text).collect()
    }

    pub(in crate::session::tests) fn endings(&self) -> Vec<Ending> {
        let ending = |record: &Record| match record {
            Record::Ended(ending) => Some(*ending),
            _ => None,
        };
        self.records().filter_map(ending).collect()
    }

    pub(in crate::session::tests) fn has_event(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.records().any(|record| matches!(record, Record::Event(event) if wanted(event)))
    }

    /// Whether the phone has played this local sentence, at least in part.
    pub(in crate::session::tests) fn said(&self, prompt: Prompt) -> bool {
        self.heard.iter().any(|(source, _)| *source == Source::Local(prompt))
    }
}
