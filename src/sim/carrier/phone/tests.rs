//! Tests of `phone`.

use serde_json::Value;

use super::*;
use crate::sim::carrier::knobs::Delay;

const STREAM: &str = "MZ00000000000000000000000000000001";

const fn ms(ms: u64) -> Mono {
    Mono(ms * 1000)
}

fn phone(knobs: PhoneKnobs) -> Phone {
    let names = Names { account: "AC1".to_owned(), call: "CA1".to_owned(), stream: STREAM.to_owned() };
    Phone::new(names, STREAM.parse().unwrap(), Vec::new(), knobs, Rng::with_seed(1), true)
}

/// Runs a phone to `end`, a caller frame every 20 ms; gives back all that came out, with times.
fn run(phone: &mut Phone, end: u64, mut each: impl FnMut(u64, &mut Phone, &mut Vec<PhoneOut>)) -> Vec<(u64, PhoneOut)> {
    let mut log = Vec::new();
    let mut out = Vec::new();
    phone.open(ms(0), &mut out);
    for now in 0..=end {
        phone.advance(ms(now), &mut out);
        if now % 20 == 0 {
            phone.frame(ms(now), &[0x55; 160], &mut out);
        }
        each(now, phone, &mut out);
        log.extend(out.drain(..).map(|item| (now, item)));
    }
    log
}

fn events(log: &[(u64, PhoneOut)]) -> Vec<(u64, Value)> {
    let text = |(at, item): &(u64, PhoneOut)| match item {
        PhoneOut::Text(text) => Some((*at, serde_json::from_str(text).unwrap())),
        PhoneOut::Close(_) | PhoneOut::Reset => None,
    };
    log.iter().filter_map(text).collect()
}

fn of_kind(log: &[(u64, PhoneOut)], kind: &str) -> Vec<(u64, Value)> {
    events(log).into_iter().filter(|(_, event)| event["event"] == kind).collect()
}

