//! Frames that are missing, late or repeated.

use super::{Arrival, Gaps};
use crate::types::{Millis, Mulaw};

/// A frame of `ms` milliseconds that can be told from silence.
fn frame(ms: usize) -> Mulaw {
    Mulaw::new(vec![0x20; ms * 8].into())
}

/// What came of it: `Some(padding in ms)`, or `None` for a dropped frame. The audio itself must be untouched.
fn push(gaps: &mut Gaps, chunk: impl Into<Option<u64>>, timestamp_ms: impl Into<Option<u64>>) -> Option<u64> {
    match gaps.push(chunk.into(), timestamp_ms.into(), frame(20)) {
        Arrival::Drop => None,
        Arrival::Play { padding: None, audio } => {
            assert_eq!(audio, frame(20));
            Some(0)
        }
        Arrival::Play { padding: Some(padding), audio } => {
            assert_eq!(audio, frame(20));
            let ms = padding.len() as u32 / 8;
            assert_eq!(padding, Mulaw::silence(Millis(ms)));
            Some(u64::from(ms))
        }
    }
}

#[test]
fn frames_in_order_pass_untouched() {
    let mut gaps = Gaps::new();
    for n in 0..100 {
        assert_eq!(push(&mut gaps, n + 1, 140 + n * 20), Some(0));
    }
    assert_eq!((gaps.padded_ms(), gaps.dropped()), (0, 0));
}

#[test]
fn missing_frames_are_padded_with_silence() {
    let mut gaps = Gaps::new();
    push(&mut gaps, 1, 0);
    assert_eq!(push(&mut gaps, 4, 60), Some(40));
    assert_eq!(push(&mut gaps, 5, 80), Some(0));
    assert_eq!(gaps.padded_ms(), 40);
}

#[test]
fn at_most_one_second_is_padded_and_the_hole_is_padded_once() {
    let mut gaps = Gaps::new();
    push(&mut gaps, 1, 0);
    assert_eq!(push(&mut gaps, 2, 10_000), Some(1_000));
    assert_eq!(push(&mut gaps, 3, 10_020), Some(0));
    assert_eq!(push(&mut gaps, 5, 10_060), Some(20));
}

#[test]
fn late_and_repeated_chunks_are_dropped_and_counted() {
    let mut gaps = Gaps::new();
    push(&mut gaps, 1, 0);
    push(&mut gaps, 3, 40);
    assert_eq!(push(&mut gaps, 3, 40), None);
    assert_eq!(push(&mut gaps, 2, 20), None);
    assert_eq!(push(&mut gaps, 4, 60), Some(0));
    assert_eq!(gaps.dropped(), 2);
}

#[test]
fn without_chunk_numbers_the_timestamp_tells_what_is_late() {
    let mut gaps = Gaps::new();
    push(&mut gaps, None, 0);
    push(&mut gaps, None, 20);
    assert_eq!(push(&mut gaps, None, 20), None);
    assert_eq!(push(&mut gaps, None, 80), Some(40));
}

#[test]
fn without_timestamps_the_chunk_numbers_tell_what_is_missing() {
    let mut gaps = Gaps::new();
    push(&mut gaps, 1, None);
    assert_eq!(push(&mut gaps, 4, None), Some(40));
    assert_eq!(push(&mut gaps, 4, None), None);
    assert_eq!(push(&mut gaps, u64::MAX, None), Some(1_000));
}

#[test]
fn without_either_everything_passes() {
    let mut gaps = Gaps::new();
    for _ in 0..3 {
        assert_eq!(push(&mut gaps, None, None), Some(0));
    }
}

#[test]
fn a_chunk_without_a_number_does_not_make_the_next_one_late() {
    let mut gaps = Gaps::new();
    push(&mut gaps, 1, 0);
    push(&mut gaps, None, 20);
    assert_eq!(push(&mut gaps, 2, 40), Some(0));
}

#[test]
fn jitter_below_a_frame_is_not_padded_until_it_adds_up() {
    let mut gaps = Gaps::new();
    for (n, timestamp) in [0, 25, 35, 61, 79, 102].into_iter().enumerate() {
        assert_eq!(push(&mut gaps, n as u64 + 1, timestamp), Some(0), "frame {n}");
    }
    let mut padded = 0;
    let mut slow = Gaps::new();
    for n in 0..100 {
        padded += push(&mut slow, n + 1, n * 21).unwrap();
    }
    assert!((80..=100).contains(&padded), "99 ms are missing, {padded} were padded");
}

#[test]
fn absurd_timestamps_do_no_harm() {
    let mut gaps = Gaps::new();
    push(&mut gaps, 1, u64::MAX);
    assert_eq!(push(&mut gaps, 2, 20), Some(0));
    assert_eq!(push(&mut gaps, 3, u64::MAX), Some(0));
}
