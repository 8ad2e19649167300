//! A wish of the core in the words of the carrier's requests.

use super::*;
use crate::twilio::rest::wire::rooms_query;

impl What {
    /// Method, path, query, form.
    #[expect(clippy::type_complexity, reason = "read in one place")]
    pub(super) fn request(&self) -> (&'static str, String, Vec<(&'static str, String)>, Vec<(&'static str, String)>) {
        let completed = || vec![("Status", "completed".to_owned())];
        match self {
            Self::HangUp(leg) => ("POST", format!("/Calls/{leg}.json"), Vec::new(), completed()),
            Self::LookUp(leg) => ("GET", format!("/Calls/{leg}.json"), Vec::new(), Vec::new()),
            Self::Create(_, form) => ("POST", "/Calls.json".to_owned(), Vec::new(), form.clone()),
            Self::Find { query, .. } => ("GET", "/Calls.json".to_owned(), query.clone(), Vec::new()),
            Self::Move(leg, twiml) => {
                ("POST", format!("/Calls/{leg}.json"), Vec::new(), vec![("Twiml", twiml.clone())])
            }
            Self::FindRoom(room, state, ..) => {
                let query = rooms_query(&room.to_string(), LIVE_ROOMS[*state]);
                ("GET", "/Conferences.json".to_owned(), query, Vec::new())
            }
            Self::EndRooms(rooms, _) => {
                let room = rooms.first().map_or("", String::as_str);
                ("POST", format!("/Conferences/{room}.json"), Vec::new(), completed())
            }
        }
    }

    /// The one leg that it is about.
    pub(super) const fn about(&self) -> Option<&LegId> {
        match self {
            Self::HangUp(leg) | Self::LookUp(leg) | Self::Move(leg, _) => Some(leg),
            Self::Create(..) | Self::Find { .. } | Self::FindRoom(..) | Self::EndRooms(..) => None,
        }
    }
}

/// `application/x-www-form-urlencoded`.
pub(in crate::sim::world) fn encoded<N: AsRef<str>>(pairs: &[(N, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        encode(name.as_ref(), &mut text);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

fn encode(value: &str, into: &mut String) {
    use std::fmt::Write as _;
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => into.push(char::from(byte)),
            b' ' => into.push('+'),
            _ => {
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}
