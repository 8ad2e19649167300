//! Numbers that nobody may make us call: premium rates, satellites, special services, emergencies.
//!
//! A table of prefixes, because toll fraud lives from the few numbers that no allow-list thinks of; no entry of an
//! allow-list and no target lifts it. Short codes (911, 112) are no E.164 numbers and never come here.

use crate::types::PhoneNumber;

pub(super) fn is_barred(number: &PhoneNumber) -> bool {
    let digits = number.e164().trim_start_matches('+');
    if let Some(national) = digits.strip_prefix('1') {
        return is_barred_in_north_america(national);
    }
    BARRED.iter().any(|prefix| digits.starts_with(prefix))
}

/// Ten digits: area code, exchange, line. `n11` is a service wherever it stands; 900 and 976 cost extra.
fn is_barred_in_north_america(national: &str) -> bool {
    let (Some(area), Some(exchange)) = (national.get(..3), national.get(3..6)) else {
        return true;
    };
    let is_service = |code: &str| code.ends_with("11") && !code.starts_with(['0', '1']);
    let is_whole = national.len() == 10;
    !is_whole
        || matches!(area, "900" | "976")
        || exchange == "976"
        || is_service(area)
        || is_service(exchange)
        || area.starts_with(['0', '1'])
}

/// Prefixes after the `+`, by country code. What some networks would connect as an emergency call is among them.
const BARRED: &[&str] = &[
    // No country: freephone pools, shared cost, satellites, networks, personal numbers, premium rate.
    "800", "808", "870", "875", "876", "877", "878", "879", "881", "882", "883", "888", "979", "991", "999",
    // United Kingdom: 09 with 999, 087, 084, 070; 112.
    "449", "4487", "4484", "4470", "44112", // Germany: 0900, 0190, 0137, 0180; 110, 112, 118.
    "49900", "49190", "49137", "49180", "49110", "49112", "49118", // France: 089, 081, 082; 112.
    "3389", "3381", "3382", "33112", // Spain: 80 and 90 with a charge; 112, 118.
    "34803", "34806", "34807", "34901", "34902", "34905", "34907", "34112", "34118",
    // Italy: 89, 199, 144, 166; 112, 113, 118.
    "3989", "39199", "39144", "39166", "39112", "39113", "39118",
    // Netherlands, Belgium, Portugal, Finland: 090; 090; 060 and 76; 0600 and 0700.
    "3190", "3290", "35160", "35176", "358600", "358700",
    // Switzerland, Austria, Denmark, Sweden, Norway, Poland: 090; 090 and 093; 90; 0900, 0939, 0944; 82; 70.
    "4190", "4390", "4393", "4590", "46900", "46939", "46944", "4782", "4870",
    // Mexico, Brazil, Australia, New Zealand, Japan: 900; 0900; 19 and 000; 0900; 0990.
    "52900", "55900", "6119", "61000", "64900", "81990",
];

#[cfg(test)]
mod tests;
