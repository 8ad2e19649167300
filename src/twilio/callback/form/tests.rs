//! Tests of `twilio::callback::form`.

use super::*;

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).unwrap()
}

#[test]
fn a_form_is_decoded_as_it_was_encoded() {
    let form = form("A=1+2%2B3&B=&C&=D&A=caf%C3%A9&&E=a=b&F=100%&G=%zz%4");
    let pairs: Vec<(&str, &str)> = form.texts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("A", "1 2+3"), ("B", ""), ("C", ""), ("", "D"), ("A", "café"), ("E", "a=b"), ("F", "100%"), ("G", "%zz%4")]
    );
}

#[test]
fn bytes_that_are_no_text_are_signed_as_they_came_and_read_as_far_as_they_go() {
    let form = Form::parse(b"CallerName=Jos%e9&\xff=1").unwrap();
    assert_eq!(form.pairs(), [(b"CallerName".to_vec(), b"Jos\xe9".to_vec()), (b"\xff".to_vec(), b"1".to_vec())]);
    assert_eq!(form.first("CallerName"), Some("Jos\u{fffd}"));
    let differ = Form::parse(b"From=%fe&From=%ff");
    assert_eq!(differ.unwrap_err(), BadForm::Repeated("From"), "they read alike, and are not the same");
}

#[test]
fn no_form_has_more_than_256_parameters() {
    assert_eq!(form(&"a=1&".repeat(256)).pairs().len(), 256);
    assert_eq!(Form::parse("a=1&".repeat(257).as_bytes()).unwrap_err(), BadForm::TooMany);
}

#[test]
fn decisive_parameters_may_repeat_but_not_contradict_themselves() {
    for name in DECISIVE {
        assert_eq!(Form::parse(format!("{name}=1&x=2&{name}=3").as_bytes()).unwrap_err(), BadForm::Repeated(name));
        assert!(Form::parse(format!("{name}=1&{name}=1").as_bytes()).is_ok(), "{name}");
    }
    assert!(Form::parse(b"Other=1&Other=2").is_ok());
}
