//! What is on the tape is what the phone had, at the same moment on both sides.

use bytes::Bytes;

use super::*;
use crate::audio::mulaw::encode;

/// Says a loud frame, then nothing.
struct Once(bool);

impl Caller for Once {
    fn frame(&mut self, _: Mono, _: &[u8]) -> CallerFrame {
        if std::mem::replace(&mut self.0, true) {
            return CallerFrame::SILENT;
        }
        CallerFrame::speech(Bytes::from(vec![encode(8000); FRAME_SAMPLES]))
    }
}

#[test]
fn both_sides_are_kept_and_what_is_heard_lies_where_it_was_played() {
    let tape = Tape::default();
    let mut caller = tape.of(Once(false));
    caller.frame(Mono(0), &[]);
    // Half of the first 20 ms had sound.
    caller.frame(Mono(20_000), &[encode(-4000); FRAME_SAMPLES / 2]);
    let path = std::env::temp_dir().join(format!("switchboard-tape-{}.wav", std::process::id()));
    let secs = tape.write(&path).expect("the file is written");
    let mut reader = hound::WavReader::open(&path).expect("it is a WAV");
    let samples: Vec<i16> = reader.samples::<i16>().map(|sample| sample.expect("a sample")).collect();
    std::fs::remove_file(&path).expect("it is there");
    assert!((secs - 0.04).abs() < 1e-9, "{secs}");
    assert_eq!(samples.len(), 4 * FRAME_SAMPLES);
    let (said, heard): (Vec<i16>, Vec<i16>) = samples.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    assert!(said[..FRAME_SAMPLES].iter().all(|s| *s > 7000) && said[FRAME_SAMPLES..].iter().all(|s| s.abs() < 10));
    assert!(heard[..FRAME_SAMPLES / 2].iter().all(|s| *s < -3500));
    assert!(heard[FRAME_SAMPLES / 2..].iter().all(|s| s.abs() < 10));
}
