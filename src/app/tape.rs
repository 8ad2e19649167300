//! The sound of a demonstration's call as the caller's phone has it: what is said on the left, what is heard on the
//! right. People who try a telephone program want to listen to it.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::audio::mulaw::decode;
use crate::sim::caller::code::CodeReport;
use crate::sim::caller::{Caller, CallerFrame};
use crate::types::Mono;

const SAMPLES_PER_SEC: u32 = 8000;

/// 20 ms.
const FRAME_SAMPLES: usize = 160;

/// Ten minutes; what comes after them is not kept.
const FRAMES_MAX: usize = 10 * 60 * 50;

/// Both sides of one call, frame by frame. Clones share it.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Vec<[u8; 2 * FRAME_SAMPLES]>>>);

/// mu-law's silence.
const SILENCE: u8 = 0xff;

impl Tape {
    /// The same caller, with this tape running.
    pub fn of(&self, caller: impl Caller + 'static) -> impl Caller + 'static {
        Taped { caller, tape: self.clone() }
    }

    /// Writes it as a stereo WAV of 16-bit samples at 8 kHz. Returns its length in seconds.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<f64> {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: SAMPLES_PER_SEC,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer = hound::WavWriter::create(path, spec).map_err(io::Error::other)?;
        for frame in frames.iter() {
            let (said, heard) = frame.split_at(FRAME_SAMPLES);
            for (said, heard) in said.iter().zip(heard) {
                for code in [said, heard] {
                    writer.write_sample(decode(*code)).map_err(io::Error::other)?;
                }
            }
        }
        writer.finalize().map_err(io::Error::other)?;
        Ok((frames.len() * FRAME_SAMPLES) as f64 / f64::from(SAMPLES_PER_SEC))
    }

    /// `heard` was played in the 20 ms before, `said` is for those after: it is one frame behind.
    fn add(&self, said: &[u8], heard: &[u8]) {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = frames.last_mut() {
            let len = heard.len().min(FRAME_SAMPLES);
            last[FRAME_SAMPLES..FRAME_SAMPLES + len].copy_from_slice(&heard[..len]);
        }
        if frames.len() < FRAMES_MAX {
            let mut frame = [SILENCE; 2 * FRAME_SAMPLES];
            let len = said.len().min(FRAME_SAMPLES);
            frame[..len].copy_from_slice(&said[..len]);
            frames.push(frame);
        }
    }
}

struct Taped<C> {
    caller: C,
    tape: Tape,
}

impl<C: Caller> Caller for Taped<C> {
    fn frame(&mut self, now: Mono, heard: &[u8]) -> CallerFrame {
        let frame = self.caller.frame(now, heard);
        self.tape.add(frame.audio.as_deref().unwrap_or_default(), heard);
        frame
    }

    fn on_air(&mut self, on_air: bool) {
        self.caller.on_air(on_air);
    }

    fn connected(&mut self, connected: bool) {
        self.caller.connected(connected);
    }

    fn complaints(&self) -> Vec<String> {
        self.caller.complaints()
    }

    fn code(&self) -> Option<CodeReport> {
        self.caller.code()
    }
}

#[cfg(test)]
mod tests;
