//! Tests of `random`.

use super::*;

fn life(seed: u64, heard: &[u8]) -> Vec<CallerFrame> {
    let mut caller = RandomCaller::new(seed);
    let mut frames = Vec::new();
    for n in 0..6000 {
        let frame = caller.frame(Mono(n * 20_000), heard);
        let over = frame.hang_up;
        frames.push(frame);
        if over {
            break;
        }
    }
    frames
}

#[test]
fn the_same_seed_is_the_same_caller() {
    for seed in 0..20 {
        assert_eq!(life(seed, &[]), life(seed, &[]));
    }
}

#[test]
fn callers_differ_in_everything() {
    let lives: Vec<_> = (0..100).map(|seed| life(seed, &[])).collect();
    let count = |what: fn(&CallerFrame) -> bool| lives.iter().filter(|life| life.iter().any(what)).count();
    assert!((40..95).contains(&count(|frame| frame.hang_up)));
    assert!((60..100).contains(&count(|frame| frame.audio.is_some())));
    assert!((5..60).contains(&count(|frame| frame.key.is_some())));
}

#[test]
fn what_a_caller_says_is_loud_and_whole() {
    let spoken = |frame: CallerFrame| frame.audio;
    let frames: Vec<_> = (0..50).flat_map(|seed| life(seed, &[])).filter_map(spoken).collect();
    assert!(frames.iter().all(|audio| audio.len() == FRAME_BYTES && level::is_loud(audio)));
}

#[test]
fn some_interrupt_and_some_wait() {
    let lives: Vec<_> = (0..100).map(|seed| life(seed, &[0x10; FRAME_BYTES])).collect();
    let rude = lives.iter().filter(|life| life.iter().any(|frame| frame.audio.is_some())).count();
    assert!((10..80).contains(&rude), "{rude}");
}
