//! The sound must not depend on how it was cut.

use bytes::Bytes;
use proptest::prelude::*;

use switchboard::audio::{Downlink, Uplink};
use switchboard::types::org::AudioFormat;
use switchboard::types::{ItemId, Mulaw};

fn sound(seed: u64, len: usize) -> Bytes {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| rng.u8(..)).collect()
}

/// `whole` in pieces of the lengths given, again from the first when they run out.
fn cut(whole: &Bytes, lengths: &[usize]) -> Vec<Bytes> {
    let mut rest = whole.clone();
    let mut pieces = Vec::new();
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        pieces.push(rest.split_to((*length).min(rest.len())));
    }
    pieces
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    let length = prop_oneof![1..8_usize, 150..170_usize, 470..490_usize, 900..2_000_usize, 1..20_000_usize];
    prop::collection::vec(length, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn up(seed: u64, len in 1..20_000_usize, lengths in lengths()) {
        let audio = sound(seed, len);
        let all = |pieces: Vec<Bytes>| {
            let mut uplink = Uplink::new(AudioFormat::Pcm);
            let mut out: Vec<u8> = pieces.into_iter().flat_map(|piece| uplink.push(&Mulaw::new(piece))).collect();
            out.extend(uplink.finish());
            out
        };
        prop_assert!(all(cut(&audio, &lengths)) == all(vec![audio]));
    }

    #[test]
    fn down(seed: u64, len in 1..60_000_usize, lengths in lengths()) {
        let audio = sound(seed, len);
        let item = ItemId::from("item");
        let all = |pieces: Vec<Bytes>| {
            let mut downlink = Downlink::new(AudioFormat::Pcm);
            let mut out: Vec<u8> = Vec::new();
            for piece in pieces {
                out.extend_from_slice(downlink.push(&item, piece).bytes());
            }
            let received_ms = downlink.received_ms();
            out.extend_from_slice(downlink.finish(&item).bytes());
            (out, received_ms)
        };
        let whole = all(vec![audio.clone()]);
        prop_assert_eq!(whole.1 as usize, len / 48);
        prop_assert!(all(cut(&audio, &lengths)) == whole);
    }
}
