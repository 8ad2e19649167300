//! Tests of `config::proxies`.

use super::*;

#[test]
fn a_proxy_is_an_address_or_lies_in_a_network() {
    let proxies = Proxies::parse("10.1.2.3, 2001:db8::/32").unwrap();
    let addresses = [
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("::ffff:127.0.0.1", true),
        ("::1", true),
        ("::2", false),
        ("10.1.2.3", true),
        ("10.1.2.4", false),
        ("2001:db8:ffff::1", true),
        ("2001:db9::1", false),
        ("128.0.0.1", false),
    ];
    for (address, is_one) in addresses {
        assert_eq!(proxies.contains(address.parse().unwrap()), is_one, "{address}");
    }
    assert!(Proxies::parse("0.0.0.0/0").unwrap().contains("203.0.113.7".parse().unwrap()));
}

#[test]
fn what_is_no_network_is_refused() {
    for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/8,", "10.0.0.0/8/8"] {
        assert!(Proxies::parse(text).is_err(), "{text}");
    }
}
