//! Which callbacks are news.

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
