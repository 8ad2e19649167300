//! The caller's side of a call, 20 ms at a time: what is heard, and what is said.

use crate::sim::caller::CallerFrame;
use crate::sim::carrier::company::{CompanyCall, CompanyOut, FRAME_BYTES, Hold, Stage};
use crate::types::Mono;
use crate::types::audio::SILENCE;

impl CompanyCall {
    /// 20 ms of the caller's life.
    pub(super) fn tick(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let mut heard = std::mem::take(&mut self.heard);
        heard.clear();
        let mut heard_at = now;
        match (&self.stage, self.phones.last_mut()) {
            (Stage::Saying { aloud: true, .. }, _) => heard.extend_from_slice(&ANNOUNCEMENT),
            (Stage::Gathering(gathering), _) if gathering.aloud => heard.extend_from_slice(&ANNOUNCEMENT),
            (Stage::Recording(recording), _) if recording.beeps(now) => heard.extend_from_slice(&ANNOUNCEMENT),
            (Stage::Together { .. }, _) if self.hold.as_ref().is_some_and(Hold::is_aloud) => {
                heard.extend_from_slice(&ANNOUNCEMENT);
            }
            (Stage::Together { .. }, _) => self.hear_others(now, &mut heard, &ANNOUNCEMENT),
            (Stage::Streaming, Some(phone)) => heard_at = phone.take_heard(&mut heard),
            _ => {}
        }
        self.talk.hear(now, heard_at, &heard);
        let on_air = matches!(self.stage, Stage::Streaming);
        let frame = self.caller.as_mut().map_or(CallerFrame::SILENT, |caller| {
            caller.on_air(on_air);
            caller.frame(now, &heard)
        });
        self.heard = heard;
        self.talk.speak(now, frame.audio.as_deref());
        if let (Stage::Streaming, Some(phone)) = (&self.stage, self.phones.last_mut()) {
            let mut audio = [SILENCE; FRAME_BYTES];
            if let Some(said) = &frame.audio {
                let len = said.len().min(FRAME_BYTES);
                audio[..len].copy_from_slice(&said[..len]);
            }
            phone.frame(now, &audio, &mut self.phone_out);
            self.pump(now, out);
        }
        if let (Stage::Recording(recording), Some(said)) = (&mut self.stage, &frame.audio) {
            recording.hear(now, said);
        }
        self.say_to_others(frame.audio.as_deref());
        if let Some(key) = frame.key {
            self.press(now, key, out);
        }
        if frame.hang_up {
            self.hang_up(now, out);
        }
    }
}

/// What a caller hears of the company's own voice: not speech, but loud.
const ANNOUNCEMENT: [u8; FRAME_BYTES] = {
    let mut wave = [0x1E; FRAME_BYTES];
    let mut i = 0;
    while i < FRAME_BYTES {
        if i % 8 < 4 {
            wave[i] = 0x9E;
        }
        i += 1;
    }
    wave
};
