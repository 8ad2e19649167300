//! `<Record>`: a beep, what the caller says, and the requests that follow from it.
//!
//! An empty recording asks for nothing: the document goes on. A hang-up ends a recording and is told with it.

use std::time::Duration;

use crate::audio::level;
use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{CompanyCall, CompanyOut, EndedBy, Post, Stage, sid};
use crate::sim::carrier::twiml::Record;
use crate::types::Mono;

pub(super) struct Recording {
    record: Record,
    /// When the beep is over.
    began: Mono,
    loud_at: Option<Mono>,
}

impl Recording {
    /// Silence or the longest length, whichever is first.
    pub(super) fn until(&self) -> Mono {
        let quiet = self.loud_at.unwrap_or(self.began) + Duration::from_secs(self.record.timeout_secs.into());
        quiet.min(self.began + Duration::from_secs(self.record.length_secs_max.into()))
    }

    pub(super) fn beeps(&self, now: Mono) -> bool {
        self.record.beep && now < self.began
    }

    /// What the caller says from `now` on, for 20 ms.
    pub(super) fn hear(&mut self, now: Mono, said: &[u8]) {
        if now >= self.began && level::is_loud(said) {
            self.loud_at = Some(now + super::FRAME);
        }
    }

    fn length(&self, now: Mono) -> Duration {
        now.since(self.began)
    }
}

impl CompanyCall {
    pub(super) fn record(&mut self, now: Mono, record: Record) {
        self.pick_up(now);
        self.tell(now, Beat::Recording);
        let began = if record.beep { now + BEEP } else { now };
        self.stage = Stage::Recording(Recording { record, began, loud_at: None });
        self.after_recording_began(now);
    }

    pub(super) fn recording_key(&mut self, now: Mono, key: char, out: &mut Vec<CompanyOut>) {
        if let Stage::Recording(recording) = &self.stage
            && recording.record.finish.contains(key)
        {
            self.recording_over(now, Some(key), out);
        }
    }

    /// Silence, the longest length, or a key.
    pub(super) fn recording_over(&mut self, now: Mono, key: Option<char>, out: &mut Vec<CompanyOut>) {
        let Stage::Recording(recording) = std::mem::replace(&mut self.stage, Stage::Waiting) else { return };
        let kept = self.keep(now, &recording);
        let Some(mut extra) = kept else { return self.run(now, out) };
        extra.push(("Digits".to_owned(), key.map(String::from).unwrap_or_default()));
        self.ask_next(now, WebhookKind::Record, recording.record.action.as_deref().unwrap_or_default(), extra);
    }

    /// The call ends while it is recorded: the action is told so, and its answer does not matter.
    pub(super) fn keep_recording(&mut self, now: Mono, by: EndedBy) {
        if !matches!(self.stage, Stage::Recording(_)) {
            return;
        }
        let Stage::Recording(recording) = std::mem::replace(&mut self.stage, Stage::Over) else { return };
        let kept = self.keep(now, &recording);
        let (Some(extra), EndedBy::Caller, Some(action)) = (kept, by, &recording.record.action) else { return };
        let url = self.resolve(now, action);
        let mut pairs = self.pairs();
        pairs.extend(extra);
        pairs.push(("Digits".to_owned(), "hangup".to_owned()));
        self.post(now, Post { kind: WebhookKind::Record, url, pairs }, false);
    }

    /// What the action is told of a recording. `None`: it is empty.
    fn keep(&mut self, now: Mono, recording: &Recording) -> Option<Vec<(String, String)>> {
        let length = recording.length(now);
        self.tell(now, Beat::Recorded(if recording.loud_at.is_some() { length } else { Duration::ZERO }));
        let name = sid(&mut self.rng, "RE");
        let url = format!("https://api.twilio.com/2010-04-01/Accounts/{}/Recordings/{name}", self.config.account);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let secs = length.as_secs().to_string();
        let pairs = vec![pair("RecordingSid", &name), pair("RecordingUrl", &url), pair("RecordingDuration", &secs)];
        let status = if recording.loud_at.is_some() { "completed" } else { "absent" };
        if let Some(callback) = recording.record.status_callback.clone()
            && recording.record.events.iter().any(|event| event == status)
        {
            let mut told = vec![pair("AccountSid", self.config.account.as_str()), pair("CallSid", self.leg.as_str())];
            told.extend(pairs.iter().cloned());
            told.push(pair("RecordingStatus", status));
            told.push(pair("RecordingChannels", "1"));
            told.push(pair("RecordingSource", "RecordVerb"));
            told.push(("RecordingStartTime".to_owned(), self.rfc2822(recording.began)));
            self.post(now, Post { kind: WebhookKind::Recording, url: callback, pairs: told }, false);
        }
        recording.loud_at.is_some().then_some(pairs)
    }
}

const BEEP: Duration = Duration::from_millis(500);
