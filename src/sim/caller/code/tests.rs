//! Tests of `code`.

use fastrand::Rng;

use super::*;

fn judge(heard: &[u8]) -> CodeReport {
    let mut rng = Rng::with_seed(1);
    let mut ear = CodeEar::new(Code::Bytes, 3);
    let mut rest = heard;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rng.usize(1..400).min(rest.len()));
        ear.push(now);
        rest = later;
    }
    ear.finish();
    ear.report(100)
}

fn sound(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(|number| Code::Bytes.frame(3, number)).collect()
}

#[test]
fn whole_frames_in_order_are_clean_silence_between_them_too() {
    let report = judge(&[vec![0xFF; 77], sound(0..60), vec![0xFF; 1000], sound(60..100)].concat());
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn one_changed_byte_shows() {
    let whole = sound(0..100);
    for at in [0, 5, 9, 10, 159, 160 * 99 + 159] {
        let mut sound = whole.clone();
        sound[at] ^= 1;
        let report = judge(&sound);
        // The last frame is not missed by a later one; the damage shows all the same.
        let lost = u64::from(at < 160 * 99);
        assert_eq!((report.returned, report.lost, report.damaged), (99, lost, 1), "byte {at}");
    }
}

#[test]
fn loss_order_repetition_and_foreign_frames_show() {
    let base = CodeReport { sent: 100, returned: 100, ..CodeReport::default() };
    let lost = judge(&sound((0..100).filter(|n| *n != 7)));
    assert_eq!(lost, CodeReport { returned: 99, lost: 1, ..base.clone() });
    let twice = judge(&sound((0..8).chain(7..100)));
    assert_eq!(twice, CodeReport { duplicated: 1, ..base.clone() });
    let swapped = judge(&sound((0..7).chain([8, 7]).chain(9..100)));
    assert_eq!(swapped, CodeReport { reordered: 1, ..base.clone() });
    let foreign = judge(&[sound(0..50), Code::Bytes.frame(4, 50).to_vec(), sound(50..100)].concat());
    assert_eq!(foreign, CodeReport { crossed: 1, ..base });
}
