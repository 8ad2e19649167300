//! Tests of `code`.

use super::*;
use crate::audio::{Downlink, Uplink};
use crate::types::{ItemId, Mulaw};

const FRAMES: u32 = 2_000;

/// The frames of a call through both resamplings, as one gateway and an echo do it.
fn through(format: AudioFormat, numbers: impl Iterator<Item = u32>) -> Vec<u8> {
    let (mut up, mut down, item) = (Uplink::new(format), Downlink::new(format), ItemId::from("item"));
    let silence = [[0xFF; FRAME_BYTES]; 2];
    let frames = numbers.map(|number| frame(7, number)).chain(silence);
    frames.flat_map(|frame| down.push(&item, up.push(&Mulaw::new(frame.to_vec().into()))).bytes().to_vec()).collect()
}

fn heard(format: AudioFormat, sound: &[u8], piece: usize) -> (Tally, u32) {
    let mut ear = Ear::new(7, format);
    ear.tally.sent = u64::from(FRAMES);
    let there = sound.chunks(piece).map(|piece| ear.push(piece)).last().unwrap();
    (ear.tally, there)
}

#[test]
fn every_frame_is_read_after_the_whole_way_however_it_is_cut() {
    for format in AudioFormat::ALL {
        let sound = through(*format, 0..FRAMES);
        for piece in [160, 800, 37] {
            let (tally, there) = heard(*format, &sound, piece);
            assert!(tally.is_clean(), "{format} {piece}: {tally:?}");
            assert_eq!(there, FRAMES + 2, "{format} {piece}: sound of all frames and of the silence");
        }
    }
}

#[test]
fn what_is_lost_doubled_swapped_or_foreign_is_told() {
    for format in AudioFormat::ALL {
        let lost = through(*format, (0..FRAMES).filter(|number| ![5, 900, 901].contains(number)));
        let (tally, _) = heard(*format, &lost, 160);
        assert_eq!((tally.lost(), tally.duplicated, tally.damaged), (3, 0, 0), "{format}");

        let doubled = through(*format, (0..=70).chain(70..FRAMES));
        let (tally, _) = heard(*format, &doubled, 160);
        assert_eq!((tally.lost(), tally.duplicated, tally.damaged), (0, 1, 0), "{format}");

        let swapped = through(*format, (0..70).chain([71, 70]).chain(72..FRAMES));
        let (tally, _) = heard(*format, &swapped, 160);
        assert!(!tally.is_clean(), "{format}: {tally:?}");

        let mut ear = Ear::new(8, *format);
        ear.tally.sent = u64::from(FRAMES);
        ear.push(&through(*format, 0..FRAMES));
        assert!(ear.tally.returned < u64::from(FRAMES) / 10, "{format}: sound of another call, {:?}", ear.tally);
    }
}
