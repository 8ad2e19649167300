//! Tests of `twilio::origin`.

use super::*;

#[test]
fn https_gives_wss_and_both_spellings_of_the_default_port() {
    let origin = Origin::parse("https://gw.test").unwrap();
    assert_eq!(origin.http("/twilio/voice"), "https://gw.test/twilio/voice");
    assert_eq!(origin.socket("/twilio/media"), "wss://gw.test/twilio/media");
    assert_eq!(origin.signed_http("/v?a=%20b"), ["https://gw.test/v?a=%20b", "https://gw.test:443/v?a=%20b"]);
    assert_eq!(
        origin.signed_socket("/m"),
        ["wss://gw.test/m", "wss://gw.test:443/m", "wss://gw.test/m/", "wss://gw.test:443/m/"]
    );
}

#[test]
fn a_port_of_its_own_is_the_only_spelling() {
    let origin = Origin::parse("http://127.0.0.1:8080/").unwrap();
    assert_eq!(origin.signed_http("/v"), ["http://127.0.0.1:8080/v"]);
    assert_eq!(origin.socket("/m"), "ws://127.0.0.1:8080/m");
    let ipv6 = Origin::parse("http://[::1]:8080").unwrap();
    assert_eq!(ipv6.http("/v"), "http://[::1]:8080/v");
}

#[test]
fn an_explicit_default_port_is_tried_both_ways() {
    let origin = Origin::parse("https://gw.test:443").unwrap();
    assert_eq!(origin.signed_http("/v"), ["https://gw.test/v", "https://gw.test:443/v"]);
}

#[test]
fn a_path_prefix_is_kept() {
    let origin = Origin::parse("https://gw.test/phone/").unwrap();
    assert_eq!(origin.http("/twilio/voice"), "https://gw.test/phone/twilio/voice");
}

#[test]
fn what_is_no_origin_is_refused() {
    for text in
        ["", "gw.test", "ftp://gw.test", "https://", "https://gw.test?x=1", "https://gw.test:port", "https://a@b"]
    {
        assert_eq!(Origin::parse(text), Err(BadOrigin), "{text}");
    }
}
