//! Text of any kind, and parts that panic at it: the call goes on, and whoever asks for help is heard.

use proptest::prelude::*;

use super::*;
use crate::session::effect::{Event, Heard, ToolAnswer};
use crate::session::guard::Part;
use crate::session::input::{IntakeData, ToolRequest};
use crate::types::Speaker;

impl Rig {
    fn failed(&self) -> Vec<Part> {
        let part = |effect: &Effect| match effect {
            Effect::Record(_, Record::Event(Event::PartFailed { part })) => Some(*part),
            _ => None,
        };
        self.log.iter().filter_map(part).collect()
    }

    fn caller_turn(&mut self, item: &str, text: &str) {
        self.caller_starts(item);
        self.pass(1_000);
        self.caller_stops(item);
        self.caller_said(item, text);
    }
}

#[cfg(feature = "plant")]
fn without_rules() -> Rig {
    let mut setup = setup(Fallback::Callback);
    setup.policy.plant = Some(crate::session::plant::Plant::RulesPanic);
    Rig::on_air(setup)
}

#[cfg(feature = "plant")]
#[test]
fn words_that_the_rules_panic_at_still_ring_somebody_if_they_are_plain() {
    let mut rig = without_rules();
    rig.caller_turn("u1", "Good morning, Søren.");
    assert_eq!((rig.failed(), rig.dials().len()), (vec![Part::Rules], 0));
    rig.caller_turn("u2", "My husband can\u{2019}t breathe!");
    assert_eq!((rig.failed().len(), rig.dials().len()), (2, 1));
    assert!(rig.texts().contains(&"My husband can\u{2019}t breathe!".to_owned()), "the words are stored as they are");
    assert!(rig.outcome().is_none(), "the call goes on");
}

#[cfg(feature = "plant")]
#[test]
fn what_the_assistant_says_is_judged_without_the_rules_too() {
    let mut rig = without_rules();
    rig.caller_turn("u1", "Good morning.");
    rig.begin_auto("r1");
    rig.speak("r1", "i1", 1_000, "So your father is not breathing.");
    rig.done("r1");
    rig.pass(3_000);
    assert_eq!(rig.dials().len(), 1);
}

#[test]
fn a_tool_call_that_nobody_can_read_is_answered_and_named_on_the_timeline() {
    let mut rig = on_air();
    rig.caller_turn("u1", "Good morning.");
    rig.begin_auto("r1");
    rig.tool("r1", "c1", ToolRequest::Failed);
    rig.done("r1");
    let refused =
        |effect: &&ModelEffect| matches!(effect, ModelEffect::ToolReply { answer: ToolAnswer::Refused(_), .. });
    assert_eq!((rig.failed(), rig.to_model().filter(refused).count()), (vec![Part::Tool], 1));
}

fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..400).prop_map(|letters| letters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What callers, models and staff write is stored as it is, cut to what was heard, and read to an operator.
    #[test]
    fn no_text_fails_a_part(said in any_text(), spoken in any_text(), told in any_text(), keys in prop::collection::vec(any::<char>(), 0..12), at in 0_u64..3_000) {
        let mut rig = on_air();
        rig.caller_turn("u1", &said);
        rig.begin_auto("r1");
        rig.speak("r1", "i1", 3_000, &spoken);
        let intake = IntakeData { json: "{}".into(), fields: vec![("caller_name".into(), told.clone()), (told.clone(), told.clone())] };
        rig.tool("r1", "c1", ToolRequest::CompleteIntake { intake, urgency: Urgency::Low });
        rig.done("r1");
        rig.pass(at);
        rig.caller_turn("u2", &told);
        for key in keys {
            rig.feed(Input::Media(MediaInput::Digit(key)));
        }
        let line = |line: &&crate::session::effect::Line| line.speaker == Speaker::Assistant;
        for line in rig.lines().iter().filter(line) {
            prop_assert!(matches!(line.heard, Heard::Full) || spoken.starts_with(&line.text) || line.text.len() < 64);
        }
        rig.feed(Input::Staff(StaffInput::Escalate { target: None, urgency: Urgency::High, reason: told }));
        rig.dialled(1);
        rig.answered(1, 1);
        let briefing = rig.key(1, 1, 1, Some('7'));
        if let Document::Briefing { text, .. } = &briefing {
            prop_assert!(text.chars().count() <= 600 && !text.contains(char::is_control), "{}", text);
        }
        prop_assert_eq!(rig.failed(), vec![]);
    }
}
