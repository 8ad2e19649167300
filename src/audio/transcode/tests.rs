//! What goes in and out of a transcoder, whatever the cut.

use bytes::Bytes;

use super::{Downlink, Uplink};
use crate::types::org::AudioFormat;
use crate::types::{ItemId, Mulaw};

fn speech() -> Mulaw {
    Mulaw::from_static(include_bytes!("../../../fixtures/audio/callers/caller-yes.ulaw"))
}

/// The same words as the model would send them.
fn pcm() -> Bytes {
    Uplink::new(AudioFormat::Pcm).push(&speech())
}

fn item(name: &str) -> ItemId {
    ItemId::from(name)
}

#[test]
fn mulaw_passes_both_ways_without_a_copy() {
    let audio = speech();
    let mut uplink = Uplink::new(AudioFormat::Pcmu);
    assert_eq!(uplink.push(&audio).as_ptr(), audio.bytes().as_ptr());
    assert!(uplink.finish().is_empty());

    let bytes = audio.into_bytes();
    let mut downlink = Downlink::new(AudioFormat::Pcmu);
    assert_eq!(downlink.push(&item("a"), bytes.clone()).bytes().as_ptr(), bytes.as_ptr());
    assert!(downlink.finish(&item("a")).is_empty());
}

#[test]
fn the_uplink_gives_six_bytes_for_each_one_and_its_tail() {
    let mut uplink = Uplink::new(AudioFormat::Pcm);
    let frame = Mulaw::new(speech().into_bytes().slice(..160));
    assert_eq!(uplink.push(&frame).len(), 960 - 14);
    assert_eq!(uplink.push(&frame).len(), 960);
    assert_eq!(uplink.finish().len(), 14 + 2 * 59, "what was held back, and the 58 samples of delay");
    assert_eq!(uplink.push(&frame).len(), 960 - 14, "a new stream");
    uplink.reset();
    assert_eq!(uplink.push(&frame).len(), 960 - 14, "a new stream");
}

#[test]
fn frames_of_any_length_give_the_same_sound_up() {
    let mut uplink = Uplink::new(AudioFormat::Pcm);
    let mut audio = speech();
    let mut out = Vec::new();
    for len in [1, 3, 159, 160, 161, 480, 481, 2_000].into_iter().cycle() {
        if audio.is_empty() {
            break;
        }
        out.extend_from_slice(&uplink.push(&audio.take(len)));
    }
    assert_eq!(out, pcm());
}

#[test]
fn a_sample_cut_in_half_is_put_together() {
    let pcm = pcm();
    let whole = Downlink::new(AudioFormat::Pcm).push(&item("a"), pcm.clone());
    for first in [0, 1, 2, 3, 477, 959, 961, 4_801] {
        let mut downlink = Downlink::new(AudioFormat::Pcm);
        let mut out = downlink.push(&item("a"), pcm.slice(..first)).bytes().to_vec();
        out.extend_from_slice(downlink.push(&item("a"), Bytes::new()).bytes());
        out.extend_from_slice(downlink.push(&item("a"), pcm.slice(first..)).bytes());
        assert!(out == whole.bytes(), "cut at {first}");
    }
}

#[test]
fn single_bytes_give_the_same_sound_as_one_delta() {
    let pcm = pcm().slice(..4_800);
    let whole = Downlink::new(AudioFormat::Pcm).push(&item("a"), pcm.clone());
    let mut downlink = Downlink::new(AudioFormat::Pcm);
    let mut out = Vec::new();
    for n in 0..pcm.len() {
        out.extend_from_slice(downlink.push(&item("a"), pcm.slice(n..=n)).bytes());
    }
    assert!(out == whole.bytes());
    assert_eq!(downlink.received_ms(), 100);
}

#[test]
fn the_tail_brings_the_last_sound_out() {
    let mut downlink = Downlink::new(AudioFormat::Pcm);
    // Half a second, ending in a burst of 2 ms that the filter cannot have given before the tail.
    let mut samples = vec![0_i16; 12_000];
    samples[11_952..].fill(12_000);
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let body = downlink.push(&item("a"), bytes.into());
    let tail = downlink.finish(&item("a"));
    assert_eq!(body.len(), 4_000 - 1);
    assert_eq!(tail.len(), 1 + 19);
    assert!(crate::audio::level::rms_dbfs(tail.bytes()) > -12.0, "the burst is in the tail");
    assert!(downlink.finish(&item("a")).is_empty(), "and only once");
}

#[test]
fn only_the_current_item_has_a_tail() {
    let mut downlink = Downlink::new(AudioFormat::Pcm);
    assert!(downlink.finish(&item("a")).is_empty());
    downlink.push(&item("a"), pcm());
    assert!(downlink.finish(&item("b")).is_empty());
    assert_eq!(downlink.finish(&item("a")).len(), 20);
}

#[test]
fn a_new_item_starts_afresh_after_half_a_sample() {
    let fresh = Downlink::new(AudioFormat::Pcm).push(&item("b"), pcm());
    let mut downlink = Downlink::new(AudioFormat::Pcm);
    downlink.push(&item("a"), pcm().slice(..4_801));
    assert_eq!(downlink.received_ms(), 100);
    assert_eq!(downlink.push(&item("b"), pcm()), fresh);
    assert_eq!(downlink.received_ms() as usize, pcm().len() / 48);
}

#[test]
fn after_a_reset_the_same_item_keeps_its_count_and_byte_order() {
    let pcm = pcm();
    let mut downlink = Downlink::new(AudioFormat::Pcm);
    downlink.push(&item("a"), pcm.slice(..4_801));
    downlink.reset();
    let rest = downlink.push(&item("a"), pcm.slice(4_801..));
    assert_eq!(rest, Downlink::new(AudioFormat::Pcm).push(&item("a"), pcm.slice(4_800..)));
    assert_eq!(downlink.received_ms() as usize, pcm.len() / 48);
}

#[test]
fn received_milliseconds_are_counted_on_the_models_bytes() {
    let mut downlink = Downlink::new(AudioFormat::Pcm);
    assert_eq!(downlink.received_ms(), 0);
    downlink.push(&item("a"), vec![0; 47].into());
    assert_eq!(downlink.received_ms(), 0);
    downlink.push(&item("a"), vec![0; 1].into());
    assert_eq!(downlink.received_ms(), 1);

    let mut passthrough = Downlink::new(AudioFormat::Pcmu);
    passthrough.push(&item("a"), vec![0xFF; 161].into());
    assert_eq!(passthrough.received_ms(), 20);
    passthrough.push(&item("b"), vec![0xFF; 8].into());
    assert_eq!(passthrough.received_ms(), 1);
}
