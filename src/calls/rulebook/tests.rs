//! When rules are compiled anew, and when not.

use super::*;
use crate::assistant;

#[test]
fn rules_are_compiled_once_until_the_settings_change() {
    let book = Rulebook::default();
    let mut org = assistant::settings::organization(&assistant::demo_org()).unwrap();
    let first = book.of(&org, &Troubles::detached());
    assert!(Arc::ptr_eq(&first, &book.of(&org, &Troubles::detached())));
    org.safety.human.push("the boss".to_owned());
    let second = book.of(&org, &Troubles::detached());
    assert!(!Arc::ptr_eq(&first, &second));
    org.language = "es".to_owned();
    assert!(!Arc::ptr_eq(&second, &book.of(&org, &Troubles::detached())));
    assert_eq!(book.lock().len(), 1);
}

#[test]
fn the_book_does_not_grow_without_end() {
    let book = Rulebook::default();
    let mut org = assistant::settings::organization(&assistant::demo_org()).unwrap();
    for n in 0..PAGES_MAX + 5 {
        org.id = format!("org-{n}").parse().unwrap();
        book.of(&org, &Troubles::detached());
    }
    assert_eq!(book.lock().len(), 5);
}
