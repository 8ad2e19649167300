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
    is_irish_premium(digits) || BARRED.iter().any(|prefix| digits.starts_with(prefix))
}

/// 15xx and six digits; with fewer it is a number in Dublin.
fn is_irish_premium(digits: &str) -> bool {
    digits.strip_prefix("353").is_some_and(|national| national.len() == 10 && national.starts_with("15"))
}

/// Under `+1` lie some twenty countries besides the United States and Canada, with prices of their own; who allows
/// `+1` has hardly thought of them. An allow-list opens them only with their own code.
pub(super) fn needs_own_code(number: &PhoneNumber) -> bool {
    let area = number.e164().strip_prefix("+1").and_then(|national| national.get(..3));
    area.is_some_and(|area| ISLANDS.contains(&area))
}

/// Area codes of the North American plan that belong neither to the United States, their territories included, nor to
/// Canada.
const ISLANDS: &[&str] = &[
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "684", "721", "758", "767", "784",
    "809", "829", "849", "868", "869", "876",
];

/// Area codes that belong to no place: personal numbers of the United States, machines and networks of Canada.
const NON_GEOGRAPHIC: &[&str] = &[
    "500", "521", "522", "523", "524", "525", "526", "527", "528", "529", "532", "533", "535", "538", "542", "543",
    "544", "545", "546", "547", "549", "550", "552", "553", "554", "556", "558", "566", "569", "577", "578", "588",
    "589", "600", "622", "633", "644", "655", "677", "688",
];

/// The country of a number in which toll fraud finds its accomplices more often than callers their relatives.
pub(super) fn high_risk(number: &PhoneNumber) -> Option<&'static str> {
    HIGH_RISK.iter().find(|country| number.e164().starts_with(**country)).copied()
}

/// Countries and regions whose ordinary numbers are known for shared revenue.
const HIGH_RISK: &[&str] = &[
    "+216", "+220", "+232", "+239", "+243", "+246", "+247", "+252", "+257", "+290", "+371", "+372", "+500", "+53",
    "+674", "+677", "+678", "+682", "+688", "+690", "+7840", "+7940", "+850", "+960",
];

/// Ten digits: area code, exchange, line. `n11` is a service wherever it stands; 900 and 976 cost extra.
fn is_barred_in_north_america(national: &str) -> bool {
    let (Some(area), Some(exchange)) = (national.get(..3), national.get(3..6)) else {
        return true;
    };
    let is_service = |code: &str| code.ends_with("11") && !code.starts_with(['0', '1']);
    let is_whole = national.len() == 10;
    !is_whole
        || matches!(area, "900" | "976" | "456" | "700" | "710")
        || NON_GEOGRAPHIC.contains(&area)
        || exchange == "976"
        || is_service(area)
        || is_service(exchange)
        || area.starts_with(['0', '1'])
}

/// Prefixes after the `+`, by country code. What some networks would connect as an emergency call is among them.
const BARRED: &[&str] = &[
    // No country: freephone pools, shared cost, satellites, networks, personal numbers, premium rate.
    "800", "808", "870", "875", "876", "877", "878", "879", "881", "882", "883", "888", "979", "991", "999",
    // United Kingdom: 09 with 999, 087, 084, 070, pagers under 076 (07624 as well); 112.
    "449", "4487", "4484", "4470", "4476", "44112", // Germany: 0900, 0700, 0190, 0137, 0180; 110, 112, 118.
    "49900", "49700", "49190", "49137", "49180", "49110", "49112", "49118", // France: 089, 081, 082; 112.
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
    // Latvia, Lithuania, Estonia; Slovenia, Croatia, Bosnia and Herzegovina, North Macedonia, Serbia.
    "37190", "37090", "37290", "38690", "38560", "38561", "38564", "38565", "38790", "38950", "38190",
    // Bulgaria, Romania, Hungary, Czechia, Slovakia, Moldova, Albania, Greece, Cyprus, Malta.
    "35990", "4090", "3690", "3691", "42090", "420976", "421900", "42197", "42198", "37390", "355900", "3090", "35790",
    "3565", // Belgium 070; Luxembourg, Liechtenstein, Iceland.
    "3270", "352900", "352901", "352905", "42390", "35490",
    // Russia and Kazakhstan, Ukraine, Belarus, Turkey.
    "7803", "7809", "380900", "375902", "90900", "90888", "90898",
    // Israel, United Arab Emirates, Egypt, Morocco, South Africa, Pakistan.
    "97219", "971900", "20900", "21289", "2790", "92900",
    // Hong Kong, Taiwan, South Korea, Singapore, Thailand, Vietnam, Indonesia.
    "852900", "886204", "8260", "651900", "661900", "841900", "62809", // Argentina, Uruguay, Venezuela.
    "54600", "54604", "54605", "54607", "54609", "59890", "58900", "58901",
    // Personal numbers and shared cost: Spain 70, Switzerland 084, Austria 081 and 082, Netherlands 084 and 087,
    // Portugal 70 and 80, Poland 801 and 804, Italy 178 and 84, Japan 0570.
    "3470", "4184", "43810", "43820", "43821", "3184", "3187", "351707", "351708", "351808", "351809", "48801", "48804",
    "39178", "3984", "81570", // Australia: satellites under 0147. South Africa 086, Kenya 0900, Nigeria 0900.
    "61147", "2786", "254900", "234900", // Colombia 01900 and 01901, Chile 700.
    "57900", "57901", "571900", "571901", "56700",
];

#[cfg(test)]
mod tests;
