//! What the whole installation may dial, whatever an organization's settings say.
//!
//! An API key can change every setting of an organization; the limits on toll fraud must not be among them.

use crate::dialling::barred;
use crate::types::phone::is_country_prefix;
use crate::types::{NotDialled, PhoneNumber};

/// The installation's own limits, from its settings file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ceiling {
    /// Prefixes (`+1`, `+44`) outside of which nothing is dialled; empty: every country but those of high risk.
    pub countries: Vec<String>,
    /// Dials of all organizations within a day. Emergencies are not counted.
    pub dials_per_day_max: u32,
}

impl Default for Ceiling {
    fn default() -> Self {
        Self { countries: Vec::new(), dials_per_day_max: 5_000 }
    }
}

impl Ceiling {
    /// Whether the installation calls this country at all. One that toll fraud likes best has to be named: here, in the
    /// organization's allow-list, or by our having a number there.
    pub(super) fn judge(
        &self,
        number: &PhoneNumber,
        allow: &[String],
        shown: Option<&PhoneNumber>,
    ) -> Result<(), NotDialled> {
        let is_listed = self.countries.iter().any(|prefix| covers(prefix, number));
        if !self.countries.is_empty() && !is_listed {
            return Err(NotDialled::Country);
        }
        let Some(country) = barred::high_risk(number) else {
            return Ok(());
        };
        let names = |prefix: &String| prefix.starts_with(country) && covers(prefix, number);
        let at_home = shown.is_some_and(|shown| shown.e164().starts_with(country));
        if at_home || self.countries.iter().any(names) || allow.iter().any(names) {
            return Ok(());
        }
        Err(NotDialled::Country)
    }
}

/// A prefix is `+` and at least a whole country code; an empty, shorter or broken one covers nothing. One that ends
/// before the code of a country that shares `+1` does not cover that country.
pub(super) fn covers(prefix: &str, number: &PhoneNumber) -> bool {
    let names_country = !barred::needs_own_code(number) || prefix.len() > OWN_CODE_DIGITS;
    is_country_prefix(prefix) && names_country && number.e164().starts_with(prefix)
}

/// `1876`: Jamaica.
const OWN_CODE_DIGITS: usize = 4;
