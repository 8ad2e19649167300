//! Tests of `scripted`.

use super::*;

const LOUD: [u8; FRAME_BYTES] = [0x10; FRAME_BYTES];

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn clip(name: &str) -> Option<Mulaw> {
    (name == "hi").then(|| Mulaw::new(Bytes::from(vec![0x20; 900])))
}

/// Runs a script while `loud` tells when the assistant is heard; gives what the caller did, with times in ms.
fn run(steps: &[CallerStep], loud: impl Fn(u64) -> bool) -> (Vec<(u64, String)>, Vec<String>) {
    let mut caller = ScriptedCaller::new(steps, clip).unwrap();
    let mut log = Vec::new();
    let mut spoke = 0;
    for now in (0..120_000).step_by(20) {
        let heard: &[u8] = if loud(now) { &LOUD } else { &[] };
        let frame = caller.frame(Mono(now * 1000), heard);
        if let Some(audio) = frame.audio {
            if spoke == 0 {
                log.push((now, "speaks".to_owned()));
            }
            spoke += audio.len();
        } else if spoke > 0 {
            log.push((now, format!("spoke {spoke}")));
            spoke = 0;
        }
        log.extend(frame.key.map(|key| (now, key.to_string())));
        if frame.hang_up {
            log.push((now, "hangs up".to_owned()));
            break;
        }
    }
    (log, caller.complaints())
}

fn log(entries: &[(u64, &str)]) -> Vec<(u64, String)> {
    entries.iter().map(|(at, what)| (*at, (*what).to_owned())).collect()
}

#[test]
fn listens_to_the_end_then_speaks_then_hangs_up() {
    let steps = [CallerStep::Listen { max: secs(10) }, CallerStep::Say { audio: "hi".to_owned() }, CallerStep::HangUp];
    // A pause of 400 ms is not the end.
    let (done, complaints) = run(&steps, |now| (1000..2000).contains(&now) || (2400..3000).contains(&now));
    assert_eq!(done, log(&[(3580, "speaks"), (3700, "spoke 900"), (3700, "hangs up")]));
    assert!(complaints.is_empty());
}

#[test]
fn speaks_over_what_it_hears() {
    let steps = [CallerStep::HearFor(secs(1)), CallerStep::Say { audio: "hi".to_owned() }, CallerStep::HangUp];
    let (done, _) = run(&steps, |now| now >= 500);
    assert_eq!(done[0], (1480, "speaks".to_owned()));
}

#[test]
fn hangs_up_in_the_middle_of_a_word() {
    let after = Duration::from_millis(60);
    let (done, _) = run(&[CallerStep::HangUpDuring { audio: "hi".to_owned(), after }], |_| false);
    assert_eq!(done, log(&[(0, "speaks"), (60, "spoke 480"), (60, "hangs up")]));
}

#[test]
fn waits_and_presses_keys_one_by_one() {
    let steps = [CallerStep::Wait(secs(1)), CallerStep::Press("12#".to_owned()), CallerStep::HangUp];
    let (done, _) = run(&steps, |_| false);
    assert_eq!(done, log(&[(1200, "1"), (1400, "2"), (1600, "#"), (1600 + 20, "hangs up")]));
}

#[test]
fn complains_when_nothing_comes() {
    let (done, complaints) = run(&[CallerStep::Listen { max: secs(2) }, CallerStep::Stay { max: secs(3) }], |_| false);
    assert_eq!(done, log(&[(5000, "hangs up")]));
    assert_eq!(complaints.len(), 2);
}

#[test]
fn an_unknown_clip_is_named() {
    let steps = [CallerStep::Say { audio: "nope".to_owned() }];
    assert_eq!(ScriptedCaller::new(&steps, clip).err(), Some(NoSuchClip("nope".to_owned())));
}

#[test]
fn meets_a_person_tells_and_notices_when_the_person_is_gone() {
    let steps = [
        CallerStep::Say { audio: "hi".into() },
        CallerStep::Meet { max: secs(5) },
        CallerStep::Tell { audio: "hi".into() },
        CallerStep::Part { max: secs(5) },
        CallerStep::Meet { max: secs(1) },
    ];
    let diary = Diary::default();
    let mut caller = ScriptedCaller::new(&steps, clip).unwrap().noting(diary.clone());
    let mut hung_up = None;
    for now in (0..20_000_u64).step_by(20) {
        match now {
            1000 => caller.connected(true),
            3000 => caller.connected(false),
            _ => {}
        }
        if caller.frame(Mono(now * 1000), &[]).hang_up {
            hung_up = Some(now);
            break;
        }
    }
    assert_eq!(hung_up, Some(4000));
    let told: Vec<_> = diary.after(0).iter().map(|spoken| (spoken.at.0 / 1000, spoken.to_person)).collect();
    assert_eq!(told, [(0, false), (1000, true)]);
    assert_eq!(diary.after(1).len(), 1);
    assert_eq!(caller.complaints(), ["nobody came in 1s"]);
}
