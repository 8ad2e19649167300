//! Phones that the caller's own leg was to dial, and that our own rules do not let be called.

use super::*;
use crate::session::document::{Document, Goodbye};
use crate::session::input::{ActionResult, LostCause, ModelInput, Question};
use crate::session::tests::rig::Rig;
use crate::types::{AttemptState, Fallback, NotDialled};

fn cold_refused(attempt: u32) -> Question {
    Question::ColdRefused { attempt, fault: NotDialled::Barred.into() }
}

/// The choke point refuses the number of the document that we answered with.
#[test]
fn a_cold_transfer_that_our_own_rules_refuse_goes_to_the_next_and_then_to_the_fallback() {
    for (fallback, is_fallback) in [
        (Fallback::Callback, Document::Goodbye(Goodbye::WillCallBack)),
        (Fallback::Assistant, Document::Goodbye(Goodbye::NobodyFree)),
    ] {
        let mut rig = Rig::on_air(setup(fallback));
        rig.model(ModelInput::Lost(LostCause::Broken));
        rig.pass(4_000);
        let id = rig.redirects()[0].0;
        rig.result(id, ActionResult::Failed);
        assert!(matches!(rig.ask(Question::AfterStream), Document::Cold { attempt: 1, .. }));
        assert!(matches!(rig.ask(cold_refused(1)), Document::Cold { attempt: 2, .. }));
        assert!(matches!(rig.ask(cold_refused(1)), Document::Cold { attempt: 2, .. }), "late");
        assert_eq!(rig.ask(cold_refused(2)), is_fallback);
        let refused = rig.attempts().iter().filter(|state| **state == AttemptState::Refused).count();
        assert_eq!(refused, 2);
        assert!(rig.states().last().is_some_and(|state| state.is_final()));
    }
}

#[test]
fn a_refused_cold_transfer_goes_to_the_voicemail_where_the_organization_wants_that() {
    let mut rig = Rig::on_air(setup(Fallback::Voicemail));
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Failed);
    rig.ask(Question::AfterStream);
    rig.ask(cold_refused(1));
    let document = rig.ask(cold_refused(2));
    assert!(matches!(document, Document::Voicemail { escalation: 1, .. }), "{document:?}");
}

#[test]
fn a_limit_that_all_phones_share_gives_up_none_of_them() {
    let mut rig = Rig::on_air(setup(Fallback::Callback));
    rig.model(ModelInput::Lost(LostCause::Broken));
    rig.pass(4_000);
    let id = rig.redirects()[0].0;
    rig.result(id, ActionResult::Failed);
    assert!(matches!(rig.ask(Question::AfterStream), Document::Cold { attempt: 1, .. }));
    let full = Question::ColdRefused { attempt: 1, fault: NotDialled::MinuteFull.into() };
    assert_eq!(rig.ask(full), Document::Goodbye(Goodbye::WillCallBack));
    assert!(!rig.attempts().contains(&AttemptState::Refused), "{:?}", rig.attempts());
    assert!(rig.states().last().is_some_and(|state| state.is_final()));
}
