//! One 20 ms frame through each step of the audio path.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};

use switchboard::audio::{Downlink, Uplink, mulaw};
use switchboard::types::org::AudioFormat;
use switchboard::types::{ItemId, Mulaw};

const SPEECH: &[u8] = include_bytes!("../fixtures/audio/callers/caller-book.ulaw");
const FRAME_BYTES: usize = 160;

/// A frame from the middle of a word.
fn frame() -> Mulaw {
    Mulaw::from_static(&SPEECH[8_000..8_000 + FRAME_BYTES])
}

fn transcoding(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame_20ms");
    for format in AudioFormat::ALL {
        let frame = frame();
        let mut uplink = Uplink::new(*format);
        group.bench_function(format!("uplink_{format}"), |b| b.iter(|| uplink.push(black_box(&frame))));

        let delta: Bytes = match format {
            AudioFormat::Pcm => Uplink::new(*format).push(&Mulaw::from_static(&SPEECH[8_000..])).slice(960..1_920),
            AudioFormat::Pcmu => frame.into_bytes(),
        };
        let item = ItemId::from("item");
        let mut downlink = Downlink::new(*format);
        group.bench_function(format!("downlink_{format}"), |b| {
            b.iter(|| downlink.push(&item, black_box(delta.clone())));
        });
    }
    group.finish();
}

fn g711(c: &mut Criterion) {
    let mut group = c.benchmark_group("mulaw_160_samples");
    let codes = &SPEECH[8_000..8_000 + FRAME_BYTES];
    let mut samples = [0_i16; FRAME_BYTES];
    group.bench_function("decode", |b| {
        b.iter(|| {
            for (sample, code) in samples.iter_mut().zip(black_box(codes)) {
                *sample = mulaw::decode(*code);
            }
            black_box(&samples);
        });
    });
    let samples: Vec<i16> = codes.iter().map(|code| mulaw::decode(*code)).collect();
    let mut encoded = [0_u8; FRAME_BYTES];
    group.bench_function("encode", |b| {
        b.iter(|| {
            for (code, sample) in encoded.iter_mut().zip(black_box(&samples)) {
                *code = mulaw::encode(*sample);
            }
            black_box(&encoded);
        });
    });
    group.finish();
}

criterion_group! {
    name = audio;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = transcoding, g711
}
criterion_main!(audio);
