//! Silence at the caller's phone, by what its play-out buffer really played.

use super::*;
use crate::sim::carrier::playout::{Run, playing_time};

/// Silence that the caller must not hear.
const SILENCE_MAX: Duration = Duration::from_secs(4);

/// The model's own pause before a turn has ended, and the granularity of everything.
const SLACK: Duration = Duration::from_millis(900);

impl Watch {
    /// After each turn of the caller something must be heard in time, if the call and the stream last as long.
    pub(super) fn judge_silence(&mut self, company: &CompanyCall, gateway: &Gateway) {
        if self.line.stalls || self.line.bursts || !self.line.proper_start || company.streams().len() != 1 {
            return;
        }
        let pressed = |record: &Record| matches!(record, Record::Event(Event::KeysPressed { .. }));
        if gateway.records.iter().any(|(_, record)| pressed(record)) {
            // Keys stop the assistant like speech, and the phone does not say when they were pressed.
            return;
        }
        let limit = SILENCE_MAX + SLACK + (self.line.up + self.line.down + self.line.model) * 2;
        let Some(end) = company.ended().map(|end| end.at) else {
            return;
        };
        let over =
            gateway.ending().map_or(end, |ending| gateway.opened_at() + Duration::from_millis(ending.at.0.into()));
        let hang = gateway.connections().find_map(Connection::hangs_at).unwrap_or(end);
        // A half-open connection is found by its pings only, which takes longer.
        let end = end.min(over).min(hang);
        let phone = &company.streams()[0];
        let turns = company.talk().turns();
        let opened = phone.opened_at();
        let first_turn = turns.first().map_or(end, |turn| turn.began);
        let first_sound = company.talk().first_sound().unwrap_or(end);
        if self.expects_greeting && first_sound.min(first_turn).min(end).since(opened) > limit {
            let what = format!("nothing was heard for {:?} after the answer", first_sound.min(end).since(opened));
            self.find(Invariant::NoSilence, opened, &what);
        }
        for (index, turn) in turns.iter().enumerate() {
            let Some(ended) = turn.ended else { continue };
            let until = turns.get(index + 1).map_or(end, |next| next.began).min(end);
            let heard = turn.answered.unwrap_or(end).min(until);
            if ended > opened && heard.since(ended) > limit {
                let what = format!("nothing was heard for {:?} after the caller spoke", heard.since(ended));
                self.find(Invariant::NoSilence, ended, &what);
            } else if let Some((at, quiet)) =
                self.gap_before_answer(phone, ended, until).filter(|(_, gap)| *gap > limit)
            {
                let what = format!("nothing was heard for {quiet:?} while an answer was owed");
                self.find(Invariant::NoSilence, at, &what);
            }
        }
    }

    /// The longest time without a sound of ours at the phone, from the end of the caller's speech until the assistant
    /// is to be heard: a sentence of the gateway's own bridges that time, and is no answer.
    fn gap_before_answer(&self, phone: &Phone, ended: Mono, until: Mono) -> Option<(Mono, Duration)> {
        let answered = phone.playout().runs().iter().flat_map(|run| self.model_sound_in(run));
        let answered = answered.filter(|(_, to)| *to > ended).map(|(from, _)| from).min();
        let until = until.min(answered.unwrap_or(until)).max(ended);
        gaps(std::iter::once(phone), ended, until).max_by_key(|(_, gap)| *gap)
    }

    /// From when until when the assistant was to be heard in this run.
    fn model_sound_in(&self, run: &Run) -> impl Iterator<Item = (Mono, Mono)> {
        self.sent.iter().filter(|(_, source, _, _)| matches!(source, Source::Model(_))).filter_map(|(_, _, at, len)| {
            let (from, to) = ((*at).max(run.from), (at + len).min(run.from + run.len));
            let time = |index: u64| run.at + playing_time(index - run.from);
            (from < to).then(|| (time(from), time(to)))
        })
    }
}

/// Times without a sound of ours at the phone from one moment to another, also those that these moments cut.
pub(in crate::sim::world) fn gaps<'a>(
    phones: impl Iterator<Item = &'a Phone>,
    from: Mono,
    to: Mono,
) -> impl Iterator<Item = (Mono, Duration)> {
    let mut runs: Vec<(Mono, Mono)> =
        phones.flat_map(|phone| phone.playout().runs()).map(|run| (run.at, run.end())).collect();
    runs.retain(|(at, end)| *end > from && *at < to);
    runs.sort();
    runs.push((to, to));
    let mut quiet = from;
    runs.into_iter().map(move |(at, end)| {
        let gap = (quiet, at.since(quiet));
        quiet = quiet.max(end);
        gap
    })
}
