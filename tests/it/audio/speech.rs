//! Speech through the whole path: mu-law, up, down, mu-law again.

use switchboard::audio::{Downlink, Uplink, mulaw};
use switchboard::types::org::AudioFormat;
use switchboard::types::{ItemId, Mulaw};

const SPEECH: &[u8] = include_bytes!("../../../fixtures/audio/callers/caller-book.ulaw");

/// What the caller would hear from an echo: both resamplers, both tails.
fn echo(frame_bytes: usize) -> Vec<u8> {
    let (mut uplink, mut downlink) = (Uplink::new(AudioFormat::Pcm), Downlink::new(AudioFormat::Pcm));
    let item = ItemId::from("echo");
    let mut out = Vec::new();
    for frame in SPEECH.chunks(frame_bytes) {
        out.extend_from_slice(downlink.push(&item, uplink.push(&Mulaw::from_static(frame))).bytes());
    }
    out.extend_from_slice(downlink.push(&item, uplink.finish()).bytes());
    out.extend_from_slice(downlink.finish(&item).bytes());
    out
}

#[test]
fn nearly_every_code_comes_back_as_it_was() {
    const DELAY_SAMPLES: usize = 38;
    let out = echo(160);
    assert!(out.len() >= SPEECH.len() + DELAY_SAMPLES, "the end of the sentence must not be lost");
    assert!(out.len() <= SPEECH.len() + DELAY_SAMPLES + 4, "nothing much may be added");
    let pairs = || SPEECH.iter().zip(&out[DELAY_SAMPLES..]);
    let percent = 100.0 * pairs().filter(|(sent, heard)| sent == heard).count() as f64 / SPEECH.len() as f64;
    let linear = |code: &u8| f64::from(mulaw::decode(*code));
    let signal: f64 = pairs().map(|(sent, _)| linear(sent).powi(2)).sum();
    let noise: f64 = pairs().map(|(sent, heard)| (linear(sent) - linear(heard)).powi(2)).sum();
    let snr_db = 10.0 * (signal / noise).log10();
    // Mu-law's own rounding noise reaches above 3.5 kHz, where the filters cut it: that costs a code here and there.
    assert!(percent >= 90.0 && snr_db >= 45.0, "{percent:.1} % (92.9), {snr_db:.1} dB (53.7)");
}

#[test]
fn the_length_of_frames_is_not_audible() {
    let expected = echo(160);
    for frame_bytes in [1, 7, 80, 1_000, SPEECH.len()] {
        assert!(echo(frame_bytes) == expected, "frames of {frame_bytes} bytes");
    }
}
