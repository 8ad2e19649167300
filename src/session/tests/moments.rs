//! A new day, an opening, a close: the model is told, and nobody hears anything of it.

use crate::session::effect::{Effect, ModelEffect};
use crate::session::input::ModelInput;
use crate::session::policy::Moment;
use crate::session::tests::rig::{Rig, Setup};
use crate::types::Wall;

fn moments() -> Vec<Moment> {
    let moment = |secs: i64, text: &str| Moment { at: Wall(secs * 1_000_000), text: text.into() };
    vec![moment(2, "closed"), moment(3, "new day"), moment(60, "open")]
}

fn notes(rig: &Rig) -> Vec<&str> {
    let note = |effect: &'_ Effect| matches!(effect, Effect::Model(ModelEffect::Note { .. }));
    let text = |effect| match effect {
        &Effect::Model(ModelEffect::Note { ref text, .. }) => text.as_str(),
        _ => "",
    };
    rig.log
        .iter()
        .filter(|effect| note(effect))
        .map(text)
        .filter(|text| moments().iter().any(|m| &*m.text == *text))
        .collect()
}

#[test]
fn the_model_is_told_when_it_happens_and_is_not_asked_to_speak() {
    let mut rig = Rig::on_air(Setup { greeting: "", moments: moments(), ..Setup::default() });
    rig.pass(1990);
    assert_eq!(notes(&rig), Vec::<&str>::new());
    rig.pass(20);
    assert_eq!(notes(&rig), ["closed"]);
    rig.pass(2000);
    assert_eq!(notes(&rig), ["closed", "new day"]);
    assert_eq!(rig.creates(), []);
}

#[test]
fn a_model_that_comes_late_is_told_the_last_of_them_once() {
    let mut rig = Rig::new(Setup { greeting: "", moments: moments(), ..Setup::default() });
    rig.model(ModelInput::Opened);
    rig.attach();
    rig.pass(3500);
    assert_eq!(notes(&rig), Vec::<&str>::new());
    rig.model(ModelInput::Ready);
    rig.pass(5000);
    assert_eq!(notes(&rig), ["new day"]);
}
