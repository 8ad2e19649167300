//! Tests of the play-out by itself: positions, marks, bounds, joins.

mod line;

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::types::Prompt;

fn at(millis: u64) -> Mono {
    Mono(millis * 1000)
}

fn sound(millis: usize) -> Mulaw {
    Mulaw::new(Bytes::from(vec![1; millis * 8]))
}

fn source() -> Source {
    Source::Local(Prompt::Hello)
}

fn marks(out: &Effects) -> Vec<MarkId> {
    let mark = |effect: &Effect| match effect {
        Effect::Media(MediaEffect::Mark(mark)) => Some(*mark),
        _ => None,
    };
    out.iter().filter_map(mark).collect()
}

fn sent_ms(out: &Effects) -> usize {
    let len = |effect: &Effect| match effect {
        Effect::Media(MediaEffect::Play { frame, .. }) => frame.len() / 8,
        _ => 0,
    };
    out.iter().map(len).sum()
}

#[test]
fn a_mark_follows_every_75_milliseconds_and_the_end() {
    let mut playout = Playout::new(&Policy::default());
    let mut out = Effects::new();
    playout.push(&source(), sound(250));
    playout.end(&source());
    playout.fill(at(0), &mut out);
    assert_eq!((sent_ms(&out), marks(&out).len()), (250, 4));
    for mark in marks(&out) {
        playout.heard(at(250), mark);
    }
    assert!(playout.is_settled());
    assert_eq!(playout.take_finished().map(|finished| finished.began), Some(at(0)));
    assert!(playout.is_idle());
}

#[test]
fn the_clock_carries_the_position_on_but_not_past_the_next_mark() {
    let mut playout = Playout::new(&Policy::default());
    let mut out = Effects::new();
    playout.push(&source(), sound(300));
    playout.fill(at(0), &mut out);
    assert_eq!(playout.remaining(at(60)), Duration::from_millis(240));
    assert_eq!(playout.remaining(at(180)), Duration::from_millis(225), "the first mark is still out");
    playout.heard(at(200), marks(&out)[0]);
    assert_eq!(playout.remaining(at(250)), Duration::from_millis(175));
}

#[test]
fn unknown_marks_and_marks_from_before_a_cut_change_nothing() {
    let mut playout = Playout::new(&Policy::default());
    let mut out = Effects::new();
    playout.push(&source(), sound(300));
    playout.fill(at(0), &mut out);
    let old = marks(&out);
    let cuts = playout.cut(at(50), &mut out);
    assert_eq!(cuts[0].heard, Millis(50));
    playout.push(&source(), sound(300));
    playout.fill(at(100), &mut out);
    old.into_iter().chain([MarkId(999)]).for_each(|mark| playout.heard(at(101), mark));
    assert_eq!(playout.remaining(at(100)), Duration::from_millis(300));
}

#[test]
fn crumbs_are_joined_and_nothing_of_them_is_lost() {
    let mut playout = Playout::new(&Policy::default());
    for _ in 0..100 {
        playout.push(&source(), sound(3));
    }
    let mut out = Effects::new();
    playout.fill(at(0), &mut out);
    assert_eq!(sent_ms(&out), 300);
    assert!(out.len() < 30, "{}", out.len());
}

#[test]
fn what_does_not_fit_is_dropped_and_told() {
    let mut playout = Playout::new(&Policy::default());
    assert_eq!(playout.push(&source(), sound(119_000)), Millis(0));
    assert_eq!(playout.push(&source(), sound(3000)), Millis(2000));
}

#[test]
fn a_source_with_two_runs_is_finished_once_and_cut_with_both() {
    let (a, b) = (source(), Source::Local(Prompt::OneMoment));
    let mut playout = Playout::new(&Policy::default());
    let mut out = Effects::new();
    playout.push(&a, sound(100));
    playout.push(&b, sound(100));
    playout.end(&b);
    playout.push(&a, sound(100));
    playout.fill(at(0), &mut out);
    let cuts = playout.cut(at(250), &mut out);
    let heard = |source: &Source| cuts.iter().find(|cut| cut.source == *source).map(|cut| cut.heard);
    assert!(heard(&a).is_some() && heard(&b).is_some());
    assert_eq!(cuts.len(), 2);
}
