//! The end of a call as carriers write it: a number, often with a channel or a scheme around it.
//!
//! `whatsapp:+12025550199`, `sip:+12025550199@pbx.example.com` and `tel:+1-202-555-0199` all name the same number, and
//! whoever owns it must answer. Digits without a plus may be a whole number or one of some country's own, so they are
//! only a guess.

use crate::types::PhoneNumber;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    Number(PhoneNumber),
    /// Digits without a plus, as the number that they would be with one.
    Bare(PhoneNumber),
    /// No number: a name, or nothing.
    Other,
}

impl Address {
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once(':') else {
            return digits(text);
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sip" | "sips" => digits(&user(rest)),
            "tel" => tel(rest),
            "whatsapp" => digits(rest),
            // A name that some program gave itself, whatever it looks like.
            "client" => Self::Other,
            _ => match digits(rest) {
                Self::Number(number) => Self::Number(number),
                Self::Bare(_) | Self::Other => Self::Other,
            },
        }
    }
}

/// `+` and digits, or digits alone; `00` is a plus that somebody dialled.
fn digits(text: &str) -> Address {
    if text.starts_with('+') {
        return text.parse().map_or(Address::Other, Address::Number);
    }
    let digits = text.strip_prefix("00").unwrap_or(text);
    format!("+{digits}").parse().map_or(Address::Other, Address::Bare)
}

/// What stands before the `@` of a SIP address, without its parameters.
fn user(text: &str) -> String {
    let user = text.split('@').next().unwrap_or_default();
    let user = user.split([';', '?', ':']).next().unwrap_or_default();
    user.replace("%2B", "+").replace("%2b", "+")
}

/// A number for people's eyes; a local one says by its context what stands in front of it.
fn tel(text: &str) -> Address {
    let mut parts = text.split(';');
    let plain: String = parts.next().unwrap_or_default().chars().filter(|c| !"-.() ".contains(*c)).collect();
    let context = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| *name == "phone-context");
    match context {
        Some((_, context)) if context.starts_with('+') && !plain.starts_with('+') => {
            digits(&format!("{context}{plain}"))
        }
        _ => digits(&plain),
    }
}

#[cfg(test)]
mod tests;
