//! Tickets: once, in time, and only the right one.

use super::*;

const LIFE_US: u64 = TICKET_LIFE.as_micros() as u64;

#[test]
fn a_ticket_is_good_once() {
    let mut tickets = Tickets::new(0).unwrap();
    let ticket = tickets.first();
    assert!(tickets.take(ticket.expose(), 1));
    assert!(!tickets.take(ticket.expose(), 2));
}

#[test]
fn a_ticket_expires_after_sixty_seconds() {
    let mut tickets = Tickets::new(100).unwrap();
    let ticket = tickets.first();
    assert!(!tickets.take(ticket.expose(), 100 + LIFE_US));
    assert!(tickets.take(ticket.expose(), 100 + LIFE_US - 1));
}

#[test]
fn another_ticket_is_refused_and_does_not_use_up_the_right_one() {
    let mut tickets = Tickets::new(0).unwrap();
    let other = Tickets::new(0).unwrap().first();
    assert!(!tickets.take(other.expose(), 1));
    assert!(!tickets.take("", 1));
    let ticket = tickets.first();
    assert!(tickets.take(ticket.expose(), 1));
}

#[test]
fn a_ticket_is_128_bits_in_url_safe_letters_and_never_the_same_twice() {
    let tickets: Vec<Secret> = (0..100).map(|_| Tickets::new(0).unwrap().first()).collect();
    for ticket in &tickets {
        assert_eq!(URL_SAFE_NO_PAD.decode(ticket.expose()).unwrap().len(), 16);
    }
    let distinct: std::collections::HashSet<&str> = tickets.iter().map(Secret::expose).collect();
    assert_eq!(distinct.len(), 100);
}

#[test]
fn the_first_ticket_is_given_again_even_when_it_is_used() {
    let mut tickets = Tickets::new(0).unwrap();
    let first = tickets.first();
    assert!(tickets.take(first.expose(), 1));
    assert_eq!(tickets.first().expose(), first.expose());
}

#[test]
fn a_used_ticket_is_renewed_by_a_fresh_one_which_stays_until_it_is_used() {
    let mut tickets = Tickets::new(0).unwrap();
    let first = tickets.first();
    assert!(tickets.take(first.expose(), 1));
    let second = tickets.renew(10).unwrap();
    assert_ne!(second.expose(), first.expose());
    assert_eq!(tickets.renew(20).unwrap().expose(), second.expose());
    assert!(!tickets.take(first.expose(), 30));
    assert!(tickets.take(second.expose(), 20 + LIFE_US - 1));
}

#[test]
fn an_expired_ticket_is_renewed_by_a_fresh_one() {
    let mut tickets = Tickets::new(0).unwrap();
    let first = tickets.first();
    let second = tickets.renew(LIFE_US).unwrap();
    assert_ne!(second.expose(), first.expose());
    assert!(!tickets.take(first.expose(), LIFE_US + 1));
    assert!(tickets.take(second.expose(), LIFE_US + 1));
}
