//! Tests of `twilio::signature`: published vectors, every candidate, and mutations that must all be refused.

use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "12345";

fn verifier(base: &str, change: impl FnOnce(&mut TwilioSettings)) -> Verifier {
    let mut settings = TwilioSettings::new(base);
    settings.tokens = vec![Secret::new(TOKEN)];
    change(&mut settings);
    Verifier::new(Origin::parse(base).unwrap(), &settings)
}

fn headers(signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE, HeaderValue::from_str(signature).unwrap());
    headers
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What Twilio's documentation describes, written down a second time.
fn sign<M: Mac + KeyInit>(secret: &str, url: &str, pairs: &[(String, String)]) -> String {
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut text = url.to_owned();
    for name in names {
        let mut values: Vec<&str> = pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect();
        values.sort_unstable();
        values.dedup();
        for value in values {
            text = text + name + value;
        }
    }
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn published() -> Vec<(String, String)> {
    pairs(&[
        ("To", "+18005551212"),
        ("From", "+14158675309"),
        ("Digits", "1234"),
        ("Caller", "+14158675309"),
        ("CallSid", "CA1234567890ABCDE"),
    ])
}

#[test]
fn the_published_form_vectors_are_accepted() {
    let https = verifier("https://mycompany.com", |_| {});
    let target = "/myapp.php?foo=1&bar=2";
    assert_eq!(https.form(target, &headers("RSOYDt4T1cUTdK1PDd93/VVr8B8="), &published()), Ok(()));
    let http = verifier("http://mycompany.com:1234", |_| {});
    assert_eq!(http.form(target, &headers("Zmvh+3yNM1Phv2jhDCwEM3q5ebU="), &published()), Ok(()));
}

#[test]
fn the_published_json_vector_is_accepted_and_bound_to_its_body() {
    let verifier = verifier("https://mycompany.com", |_| {});
    let target = "/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let headers = headers("a9nBmqA0ju/hNViExpshrM61xv4=");
    assert_eq!(verifier.json(target, &headers, br#"{"property": "value", "boolean": true}"#), Ok(()));
    assert_eq!(verifier.json(target, &headers, br#"{"property": "value", "boolean": false}"#), Err(Refused::BodyHash));
    let twice = format!("{target}&bodySHA256=00");
    assert_eq!(
        verifier.json(&twice, &headers, br#"{"property": "value", "boolean": true}"#),
        Err(Refused::BodyHash),
        "two hashes are ambiguous"
    );
    assert_eq!(verifier.json("/myapp.php", &headers, b"{}"), Err(Refused::BodyHash), "no hash at all");
}

#[test]
fn names_in_byte_order_values_sorted_and_once() {
    let verifier = verifier("https://gw.test", |_| {});
    let given = pairs(&[("b", "2"), ("A", "2"), ("a", "3"), ("A", "1"), ("A", "2"), ("empty", ""), ("é", " ñ ")]);
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update("https://gw.test/vA1A2a3b2emptyé ñ ".as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(verifier.form("/v", &headers(&signature), &given), Ok(()));
}

#[test]
fn the_default_port_may_be_signed_or_not() {
    let verifier = verifier("https://gw.test", |_| {});
    for url in ["https://gw.test/v", "https://gw.test:443/v"] {
        assert_eq!(verifier.get("/v", &headers(&sign::<Hmac<Sha1>>(TOKEN, url, &[]))), Ok(()), "{url}");
    }
    for url in ["http://gw.test/v", "https://gw.test:80/v", "https://gw.test/v/", "https://other.test/v"] {
        let signature = sign::<Hmac<Sha1>>(TOKEN, url, &[]);
        assert_eq!(verifier.get("/v", &headers(&signature)), Err(Refused::Mismatch), "{url}");
    }
}

#[test]
fn an_upgrade_is_signed_as_wss_perhaps_with_a_slash_and_never_with_a_query() {
    let verifier = verifier("https://gw.test", |_| {});
    for url in ["wss://gw.test/m", "wss://gw.test:443/m", "wss://gw.test/m/", "wss://gw.test:443/m/"] {
        assert_eq!(verifier.upgrade("/m", &headers(&sign::<Hmac<Sha1>>(TOKEN, url, &[]))), Ok(()), "{url}");
    }
    let https = sign::<Hmac<Sha1>>(TOKEN, "https://gw.test/m", &[]);
    assert_eq!(verifier.upgrade("/m", &headers(&https)), Err(Refused::Mismatch));
    let query = sign::<Hmac<Sha1>>(TOKEN, "wss://gw.test/m?t=1", &[]);
    assert_eq!(verifier.upgrade("/m?t=1", &headers(&query)), Err(Refused::Query));
}

#[test]
fn either_of_two_tokens_may_sign() {
    let verifier = verifier("https://gw.test", |settings| settings.tokens.push(Secret::new("next")));
    for (token, expected) in [(TOKEN, Ok(())), ("next", Ok(())), ("third", Err(Refused::Mismatch))] {
        let signature = sign::<Hmac<Sha1>>(token, "https://gw.test/v", &published());
        assert_eq!(verifier.form("/v", &headers(&signature), &published()), expected, "{token}");
    }
}

#[test]
fn a_shared_key_signs_with_sha256_and_only_under_its_own_name() {
    let verifier = verifier("https://gw.test", |settings| {
        settings.shared_keys = vec![("key_1".to_owned(), Secret::new("shared"))];
    });
    let signature = sign::<Hmac<Sha256>>("shared", "https://gw.test/v", &published());
    let ask = |settings: &str, signature: &str| {
        let mut headers = headers(signature);
        headers.insert(SETTINGS, HeaderValue::from_str(settings).unwrap());
        verifier.form("/v", &headers, &published())
    };
    assert_eq!(ask("key=key_1,algorithm=HMAC_SHA256", &signature), Ok(()));
    assert_eq!(ask(" algorithm=HMAC_SHA256 , key=key_1", &signature), Ok(()));
    for settings in [
        "key=key_2,algorithm=HMAC_SHA256",
        "key=key_1,algorithm=HMAC_SHA1",
        "key=key_1,algorithm=HMAC_MD5",
        "key=key_1,algorithm=",
        "key=key_1",
        "algorithm=HMAC_SHA256",
        "key=key_1,key=key_2,algorithm=HMAC_SHA256",
        "nonsense",
    ] {
        assert_eq!(ask(settings, &signature), Err(Refused::UnknownKey), "{settings}");
    }
    let token = sign::<Hmac<Sha256>>(TOKEN, "https://gw.test/v", &published());
    assert_eq!(ask("key=key_1,algorithm=HMAC_SHA256", &token), Err(Refused::Mismatch), "the token is no shared key");
    assert_eq!(
        verifier.form("/v", &headers(&signature), &published()),
        Err(Refused::Malformed),
        "a shared key needs its header"
    );
}

#[test]
fn a_signature_is_there_once() {
    let verifier = verifier("https://gw.test", |_| {});
    let mut twice = headers(&sign::<Hmac<Sha1>>(TOKEN, "https://gw.test/v", &[]));
    twice.append(SIGNATURE, HeaderValue::from_static("x"));
    assert_eq!(verifier.get("/v", &twice), Err(Refused::Missing));
    assert_eq!(verifier.get("/v", &HeaderMap::new()), Err(Refused::Missing));
    assert_eq!(verifier.get("/v", &headers("")), Err(Refused::Malformed));
}

#[test]
fn what_cannot_be_a_signature_is_told_from_the_headers_alone() {
    let verifier = verifier("https://gw.test", |_| {});
    let one = sign::<Hmac<Sha1>>("any", "https://any", &[]);
    assert_eq!(verifier.might_be_signed(&headers(&one)), Ok(()));
    let of_sha256 = sign::<Hmac<Sha256>>("any", "https://any", &[]);
    for text in ["x", &one[1..], &format!("{one}="), &one.replace('=', "A"), &format!("-{}", &one[1..]), &of_sha256] {
        assert_eq!(verifier.might_be_signed(&headers(text)), Err(Refused::Malformed), "{text}");
    }
    let mut shared = headers(&of_sha256);
    shared.insert(SETTINGS, HeaderValue::from_static("key=k,algorithm=HMAC_SHA256"));
    assert_eq!(verifier.might_be_signed(&shared), Ok(()), "who has this key is looked at later");
}

#[test]
fn without_a_secret_nobody_is_believed_unless_checking_is_off() {
    let without = verifier("https://gw.test", |settings| settings.tokens.clear());
    assert!(!without.is_ready());
    assert_eq!(without.get("/v", &headers("x")), Err(Refused::NotConfigured));
    let off = verifier("http://127.0.0.1:1", |settings| {
        settings.tokens.clear();
        settings.validate = false;
    });
    assert!(off.is_ready());
    assert_eq!(off.form("/v", &HeaderMap::new(), &published()), Ok(()));
    assert_eq!(off.upgrade("/m", &HeaderMap::new()), Ok(()));
}

/// Changes one character of a text, inserts one, or removes one; the result always differs.
fn mutated(text: &str, at: usize, with: char, kind: u8) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at % (chars.len() + 1);
    match kind % 3 {
        0 if at < chars.len() && chars[at] != with => chars[at] = with,
        1 if at < chars.len() => {
            chars.remove(at);
        }
        _ => chars.insert(at, with),
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_accepted_and_any_change_of_it_is_refused(
        form in prop::collection::btree_map("[A-Za-z]{1,12}", "\\PC{0,24}", 1..8),
        query in "[a-z0-9=&%+._-]{0,20}",
        what in 0u8..4,
        which in any::<prop::sample::Index>(),
        at in any::<usize>(),
        with in prop::char::range('!', '~'),
        kind in any::<u8>(),
    ) {
        let verifier = verifier("https://gw.test", |_| {});
        let target = if query.is_empty() { "/twilio/voice".to_owned() } else { format!("/twilio/voice?{query}") };
        let form: Vec<(String, String)> = form.into_iter().collect();
        let signature = sign::<Hmac<Sha1>>(TOKEN, &format!("https://gw.test{target}"), &form);
        prop_assert_eq!(verifier.form(&target, &headers(&signature), &form), Ok(()));

        let (mut target, mut form, mut signature) = (target, form, signature);
        let nth = which.index(form.len());
        match what {
            0 => signature = mutated(&signature, at, with, kind),
            1 => target = mutated(&target, at, with, kind),
            2 => form[nth].0 = mutated(&form[nth].0, at, with, kind),
            _ => form[nth].1 = mutated(&form[nth].1, at, with, kind),
        }
        prop_assert!(verifier.form(&target, &headers(&signature), &form).is_err());
    }
}