fn send(phone: &mut Phone, at: u64, out: &mut Vec<PhoneOut>, body: &str) {
    phone.text(ms(at), &format!(r#"{{"streamSid":"{STREAM}",{body}}}"#), out);
}

#[test]
fn speaks_in_order_and_numbers_everything() {
    let log = run(&mut phone(PhoneKnobs::default()), 100, |now, phone, out| {
        if now == 50 {
            phone.press(ms(now), '5', out);
        }
        if now == 100 {
            phone.end(ms(now), out);
        }
    });
    let events = events(&log);
    let kinds: Vec<_> = events.iter().map(|(_, event)| event["event"].as_str().unwrap()).collect();
    let expected = ["connected", "start", "media", "media", "media", "dtmf", "media", "media", "media", "stop"];
    assert_eq!(kinds, expected);
    let numbers: Vec<_> = events[1..].iter().map(|(_, event)| event["sequenceNumber"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let media = of_kind(&log, "media");
    let times: Vec<_> = media.iter().map(|(_, event)| event["media"]["timestamp"].as_str().unwrap()).collect();
    assert_eq!(times, ["0", "20", "40", "60", "80", "100"]);
    assert_eq!(log.last(), Some(&(100, PhoneOut::Close(1000))));
}

#[test]
fn marks_come_back_when_the_sound_before_them_was_heard() {
    let mut phone = phone(PhoneKnobs::default());
    let payload = format!(r#""event":"media","media":{{"payload":"{}"}}"#, "f39/".repeat(800));
    let log = run(&mut phone, 700, |now, phone, out| match now {
        10 => {
            send(phone, now, out, r#""event":"mark","mark":{"name":"empty"}"#);
            send(phone, now, out, &payload);
            send(phone, now, out, r#""event":"mark","mark":{"name":"end"}"#);
        }
        400 => {
            send(phone, now, out, &payload);
            send(phone, now, out, r#""event":"mark","mark":{"name":"cut"}"#);
        }
        500 => send(phone, now, out, r#""event":"clear""#),
        _ => {}
    });
    let marks: Vec<_> = of_kind(&log, "mark");
    let marks: Vec<_> = marks.iter().map(|(at, event)| (*at, event["mark"]["name"].as_str().unwrap())).collect();
    assert_eq!(marks, [(10, "empty"), (310, "end"), (500, "cut")]);
    assert_eq!(phone.violations(), []);
    assert_eq!(phone.playout().played(), 2400 + 800);
    assert_eq!(phone.playout().clears().len(), 1);
}

#[test]
fn the_wire_delays_and_keeps_the_order() {
    let delay = Delay { latency: Duration::from_millis(40), jitter: Duration::from_millis(60) };
    let mut phone = phone(PhoneKnobs { uplink: delay, downlink: delay, ..PhoneKnobs::default() });
    let log = run(&mut phone, 1000, |now, phone, out| {
        if now == 100 {
            send(phone, now, out, r#""event":"mark","mark":{"name":"there and back"}"#);
        }
    });
    let media = of_kind(&log, "media");
    let chunks: Vec<u64> =
        media.iter().map(|(_, event)| event["media"]["chunk"].as_str().unwrap().parse().unwrap()).collect();
    assert!(chunks.is_sorted());
    assert!(media.iter().zip(0..).all(|((at, _), n)| (n * 20 + 40..=n * 20 + 101).contains(at)));
    let (back, _) = of_kind(&log, "mark")[0];
    assert!((180..=302).contains(&back), "{back}");
}

#[test]
fn every_breach_is_kept_and_ignored() {
    let mut phone = phone(PhoneKnobs::default());
    run(&mut phone, 100, |now, phone, out| {
        if now == 50 {
            phone.text(ms(now), r#"{"event":"clear","streamSid":"MZ1"}"#, out);
            send(phone, now, out, r#""event":"dance""#);
            send(phone, now, out, r#""event":"media","media":{"payload":"?"}"#);
            phone.binary(ms(now));
        }
    });
    let codes: Vec<_> = phone.violations().iter().map(|violation| (violation.at, violation.code)).collect();
    assert_eq!(codes, [(ms(50), 31951), (ms(50), 31951), (ms(50), 31950), (ms(50), 31950)]);
    assert_eq!(phone.playout().received(), 0);
}

#[test]
fn lost_duplicated_and_late_frames_happen_as_often_as_told() {
    let knobs = PhoneKnobs { lose_frames: 100, duplicate_frames: 100, late_frames: 100, ..PhoneKnobs::default() };
    let mut phone = phone(knobs);
    let log = run(&mut phone, 40_000, |_, _, _| {});
    let media = of_kind(&log, "media");
    let chunks: Vec<u64> =
        media.iter().map(|(_, event)| event["media"]["chunk"].as_str().unwrap().parse().unwrap()).collect();
    let pairs = || chunks.windows(2).map(|pair| (pair[0], pair[1]));
    assert!((150..260).contains(&pairs().filter(|(a, b)| a == b).count()));
    assert!((70..200).contains(&pairs().filter(|(a, b)| a > b).count()));
    assert!((150..260).contains(&phone.counts().frames_lost));
}

#[test]
fn a_burst_holds_everything_back_and_then_delivers_it_in_order() {
    let knobs = PhoneKnobs { burst_frames: 1000, burst_for: Duration::from_millis(500), ..PhoneKnobs::default() };
    let log = run(&mut phone(knobs), 510, |_, _, _| {});
    let media = of_kind(&log, "media");
    assert!(media.iter().all(|(at, _)| *at >= 500));
    assert_eq!(media.len(), 26);
}

#[test]
fn marks_can_be_lost_or_late_without_holding_up_the_rest() {
    let mark = |now: u64, phone: &mut Phone, out: &mut Vec<PhoneOut>| {
        if now == 100 {
            send(phone, now, out, r#""event":"mark","mark":{"name":"m"}"#);
        }
    };
    let knobs = PhoneKnobs { lose_marks: 1000, ..PhoneKnobs::default() };
    assert_eq!(of_kind(&run(&mut phone(knobs), 500, mark), "mark"), []);
    let knobs = PhoneKnobs { late_marks: 1000, late_marks_by: Duration::from_millis(300), ..PhoneKnobs::default() };
    let log = run(&mut phone(knobs), 500, mark);
    assert_eq!(of_kind(&log, "mark")[0].0, 400);
    assert_eq!(of_kind(&log, "media").len(), 26);
}

#[test]
fn a_stream_can_break_without_a_word() {
    let knobs = PhoneKnobs { drop_at: Some(Duration::from_millis(250)), ..PhoneKnobs::default() };
    let mut phone = phone(knobs);
    let log = run(&mut phone, 500, |_, _, _| {});
    assert_eq!(log.last(), Some(&(250, PhoneOut::Reset)));
    assert!(of_kind(&log, "stop").is_empty());
    assert!(phone.is_closed());
    assert_eq!(phone.next_deadline(), None);
}

#[test]
fn streams_begin_wrong_when_told_so() {
    for (start, expected) in [
        (StreamStart::Never, vec!["connected"]),
        (StreamStart::StopOnly, vec!["connected", "stop"]),
        (StreamStart::MediaFirst, vec!["connected", "media", "start", "media"]),
        (StreamStart::Twice, vec!["connected", "start", "start", "media"]),
        (StreamStart::OtherCall, vec!["connected", "start", "media"]),
    ] {
        let log = run(&mut phone(PhoneKnobs { start, ..PhoneKnobs::default() }), 0, |_, _, _| {});
        let events = events(&log);
        let kinds: Vec<_> = events.iter().map(|(_, event)| event["event"].as_str().unwrap()).collect();
        assert_eq!(kinds, expected);
    }
}

#[test]
fn streams_end_as_told() {
    for (end, stop, close) in [
        (StreamEnd::StopThenClose, 1, Some((100, PhoneOut::Close(1000)))),
        (StreamEnd::CloseOnly, 0, Some((100, PhoneOut::Close(1000)))),
        (StreamEnd::StopThenLinger, 1, Some((3100, PhoneOut::Close(1000)))),
        (StreamEnd::Reset, 0, Some((100, PhoneOut::Reset))),
    ] {
        let log = run(&mut phone(PhoneKnobs { end, ..PhoneKnobs::default() }), 4000, |now, phone, out| {
            if now == 100 {
                phone.end(ms(now), out);
            }
        });
        assert_eq!((of_kind(&log, "stop").len(), log.last().cloned()), (stop, close), "{end:?}");
    }
}

#[test]
fn a_stalled_reader_takes_everything_afterwards() {
    let stall = Some((Duration::from_millis(100), Duration::from_millis(300)));
    let mut phone = phone(PhoneKnobs { stall, ..PhoneKnobs::default() });
    let log = run(&mut phone, 600, |now, phone, out| {
        if now == 150 {
            send(phone, now, out, r#""event":"mark","mark":{"name":"m"}"#);
        }
    });
    assert_eq!(of_kind(&log, "mark")[0].0, 400);
}

#[test]
fn a_key_flood_is_a_flood() {
    let key_flood = Some((Duration::from_millis(100), 500));
    let log = run(&mut phone(PhoneKnobs { key_flood, ..PhoneKnobs::default() }), 200, |_, _, _| {});
    let keys = of_kind(&log, "dtmf");
    assert_eq!(keys.len(), 500);
    assert!(keys.iter().all(|(at, _)| *at == 100));
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    for seed in 0..50 {
        let knobs = PhoneKnobs::random(&mut Rng::with_seed(seed));
        assert_eq!(knobs, PhoneKnobs::random(&mut Rng::with_seed(seed)));
        let log = || run(&mut phone(knobs.clone()), 3000, |_, _, _| {});
        assert_eq!(log(), log());
    }
}
