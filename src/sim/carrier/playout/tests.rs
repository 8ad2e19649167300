//! Tests of `playout`.

use super::*;

const fn ms(ms: u64) -> Mono {
    Mono(ms * 1000)
}

fn sound(millis: usize) -> Bytes {
    (0..millis * 8).map(|n| (n % 100) as u8).collect::<Vec<_>>().into()
}

fn playout() -> (Playout, Vec<Returned>) {
    (Playout::new(true), Vec::new())
}

#[test]
fn plays_eight_bytes_in_a_millisecond() {
    let (mut playout, mut marks) = playout();
    assert!(playout.push(ms(100), sound(60), &mut marks));
    for (at, played) in [(100, 0), (101, 8), (120, 160), (159, 472), (160, 480), (500, 480)] {
        playout.advance(ms(at), &mut marks);
        assert_eq!(playout.played(), played, "at {at} ms");
    }
    assert_eq!(playout.captured(), Some(&sound(60)[..]));
    assert!(!playout.is_playing());
}

#[test]
fn a_mark_returns_when_everything_before_it_was_played() {
    let (mut playout, mut marks) = playout();
    playout.push(ms(0), sound(100), &mut marks);
    playout.mark(ms(10), "a".to_owned(), &mut marks);
    playout.push(ms(20), sound(50), &mut marks);
    playout.mark(ms(20), "b".to_owned(), &mut marks);
    assert_eq!(playout.next_deadline(), Some(ms(100)));
    playout.advance(Mono(99_999), &mut marks);
    assert_eq!(marks, []);
    playout.advance(ms(400), &mut marks);
    let returned: Vec<_> = marks.iter().map(|mark| (mark.at, mark.name.as_str(), mark.flushed)).collect();
    assert_eq!(returned, [(ms(100), "a", false), (ms(150), "b", false)]);
}

#[test]
fn a_mark_returns_at_once_when_nothing_is_buffered() {
    let (mut playout, mut marks) = playout();
    playout.mark(ms(5), "first".to_owned(), &mut marks);
    playout.push(ms(10), sound(20), &mut marks);
    playout.mark(ms(30), "drained".to_owned(), &mut marks);
    let returned: Vec<_> = marks.iter().map(|mark| (mark.at, mark.name.as_str())).collect();
    assert_eq!(returned, [(ms(5), "first"), (ms(30), "drained")]);
}

#[test]
fn a_clear_drops_the_rest_and_returns_its_marks_flushed() {
    let (mut playout, mut marks) = playout();
    playout.push(ms(0), sound(40), &mut marks);
    playout.mark(ms(0), "played".to_owned(), &mut marks);
    playout.push(ms(0), sound(1000), &mut marks);
    playout.mark(ms(0), "flushed".to_owned(), &mut marks);
    let cleared = playout.clear(ms(100), &mut marks);
    assert_eq!((cleared.heard, cleared.received, cleared.flushed), (800, 8320, 7520));
    assert_eq!(cleared.marks_flushed, 1);
    let returned: Vec<_> = marks.iter().map(|mark| (mark.at, mark.name.as_str(), mark.flushed)).collect();
    assert_eq!(returned, [(ms(40), "played", false), (ms(100), "flushed", true)]);
    playout.push(ms(130), sound(20), &mut marks);
    playout.advance(ms(200), &mut marks);
    assert_eq!(playout.played(), 800 + 160);
    assert_eq!(playout.runs().len(), 2);
    assert_eq!(playout.runs()[1], Run { at: ms(130), from: 8320, len: 160, before: 800 });
}

#[test]
fn knows_what_was_heard_at_any_time() {
    let (mut playout, mut marks) = playout();
    playout.push(ms(0), sound(100), &mut marks);
    playout.clear(ms(50), &mut marks);
    playout.push(ms(80), sound(100), &mut marks);
    playout.advance(ms(1000), &mut marks);
    for (at, played, index) in [(0, 0, 0), (20, 160, 160), (60, 400, 400), (90, 480, 880), (999, 1200, 1600)] {
        assert_eq!((playout.played_at(ms(at)), playout.heard_index_at(ms(at))), (played, index), "at {at} ms");
    }
    assert_eq!(playout.pauses(Duration::from_millis(30)), [(ms(50), Duration::from_millis(30))]);
    assert_eq!(playout.pauses(Duration::from_millis(31)), []);
}

#[test]
fn sound_that_comes_in_time_goes_on_without_a_pause() {
    let (mut playout, mut marks) = playout();
    for n in 0..50 {
        playout.push(ms(n * 20), sound(20), &mut marks);
    }
    playout.advance(ms(2000), &mut marks);
    assert_eq!(playout.runs(), [Run { at: ms(0), from: 0, len: 8000, before: 0 }]);
}

#[test]
fn an_endless_buffer_is_refused() {
    let (mut playout, mut marks) = playout();
    let minute = Bytes::from(vec![0; 60 * 8000]);
    assert!((0..10).all(|_| playout.push(ms(0), minute.clone(), &mut marks)));
    assert!(!playout.push(ms(0), minute, &mut marks));
    assert_eq!(playout.buffered(), BUFFER_BYTES_MAX);
}

#[test]
fn each_window_is_heard_once() {
    let (mut playout, mut marks) = playout();
    playout.push(ms(10), sound(30), &mut marks);
    let mut heard = Vec::new();
    playout.advance(ms(20), &mut marks);
    assert_eq!(playout.take_heard(&mut heard), ms(10));
    assert_eq!(heard, sound(30)[..80]);
    playout.advance(ms(40), &mut marks);
    assert_eq!(playout.take_heard(&mut heard), ms(20));
    assert_eq!(heard, sound(30)[80..240]);
    playout.advance(ms(60), &mut marks);
    playout.take_heard(&mut heard);
    assert!(heard.is_empty());
}
