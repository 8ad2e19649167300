//! A caller whom nobody can foresee: speaks, interrupts, presses keys, falls silent, hangs up, or stays.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;

use crate::audio::{level, mulaw};
use crate::sim::caller::{Caller, CallerFrame};
use crate::sim::carrier::company::FRAME_BYTES;
use crate::sim::carrier::phone::KEYS;
use crate::types::Mono;

/// A caller from a seed.
pub struct RandomCaller {
    rng: Rng,
    began: Option<Mono>,
    hangs_up_after: Option<Duration>,
    /// Chance in a thousand, for every 20 ms of the assistant's speech, to speak over it.
    interrupts: u16,
    /// Chance in a thousand, for every 20 ms, of a key.
    presses: u16,
    /// Never speaks before this.
    silent_until: Mono,
    last_heard: Mono,
    doing: Doing,
}

enum Doing {
    /// Speaks at this time, if it is quiet then.
    Quiet {
        until: Mono,
    },
    Speaking {
        until: Mono,
        voice: usize,
        at: usize,
    },
}

impl RandomCaller {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let hangs_up_after = (rng.u8(0..4) > 0).then(|| Duration::from_millis(rng.u64(0..90_000)));
        let interrupts = if rng.bool() { rng.u16(1..20) } else { 0 };
        let presses = if rng.u8(0..4) == 0 { rng.u16(1..10) } else { 0 };
        let silent_until = if rng.u8(0..8) == 0 { Mono(u64::MAX) } else { Mono::ZERO };
        Self {
            rng,
            began: None,
            hangs_up_after,
            interrupts,
            presses,
            silent_until,
            last_heard: Mono::ZERO,
            doing: Doing::Quiet { until: Mono::ZERO },
        }
    }

    fn speak(&mut self, now: Mono) {
        let lasts = self.rng.u64(200..=6000);
        let voice = self.rng.usize(0..VOICES.len());
        self.doing = Doing::Speaking { until: now + Duration::from_millis(lasts), voice, at: 0 };
    }

    fn rest(&mut self, now: Mono) {
        let longest = if self.rng.u8(0..10) == 0 { 30_000 } else { 4000 };
        self.doing = Doing::Quiet { until: now + Duration::from_millis(self.rng.u64(100..longest)) };
    }
}

impl Caller for RandomCaller {
    fn frame(&mut self, now: Mono, heard: &[u8]) -> CallerFrame {
        let began = *self.began.get_or_insert(now);
        if self.hangs_up_after.is_some_and(|after| now.since(began) >= after) {
            return CallerFrame::HANG_UP;
        }
        let hears = level::is_loud(heard);
        if hears {
            self.last_heard = now;
        }
        let key =
            (self.presses > 0 && self.rng.u16(0..1000) < self.presses).then(|| *self.rng.choice(&KEYS).unwrap_or(&'0'));
        match &mut self.doing {
            Doing::Speaking { until, .. } if *until <= now => self.rest(now),
            Doing::Speaking { voice, at, .. } => {
                let wave = &VOICES[*voice];
                let frame = wave.slice(*at..*at + FRAME_BYTES);
                *at = (*at + FRAME_BYTES) % wave.len();
                return CallerFrame { audio: Some(frame), key, hang_up: false };
            }
            Doing::Quiet { .. } if now < self.silent_until => {}
            Doing::Quiet { until } => {
                let polite = now >= *until && now.since(self.last_heard) > POLITE;
                let rude = hears && self.interrupts > 0 && self.rng.u16(0..1000) < self.interrupts;
                if polite || rude {
                    self.speak(now);
                }
            }
        }
        CallerFrame { audio: None, key, hang_up: false }
    }
}

/// So long does a polite caller wait after the last sound.
const POLITE: Duration = Duration::from_millis(400);

/// A second of speech-like sound for each voice: a low one, a high one, and noise, in syllables. A whole number of
/// frames, so that it can go round.
static VOICES: LazyLock<[Bytes; 3]> = LazyLock::new(|| {
    let wave = |sample: &dyn Fn(f32, u32) -> f32| {
        (0..8000_u32)
            .map(|n| {
                let time = n as f32 / 8000.0;
                let syllable = 0.6 + 0.4 * (std::f32::consts::TAU * 4.0 * time).sin();
                mulaw::encode((6000.0 * syllable * sample(time, n)) as i16)
            })
            .collect::<Bytes>()
    };
    let tone = |hertz: f32, time: f32| (std::f32::consts::TAU * hertz * time).sin();
    [
        wave(&|time, _| (tone(150.0, time) + tone(450.0, time) + tone(1200.0, time)) / 3.0),
        wave(&|time, _| (tone(250.0, time) + tone(750.0, time) + tone(2100.0, time)) / 3.0),
        wave(&|_, n| (n.wrapping_mul(2_654_435_761) >> 16) as f32 / 32768.0 - 1.0),
    ]
});

#[cfg(test)]
mod tests;
