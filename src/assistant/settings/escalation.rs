//! `config.escalation`: who can be brought in, in which order, and what happens when nobody can.
//!
//! Every number that a transfer may ever ring is read here; nothing that is said in a call adds one.

use std::time::Duration;

use serde_json::Value;

use super::after_hours::AfterHours;
use super::hours;
use super::number::read_number;
use crate::assistant::check::{Problems, Section};
use crate::types::org::{EscalationSettings, Target, WeekHours};
use crate::types::phone::is_country_prefix;
use crate::types::{Fallback, TargetId};

/// People and desks of one organization.
pub const TARGETS_MAX: usize = 20;
/// Prefixes that may be dialled besides the targets.
pub const ALLOW_MAX: usize = 100;
const TARGET_NAME_CHARS_MAX: usize = 100;
pub const RING_SECS: (u32, u32) = (5, 60);
const RING_SECS_DEFAULT: u32 = 20;
const ESCALATION_SECS: (u32, u32) = (30, 300);
const DIALS_PER_MINUTE: (u32, u32) = (1, 60);
const DIALS_PER_DAY: (u32, u32) = (1, 10_000);
/// Up to a week of business hours.
const CALLBACK_DUE_MINS: (u32, u32) = (1, 10_080);

/// `phone` is the column `escalation_phone`: the only target of an organization that names none, if it can be read as one.
/// Targets without hours of their own keep the organization's (`week`); `policy` is what happens outside them, unless
/// the section says so itself.
pub(super) fn escalation(
    config: &Section<'_>,
    phone: &str,
    week: &WeekHours,
    policy: Option<AfterHours>,
    problems: &mut Problems,
) -> EscalationSettings {
    let plain = EscalationSettings::default();
    let default = EscalationSettings { after_hours: policy.map_or(plain.after_hours, AfterHours::fallback), ..plain };
    let Some(section) = config.section("escalation", problems) else {
        return EscalationSettings { targets: default_target(phone, week), ..default };
    };
    let mut targets = targets(&section, week, problems);
    order(&section, &mut targets, problems);
    if targets.is_empty() {
        targets = default_target(phone, week);
    }
    let mut whole = |key: &str, range, default| section.whole(key, range, problems).unwrap_or(default);
    let secs_max = whole("escalation_secs_max", ESCALATION_SECS, default.secs_max);
    let dials_per_minute_max = whole("dials_per_minute_max", DIALS_PER_MINUTE, default.dials_per_minute_max);
    let dials_per_day_max = whole("dials_per_day_max", DIALS_PER_DAY, default.dials_per_day_max);
    let callback_due_mins = whole("callback_due_mins", CALLBACK_DUE_MINS, default.callback_due_mins);
    EscalationSettings {
        targets,
        fallback: fallback(&section, "fallback", problems).unwrap_or(default.fallback),
        after_hours: fallback(&section, "after_hours", problems).unwrap_or(default.after_hours),
        allow: allow(&section, problems),
        secs_max,
        dials_per_minute_max,
        dials_per_day_max,
        callback_due_mins,
    }
}

fn default_target(phone: &str, hours: &WeekHours) -> Vec<Target> {
    let target = |number| Target {
        id: "default".parse().expect("it has the shape of a target's id"),
        name: "the office".to_owned(),
        number,
        ring: Duration::from_secs(u64::from(RING_SECS_DEFAULT)),
        hours: hours.clone(),
    };
    read_number(phone).map(target).into_iter().collect()
}

/// A list of the section. `None` after a problem too.
fn list<'a>(section: &Section<'a>, key: &str, most: usize, problems: &mut Problems) -> Option<&'a Vec<Value>> {
    let list = section.value(key)?.as_array();
    match list {
        None => problems.add(section.at(key), "This must be a list."),
        Some(list) if list.len() > most => problems.add(section.at(key), format!("These must be at most {most}.")),
        Some(list) => return Some(list),
    }
    None
}

