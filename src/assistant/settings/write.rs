//! What is asked of settings when somebody writes them, beyond what reading them asks: known keys, numbers that can
//! ring, and warnings about what is allowed and hardly meant.

use serde_json::{Map, Value};

use super::number::read_number;
use super::{CALL_SECS_MAX, keys};
use crate::assistant::check::{Problem, Problems};
use crate::dialling::never_rings;
use crate::ports::store::OrgRow;
use crate::types::org::{Organization, WeekHours};

/// Settings that may be stored.
#[derive(Debug)]
pub struct Checked {
    pub org: Organization,
    /// What is allowed, and hardly meant.
    pub warnings: Vec<Problem>,
}

/// Checks a row that is about to be stored, and writes its phone numbers in E.164.
///
/// # Errors
/// Everything that is wrong with it, in document order.
pub fn check(row: &mut OrgRow) -> Result<Checked, Vec<Problem>> {
    let mut problems = Problems::default();
    if let Ok(Value::Object(mut config)) = serde_json::from_str(&row.config) {
        keys::unknown(&config, &mut problems);
        if config.get("call_secs_max").and_then(Value::as_u64).is_some_and(|secs| secs > u64::from(CALL_SECS_MAX)) {
            let detail =
                format!("This must be a whole number from 30 to {CALL_SECS_MAX}: the model's session ends then.");
            problems.add("/config/call_secs_max", detail);
        }
        if write_numbers(&mut config, &mut problems) {
            row.config = Value::Object(config).to_string();
        }
    }
    phone(row, &mut problems);
    match super::organization(row) {
        Ok(org) if problems.0.is_empty() => Ok(Checked { warnings: warnings(&org, row), org }),
        Ok(_) => Err(problems.0),
        Err(others) => {
            let known: Vec<String> = problems.0.iter().map(|problem| problem.pointer.clone()).collect();
            problems.0.extend(others.into_iter().filter(|other| !known.contains(&other.pointer)));
            Err(problems.0)
        }
    }
}

/// The targets' numbers in E.164. Whether any changed.
fn write_numbers(config: &mut Map<String, Value>, problems: &mut Problems) -> bool {
    let targets = config.get_mut("escalation").and_then(|escalation| escalation.get_mut("targets"));
    let mut changed = false;
    for (index, target) in targets.and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let Some(Value::String(number)) = target.get_mut("number") else { continue };
        match ringable(number) {
            Ok(read) => {
                changed |= *number != read;
                *number = read;
            }
            Err(why) => problems.add(format!("/config/escalation/targets/{index}/number"), why),
        }
    }
    changed
}

/// `escalation_phone`, in E.164 or empty.
fn phone(row: &mut OrgRow, problems: &mut Problems) {
    if row.escalation_phone.trim().is_empty() {
        row.escalation_phone.clear();
        return;
    }
    match ringable(&row.escalation_phone) {
        Ok(read) => row.escalation_phone = read,
        Err(why) => problems.add("/escalation_phone", why),
    }
}

/// A number that some phone can have.
fn ringable(written: &str) -> Result<String, String> {
    let number = read_number(written)?;
    match never_rings(&number) {
        Some(why) => Err(why.to_owned()),
        None => Ok(number.e164().to_owned()),
    }
}

fn warnings(org: &Organization, row: &OrgRow) -> Vec<Problem> {
    let mut warnings = Problems::default();
    if org.escalation.targets.is_empty() {
        let at = "/config/escalation/targets";
        warnings.add(at, "Nobody can be rung: callers who need a person get a callback, also in an emergency.");
    }
    if org.outbound.enabled && org.escalation.allow.is_empty() {
        warnings.add("/config/escalation/allow", "Outbound calls are switched on, and no number may be called.");
    }
    if matches!(&org.hours, WeekHours::Spans(spans) if spans.is_empty()) {
        warnings.add("/config/hours", "The organization is never open.");
    }
    if org.hours == WeekHours::Always && !org.business_hours.is_empty() {
        let detail = "The business hours are told to callers only; for transfers and callbacks the organization is \
                      always open until `hours` says otherwise.";
        warnings.add("/config/hours", detail);
    }
    if org.hours != WeekHours::Always && !row.config.contains("\"time_zone\"") {
        warnings.add("/config/time_zone", "Hours are meant in UTC until a time zone is named.");
    }
    if org.disclosure.is_empty() {
        let detail = "Callers are not told that an automated assistant answers; in many places the law asks for it.";
        warnings.add("/config/disclosure", detail);
    }
    warnings.0
}

#[cfg(test)]
mod tests;
