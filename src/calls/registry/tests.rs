//! Legs: what is remembered of them, and which callbacks are news.

use super::*;

#[test]
fn statuses_in_any_order_end_in_the_same_place_and_each_is_believed_once() {
    let statuses = [LegStatus::Initiated, LegStatus::Ringing, LegStatus::InProgress, LegStatus::Completed];
    for order in permutations(&[0, 1, 2, 3]) {
        let mut progress = Progress::default();
        let mut believed = Vec::new();
        for place in order.iter().chain(&order) {
            if progress.advance(statuses[*place], Some(*place as u32)) {
                believed.push(statuses[*place]);
            }
        }
        let finals = believed.iter().filter(|status| status.is_terminal()).count();
        assert_eq!((finals, believed.last()), (1, Some(&LegStatus::Completed)), "order {order:?}");
        assert!(believed.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])));
    }
}

#[test]
fn a_second_terminal_status_changes_nothing() {
    let mut progress = Progress::default();
    assert!(progress.advance(LegStatus::Completed, None));
    assert!(!progress.advance(LegStatus::Failed, Some(9)));
}

#[test]
fn a_late_sequence_number_is_ignored_unless_the_status_is_terminal() {
    let mut progress = Progress::default();
    assert!(progress.advance(LegStatus::Ringing, Some(3)));
    assert!(!progress.advance(LegStatus::InProgress, Some(2)));
    assert!(progress.advance(LegStatus::Completed, Some(1)));
}

#[test]
fn an_answer_that_is_given_up_leaves_the_leg_unknown() {
    let registry = Registry::new();
    let Arrived::First(opening) = registry.begin(&leg(1)) else { panic!("the first webhook") };
    let Arrived::Wait(waiting) = registry.begin(&leg(1)) else { panic!("the second webhook") };
    drop(opening);
    assert!(waiting.has_changed().is_err(), "whoever waits is told");
    assert!(matches!(registry.begin(&leg(1)), Arrived::First(_)));
}

#[test]
fn legs_that_are_over_are_remembered_up_to_a_limit() {
    let registry = Registry::new();
    for n in 0..=OVER_LEGS_MAX as u32 {
        registry.finish(&leg(n), Over::Ended);
        registry.finish(&leg(n), Over::Ended);
    }
    assert!(matches!(registry.find(&leg(0)), Found::Unknown));
    assert!(matches!(registry.find(&leg(1)), Found::Over(Over::Ended)));
    assert_eq!(registry.lock().legs.len(), OVER_LEGS_MAX);
}

#[test]
fn a_leg_that_is_known_is_not_adopted() {
    let registry = Registry::new();
    registry.finish(&leg(1), Over::Ended);
    assert!(!registry.adopt(&leg(1), mpsc::channel(1).0));
    assert!(registry.adopt(&leg(2), mpsc::channel(1).0));
    assert!(!registry.adopt(&leg(2), mpsc::channel(1).0));
}

fn leg(n: u32) -> LegId {
    format!("CA{n:032x}").parse().unwrap()
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(place);
        for tail in permutations(&rest) {
            let mut order = vec![*first];
            order.extend(tail);
            all.push(order);
        }
    }
    all
}
