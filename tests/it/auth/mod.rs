//! Tests of `auth`.

use std::collections::BTreeSet;

use switchboard::auth::{bearer, generate_key, hash_key, same};

#[test]
fn keys_are_marked_long_and_different() {
    let keys: BTreeSet<String> = (0..100).map(|_| generate_key().unwrap().expose().to_owned()).collect();
    assert_eq!(keys.len(), 100);
    for key in &keys {
        let digits = key.strip_prefix("sb_").unwrap();
        assert!(digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
    }
}

#[test]
fn a_hash_is_sha_256_in_lower_case_hex() {
    assert_eq!(hash_key("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn comparison_knows_equal_from_different() {
    for (a, b, equal) in [("key", "key", true), ("key", "kez", false), ("key", "key2", false), ("", "", true)] {
        assert_eq!(same(a, b), equal, "{a} {b}");
    }
}

#[test]
fn only_a_bearer_header_holds_a_key() {
    for (header, key) in [
        ("Bearer abc", Some("abc")),
        ("BEARER abc ", Some("abc")),
        ("Bearer a b", None),
        ("Bearer a\tb", None),
        ("Bearerabc", None),
        ("Basic abc", None),
        ("", None),
    ] {
        assert_eq!(bearer(header), key, "{header}");
    }
}
