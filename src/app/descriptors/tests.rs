//! Tests of `app::descriptors`.

use super::*;

#[test]
fn half_at_most_is_kept_back_from_strangers() {
    assert_eq!(for_strangers(1024, Some(500)), 512);
    assert_eq!(for_strangers(4096, Some(500)), 4096 - 628);
    assert_eq!(for_strangers(65_536, None), 32_768);
    assert_eq!(for_strangers(64, Some(500)), 32);
}

#[test]
fn calls_need_two_each_and_some_more() {
    assert_eq!(wanted(Some(500)), Some(1200));
    assert_eq!(wanted(None), None);
}

#[test]
fn the_limit_is_raised_and_stays() {
    let before = limit();
    let raised = raise();
    assert!(raised >= before && raised == limit(), "{before} {raised}");
    assert_eq!(raise(), raised);
}
