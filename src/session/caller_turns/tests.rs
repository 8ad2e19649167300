//! Tests of what is known of a turn.

use bytes::Bytes;

use super::*;

fn item(name: &str) -> ItemId {
    ItemId::from(name)
}

fn sound(turns: &mut CallerTurns, byte: u8, ms: usize) {
    turns.listen(&Mulaw::new(Bytes::from(vec![byte; ms * 8])));
}

#[test]
fn the_level_is_that_of_its_own_turn_also_when_the_next_has_begun() {
    let mut turns = CallerTurns::default();
    turns.began(&item("a"), 0);
    sound(&mut turns, 0x00, 1000);
    turns.stopped(&item("a"), 1000);
    turns.began(&item("b"), 1000);
    sound(&mut turns, 0xFF, 1000);
    turns.stopped(&item("b"), 2000);
    let loud = turns.take(&item("a")).unwrap();
    assert_eq!((loud.speech_ms, loud.level.map(f32::round)), (Some(1000), Some(0.0)));
    assert!(turns.take(&item("b")).unwrap().level.unwrap() < -80.0);
}

#[test]
fn a_turn_is_heard_once_and_an_unknown_one_never() {
    let mut turns = CallerTurns::default();
    turns.committed(&item("a"));
    assert_eq!(turns.take(&item("a")), Some(Heard { speech_ms: None, level: None }));
    assert_eq!(turns.take(&item("a")), None);
}

#[test]
fn the_oldest_turn_is_forgotten_beyond_the_bound() {
    let mut turns = CallerTurns::default();
    for no in 0..=TURNS_MAX {
        turns.began(&item(&format!("i{no}")), 0);
    }
    assert_eq!(turns.take(&item("i0")), None);
    assert!(turns.take(&item("i1")).is_some());
}
