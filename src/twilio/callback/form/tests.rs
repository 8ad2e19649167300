//! Tests of `twilio::callback::form`.

use super::*;

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).unwrap()
}

#[test]
fn a_form_is_decoded_as_it_was_encoded() {
    let form = form("A=1+2%2B3&B=&C&=D&A=caf%C3%A9&&E=a=b&F=100%&G=%zz%4");
    let pairs: Vec<(&str, &str)> = form.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("A", "1 2+3"), ("B", ""), ("C", ""), ("", "D"), ("A", "café"), ("E", "a=b"), ("F", "100%"), ("G", "%zz%4")]
    );
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_eq!(Form::parse(b"A=%ff").unwrap_err(), BadForm::NotText);
    assert_eq!(Form::parse(b"\xff=1").unwrap_err(), BadForm::NotText);
}

#[test]
fn decisive_parameters_may_repeat_but_not_contradict_themselves() {
    for name in DECISIVE {
        assert_eq!(Form::parse(format!("{name}=1&x=2&{name}=3").as_bytes()).unwrap_err(), BadForm::Repeated(name));
        assert!(Form::parse(format!("{name}=1&{name}=1").as_bytes()).is_ok(), "{name}");
    }
    assert!(Form::parse(b"Other=1&Other=2").is_ok());
}
