//! Tests of `sign`.

use super::*;

#[test]
fn signs_like_the_published_example() {
    let pairs = [
        ("CallSid", "CA1234567890ABCDE"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
        ("From", "+14158675309"),
        ("Digits", "1234"),
    ];
    let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    assert_eq!(signature("12345", url, &pairs), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    let doubled = [pairs.clone(), pairs].concat();
    assert_eq!(signature("12345", url, &doubled), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}