fn targets(section: &Section<'_>, week: &WeekHours, problems: &mut Problems) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let written = list(section, "targets", TARGETS_MAX, problems);
    for (index, value) in written.into_iter().flatten().enumerate() {
        let pointer = format!("{}/{index}", section.at("targets"));
        let Some(object) = value.as_object() else {
            problems.add(pointer, "This must be an object.");
            continue;
        };
        let Some(target) = target(&Section { object, pointer: pointer.clone() }, week, problems) else {
            continue;
        };
        if targets.iter().any(|known| known.id == target.id) {
            problems.add(format!("{pointer}/id"), "Each target needs an id of its own.");
            continue;
        }
        targets.push(target);
    }
    targets
}

fn target(section: &Section<'_>, week: &WeekHours, problems: &mut Problems) -> Option<Target> {
    let id = required(section, "id", problems).and_then(|id| {
        let read = id.parse::<TargetId>().ok();
        if read.is_none() {
            problems.add(section.at("id"), "This must be 1 to 64 characters of a-z, 0-9, - and _.");
        }
        read
    });
    let name = section.text("name", TARGET_NAME_CHARS_MAX, problems).filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
        problems.add(section.at("name"), "This must be one line.");
    }
    let number = required(section, "number", problems)
        .and_then(|number| read_number(number).map_err(|why| problems.add(section.at("number"), why)).ok());
    let ring = section.whole("ring_secs", RING_SECS, problems).unwrap_or(RING_SECS_DEFAULT);
    let hours = hours::week(section, problems).unwrap_or_else(|| week.clone());
    let id = id?;
    Some(Target {
        name: name.unwrap_or_else(|| id.as_str().to_owned()),
        id,
        number: number?,
        ring: Duration::from_secs(u64::from(ring)),
        hours,
    })
}

/// Text that must be there.
fn required<'a>(section: &Section<'a>, key: &str, problems: &mut Problems) -> Option<&'a str> {
    let text = section.value(key).map(Value::as_str);
    match text {
        None => problems.add(section.at(key), "This is required."),
        Some(None) => problems.add(section.at(key), "This must be text."),
        Some(Some(text)) => return Some(text.trim()),
    }
    None
}

/// Puts the targets into the written order. Those that it does not name come after, as they are listed.
fn order(section: &Section<'_>, targets: &mut [Target], problems: &mut Problems) {
    let Some(written) = list(section, "order", TARGETS_MAX, problems) else { return };
    let mut order: Vec<&str> = Vec::new();
    for (index, value) in written.iter().enumerate() {
        let pointer = format!("{}/{index}", section.at("order"));
        let known = value.as_str().filter(|id| targets.iter().any(|target| target.id.as_str() == *id));
        match known {
            None => problems.add(pointer, "This must be the id of a target."),
            Some(id) if order.contains(&id) => problems.add(pointer, "Each target may be named once."),
            Some(id) => order.push(id),
        }
    }
    let place = |target: &Target| order.iter().position(|id| *id == target.id.as_str()).unwrap_or(order.len());
    targets.sort_by_key(place);
}

fn fallback(section: &Section<'_>, key: &str, problems: &mut Problems) -> Option<Fallback> {
    let word = section.text(key, 16, problems)?;
    let read = Fallback::parse(&word);
    if read.is_none() {
        problems.add(section.at(key), "This must be \"assistant\", \"voicemail\" or \"callback\".");
    }
    read
}

fn allow(section: &Section<'_>, problems: &mut Problems) -> Vec<String> {
    let mut allow: Vec<String> = Vec::new();
    let written = list(section, "allow", ALLOW_MAX, problems);
    for (index, value) in written.into_iter().flatten().enumerate() {
        match value.as_str().map(str::trim).filter(|prefix| is_prefix(prefix)) {
            Some(prefix) => allow.push(prefix.to_owned()),
            None => {
                let pointer = format!("{}/{index}", section.at("allow"));
                problems.add(pointer, "This must be + and at least a whole country code, such as +1 or +4930.");
            }
        }
    }
    allow.sort_unstable();
    allow.dedup();
    allow
}

/// The beginning of an E.164 number, with a whole country code.
fn is_prefix(text: &str) -> bool {
    is_country_prefix(text) && text.len() <= 16
}

#[cfg(test)]
mod tests;
