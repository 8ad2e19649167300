//! Tests of `proxy`; tunnels are tested over sockets in `tests/it/net`.

use super::*;

fn parsed(text: &str) -> Result<(String, u16, Option<String>), BadProxy> {
    let proxy: Proxy = text.parse()?;
    Ok((proxy.host, proxy.port, proxy.login.map(|login| login.expose().to_owned())))
}

#[test]
fn proxies_are_written_in_many_ways() {
    let plain = |host: &str, port| Ok((host.to_owned(), port, None));
    assert_eq!(parsed("http://proxy.test:3128"), plain("proxy.test", 3128));
    assert_eq!(parsed("HTTP://Proxy.Test:3128/"), plain("proxy.test", 3128));
    assert_eq!(parsed("proxy.test:3128"), plain("proxy.test", 3128));
    assert_eq!(parsed("http://10.0.0.1"), plain("10.0.0.1", 80));
    assert_eq!(parsed("http://[2001:db8::1]:3128"), plain("2001:db8::1", 3128));
    // "user:p@ss" and "user@corp:".
    let login = |base64: &str| Some(format!("Basic {base64}"));
    assert_eq!(parsed("http://user:p%40ss@proxy.test:1"), Ok(("proxy.test".into(), 1, login("dXNlcjpwQHNz"))));
    assert_eq!(parsed("http://user@corp@proxy.test:1"), Ok(("proxy.test".into(), 1, login("dXNlckBjb3JwOg=="))));
}

#[test]
fn what_is_no_http_proxy_is_refused_without_being_quoted() {
    for text in ["https://proxy.test:3128", "socks5://proxy.test:1080"] {
        assert_eq!(parsed(text), Err(BadProxy::Kind), "{text}");
    }
    for text in ["", "http://", "http://proxy.test/path", "http://proxy.test:port", "a b", "http://u:p@"] {
        assert_eq!(parsed(text), Err(BadProxy::Shape), "{text}");
    }
}

fn goes_through(no_proxy: &str, url: &str) -> bool {
    let proxies = Proxies::new("proxy.test:3128".parse().unwrap(), no_proxy);
    proxies.of(&Place::parse(url).unwrap()).is_some()
}

#[test]
fn this_machine_is_never_reached_through_a_proxy() {
    for url in ["http://127.0.0.1:9", "ws://127.9.9.9", "http://localhost:1", "https://x.localhost", "ws://[::1]:5/v1"]
    {
        assert!(!goes_through("", url), "{url}");
    }
    for url in ["https://api.test", "wss://api.test/v1", "https://10.0.0.1", "https://localhost.test"] {
        assert!(goes_through("", url), "{url}");
    }
}

#[test]
fn exceptions_are_names_with_all_below_them_addresses_and_networks() {
    for (no_proxy, url, through) in [
        ("api.test", "https://api.test", false),
        ("API.Test", "https://api.test", false),
        (".api.test", "https://eu.api.test", false),
        ("*.api.test", "https://api.test", false),
        ("api.test", "https://myapi.test", true),
        ("other.test, api.test", "https://api.test", false),
        ("api.test:443", "https://api.test", false),
        ("api.test:8443", "https://api.test", true),
        ("10.0.0.0/8", "https://10.9.8.7", false),
        ("10.0.0.0/8", "https://11.9.8.7", true),
        ("10.0.0.0/8", "https://[2001:db8::1]", true),
        ("2001:db8::/32", "https://[2001:db8::1]", false),
        ("10.9.8.7", "https://10.9.8.7", false),
        ("10.9.8.7", "https://10.9.8.6", true),
        ("0.0.0.0/0", "https://10.9.8.6", false),
        ("*", "https://api.test", false),
        (". , /, *.", "https://api.test", true),
    ] {
        assert_eq!(goes_through(no_proxy, url), through, "{no_proxy} {url}");
    }
}

#[test]
fn only_an_answer_of_http_counts() {
    assert_eq!(status(b"HTTP/1.1 200 Connection established\r\n\r\n"), Some(200));
    assert_eq!(status(b"HTTP/1.0 407 \r\nx: y\r\n\r\n"), Some(407));
    for head in [&b"SSH-2.0-x\r\n\r\n"[..], b"HTTP/1.1 \r\n\r\n", b"HTTP/1.1 2x0\r\n\r\n", b"\xff\r\n\r\n"] {
        assert_eq!(status(head), None);
    }
}
