//! Barge-in: what is cleared, cancelled, truncated and written when the caller speaks over the assistant.

use crate::session::effect::{Effect, Heard, MediaEffect, ModelEffect};
use crate::session::input::{Input, MediaInput, ResponseEnd};
use crate::session::tests::rig::{Rig, Setup};

const TEN_WORDS: &str = "one two three four five six seven eight nine ten";

fn talking(millis: u32) -> Rig {
    let mut rig = Rig::on_air(Setup::default());
    rig.says("r1", "i1", millis, TEN_WORDS);
    rig
}

#[test]
fn a_partly_heard_item_is_cleared_and_truncated_where_it_was_heard() {
    let mut rig = talking(6000);
    rig.pass(3000);
    rig.caller_starts("u1");
    assert_eq!((rig.clears(), rig.cancels()), (1, 0), "the response was done long ago");
    let heard = rig.truncations()[0].1;
    assert!((2980..=3000).contains(&heard), "{heard}");
    let line = rig.lines()[0].clone();
    assert!(matches!(line.heard, Heard::Cut { total, .. } if total.0 == 6000));
    assert_eq!(line.text, "one two three four five");
}

#[test]
fn an_active_response_is_cancelled_after_the_clear_and_its_late_audio_dropped() {
    let mut rig = Rig::on_air(Setup::default());
    rig.begin("r1");
    rig.audio("r1", "i1", 2000, 2000);
    rig.pass(700);
    rig.caller_starts("u1");
    let at = |wanted: fn(&Effect) -> bool| rig.log.iter().position(wanted).unwrap();
    let clear = at(|effect| matches!(effect, Effect::Media(MediaEffect::Clear)));
    let cancel = at(|effect| matches!(effect, Effect::Model(ModelEffect::Cancel { .. })));
    let cut = at(|effect| matches!(effect, Effect::Model(ModelEffect::Truncate { .. })));
    assert!(clear < cancel && cancel < cut);
    let before = rig.log.len();
    rig.audio("r1", "i1", 400, 2400);
    rig.audio("r1", "i2", 400, 400);
    rig.ended("r1", ResponseEnd::Cancelled);
    rig.pass(500);
    let plays = |effect: &Effect| matches!(effect, Effect::Media(MediaEffect::Play { .. }));
    assert!(!rig.log[before..].iter().any(plays), "no byte of a cut item goes out after the clear");
    assert!(!rig.session.wants_audio(&"r1".into(), &"i1".into()));
    assert!(!rig.session.wants_audio(&"r1".into(), &"i3".into()));
}

#[test]
fn received_but_unheard_items_are_truncated_at_zero_and_heard_ones_not_at_all() {
    let mut rig = Rig::on_air(Setup::default());
    rig.begin("r1");
    rig.speak("r1", "i1", 500, "heard");
    rig.pass(800);
    rig.speak("r1", "i2", 3000, "half heard");
    rig.speak("r1", "i3", 1000, "never heard");
    rig.pass(1000);
    rig.caller_starts("u1");
    let cuts = rig.truncations();
    assert_eq!(cuts.len(), 2);
    assert_eq!(cuts[0].0, "i2");
    assert_eq!(cuts[1], ("i3".to_owned(), 0));
}

#[test]
fn truncation_never_exceeds_what_was_received() {
    let mut rig = Rig::on_air(Setup::default());
    rig.begin("r1");
    // The transcoder gave more than the model's bytes account for.
    rig.audio("r1", "i1", 520, 500);
    rig.pass(515);
    rig.caller_starts("u1");
    assert_eq!(rig.truncations(), [("i1".to_owned(), 500)]);
}

#[test]
fn speech_while_the_model_stalls_cuts_the_item_that_is_not_finished() {
    let mut rig = Rig::on_air(Setup::default());
    rig.begin("r1");
    rig.audio("r1", "i1", 500, 500);
    rig.pass(900);
    rig.caller_starts("u1");
    assert_eq!(rig.truncations(), [("i1".to_owned(), 500)]);
    assert_eq!(rig.cancels(), 1);
    assert_eq!(rig.lines().len(), 1);
}

#[test]
fn keys_from_before_a_lost_stream_still_reach_the_model() {
    let mut rig = talking(500);
    rig.pass(700);
    rig.feed(Input::Media(MediaInput::Digit('7')));
    rig.feed(Input::Media(MediaInput::Detached(crate::session::input::DetachCause::Dropped)));
    rig.after_stream();
    rig.attach();
    rig.pass(2100);
    let told = |effect: &ModelEffect| matches!(effect, ModelEffect::UserText { text, .. } if text.ends_with('7'));
    assert_eq!(rig.to_model().filter(|effect| told(effect)).count(), 1);
}

#[test]
fn speech_after_everything_was_heard_clears_nothing() {
    let mut rig = talking(500);
    rig.pass(900);
    rig.caller_starts("u1");
    assert_eq!((rig.clears(), rig.cancels(), rig.truncations().len()), (0, 0, 0));
}

#[test]
fn a_lost_mark_blocks_nothing() {
    let mut rig = talking(1000);
    rig.marks = false;
    rig.pass(2200);
    assert_eq!(rig.texts(), [TEN_WORDS]);
    rig.caller_starts("u1");
    assert!(rig.truncations().is_empty());
}

#[test]
fn marks_that_a_clear_flushed_prove_nothing() {
    let mut rig = talking(6000);
    rig.pass(1000);
    rig.caller_starts("u1");
    rig.caller_stops("u1");
    rig.begin_auto("r2");
    rig.speak("r2", "i2", 3000, "another answer");
    rig.done("r2");
    rig.pass(500);
    rig.caller_starts("u2");
    let cuts = rig.truncations();
    assert_eq!(cuts.len(), 2);
    assert!(cuts[0].1 <= 1000 && cuts[1].1 <= 500, "{cuts:?}");
}

#[test]
fn a_key_stops_the_assistant_like_speech_and_reaches_the_model_after_a_rest() {
    let mut rig = talking(6000);
    rig.pass(1000);
    for key in ['1', '2', '3'] {
        rig.feed(Input::Media(MediaInput::Digit(key)));
    }
    assert_eq!(rig.clears(), 1);
    rig.pass(2100);
    let text = |effect: &ModelEffect| match effect {
        ModelEffect::UserText { text, .. } => Some(text.clone()),
        _ => None,
    };
    let texts: Vec<_> = rig.to_model().filter_map(text).collect();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].ends_with("123"));
    assert_eq!(rig.creates().len(), 2);
}

#[test]
fn at_most_two_seconds_are_out_at_the_carrier() {
    let rig = talking(60_000);
    let len = |effect: &Effect| match effect {
        Effect::Media(MediaEffect::Play { frame, .. }) => frame.len(),
        _ => 0,
    };
    let out: usize = rig.log.iter().map(len).sum();
    assert!((15_200..=16_000).contains(&out), "{out}");
}

#[test]
fn more_sound_than_the_bound_cancels_the_response_and_cuts_its_tail() {
    let mut rig = Rig::on_air(Setup::default());
    rig.begin("r1");
    for second in 1..=130 {
        rig.audio("r1", "i1", 1000, second * 1000);
    }
    assert_eq!(rig.cancels(), 1);
    let cuts = rig.truncations();
    assert_eq!(cuts.len(), 1);
    assert!((118_000..=123_000).contains(&cuts[0].1), "{cuts:?}");
}
