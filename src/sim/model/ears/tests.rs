//! Tests of `ears`.

use std::time::Duration;

use super::*;
use crate::sim::model::script::tone;

const VAD: Vad =
    Vad { prefix_ms: 300, silence: Duration::from_millis(500), create_response: true, interrupt_response: true };

/// 1 s of silence, 1.5 s of a tone, 1 s of silence.
fn sentence(pcm: bool) -> Vec<u8> {
    let mut mulaw = vec![0xFF; 8000];
    mulaw.extend(tone(440.0, 1500).audio.bytes());
    mulaw.extend([0xFF; 8000]);
    if pcm { g711::to_pcm(&mulaw).to_vec() } else { mulaw }
}

fn hear(audio: &[u8], format: Format, chunk: usize) -> Vec<Heard> {
    let mut ears = Ears::new();
    let mut out = Vec::new();
    audio.chunks(chunk).for_each(|piece| ears.hear(piece, format, &VAD, &mut out));
    out
}

#[test]
fn speech_begins_with_its_padding_and_ends_after_its_silence() {
    for (format, pcm) in [(Format::Pcmu, false), (Format::Pcm, true)] {
        for chunk in [2, 160, 254, 960, 4000, 200_000] {
            let heard = hear(&sentence(pcm), format, chunk);
            assert_eq!(heard, [Heard::Started { at_ms: 700 }, Heard::Stopped { at_ms: 3000 }], "{format:?} {chunk}");
        }
    }
}

#[test]
fn a_start_is_known_after_40_ms_of_speech() {
    let speech = tone(440.0, 60).audio;
    let mut ears = Ears::new();
    let mut out = Vec::new();
    ears.hear(&speech.bytes()[..319], Format::Pcmu, &VAD, &mut out);
    assert_eq!(out, []);
    ears.hear(&speech.bytes()[319..320], Format::Pcmu, &VAD, &mut out);
    assert_eq!(out, [Heard::Started { at_ms: 0 }]);
}

#[test]
fn neither_a_click_nor_a_hum_is_speech() {
    let mut click = vec![0xFF; 1600];
    click[800..880].fill(0x80);
    assert_eq!(hear(&click, Format::Pcmu, 160), []);
    // 100 of 32,768 is about -50 dBFS.
    let hum: Vec<u8> = (0..8000).map(|n| g711::encode(if n / 20 % 2 == 0 { 100 } else { -100 })).collect();
    assert_eq!(hear(&hum, Format::Pcmu, 160), []);
}

#[test]
fn the_buffer_is_counted_in_milliseconds_and_taken() {
    let mut ears = Ears::new();
    ears.count(160, Format::Pcmu);
    ears.count(960, Format::Pcm);
    assert_eq!((ears.millis(), ears.buffered_millis()), (40, 40));
    assert_eq!((ears.take(), ears.buffered_millis(), ears.millis()), (40, 0, 40));
}
