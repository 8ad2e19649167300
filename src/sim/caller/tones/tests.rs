//! Tests of `tones`.

use fastrand::Rng;

use crate::audio::{Downlink, Uplink};
use crate::sim::caller::code::{Code, CodeEar, CodeReport};
use crate::types::org::AudioFormat;
use crate::types::{ItemId, Mulaw};

/// Frames through 8 -> 24 -> 8 kHz, cut at awkward places on the way back.
fn transcoded(frames: impl Iterator<Item = bytes::Bytes>, rng: &mut Rng) -> Vec<u8> {
    let (mut up, mut down) = (Uplink::new(AudioFormat::Pcm), Downlink::new(AudioFormat::Pcm));
    let mut pcm = Vec::new();
    for frame in frames {
        pcm.extend_from_slice(&up.push(&Mulaw::new(frame)));
    }
    pcm.extend_from_slice(&up.finish());
    let item = ItemId::from("item");
    let mut heard = Vec::new();
    let mut rest = bytes::Bytes::from(pcm);
    while !rest.is_empty() {
        let delta = rest.split_to(rng.usize(1..5000).min(rest.len()));
        heard.extend_from_slice(down.push(&item, delta).bytes());
    }
    heard.extend_from_slice(down.finish(&item).bytes());
    heard
}

fn judge(call: u16, sent: u64, heard: &[u8], rng: &mut Rng) -> CodeReport {
    let mut ear = CodeEar::new(Code::Tones, call);
    let mut rest = heard;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rng.usize(1..400).min(rest.len()));
        ear.push(now);
        rest = later;
    }
    ear.finish();
    ear.report(sent)
}

fn frames(call: u16, numbers: impl IntoIterator<Item = u32>) -> Vec<bytes::Bytes> {
    numbers.into_iter().map(|number| Code::Tones.frame(call, number)).collect()
}

#[test]
fn tones_survive_two_transcodings_for_any_call_and_number() {
    let mut rng = Rng::with_seed(7);
    for call in [0, 1, 19, 85, 170, 255] {
        let heard = transcoded(frames(call, 0..1500).into_iter(), &mut rng);
        let report = judge(call, 1500, &heard, &mut rng);
        assert!(report.is_clean(), "call {call}: {report:?}");
    }
}

#[test]
fn tones_are_found_at_any_offset_and_behind_silence() {
    let mut rng = Rng::with_seed(8);
    for offset in (0..320).step_by(7) {
        let mut heard = vec![0xFF; offset];
        heard.extend(frames(3, 0..20).concat());
        let report = judge(3, 20, &heard, &mut rng);
        assert!(report.is_clean(), "offset {offset}: {report:?}");
    }
}

#[test]
fn a_pause_or_a_filter_that_begins_anew_loses_no_frame() {
    let mut rng = Rng::with_seed(9);
    let mut heard = Vec::new();
    for part in 0..20 {
        heard.extend(transcoded(frames(5, part * 50..part * 50 + 50).into_iter(), &mut rng));
        heard.extend(vec![0xFF; rng.usize(0..500)]);
    }
    let report = judge(5, 1000, &heard, &mut rng);
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn tells_what_went_wrong() {
    let mut rng = Rng::with_seed(10);
    let mut check = |numbers: Vec<u32>, expected: CodeReport| {
        let heard = transcoded(frames(9, numbers).into_iter(), &mut rng);
        assert_eq!(judge(9, 100, &heard, &mut rng), expected);
    };
    let base = CodeReport { sent: 100, returned: 100, ..CodeReport::default() };
    check((0..100).filter(|n| *n != 50).collect(), CodeReport { returned: 99, lost: 1, ..base.clone() });
    check((0..100).filter(|n| !(3..20).contains(n)).collect(), CodeReport { returned: 83, lost: 17, ..base.clone() });
    check((5..100).collect(), CodeReport { returned: 95, lost: 5, ..base.clone() });
    check((0..=50).chain(50..100).collect(), CodeReport { duplicated: 1, ..base.clone() });
    check((0..50).chain([51, 50]).chain(52..100).collect(), CodeReport { reordered: 1, ..base.clone() });
    check((0..90).collect(), CodeReport { returned: 90, ..base });
}

#[test]
fn hears_another_call_and_noise() {
    let mut rng = Rng::with_seed(11);
    let crossed = [frames(9, 0..50), frames(10, 7..9), frames(9, 50..100)].concat();
    let heard = transcoded(crossed.into_iter(), &mut rng);
    let report = judge(9, 100, &heard, &mut rng);
    assert_eq!((report.returned, report.crossed, report.lost), (100, 2, 0));
    let noise: Vec<u8> = (0..3200).map(|_| rng.u8(..)).collect();
    let heard = [frames(9, 0..50).concat(), noise, frames(9, 50..100).concat()].concat();
    let report = judge(9, 100, &heard, &mut rng);
    assert_eq!((report.returned, report.damaged, report.lost), (100, 1, 0));
    assert!(!report.is_clean());
}
