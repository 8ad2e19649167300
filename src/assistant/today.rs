//! What the assistant is told of the date, the time, and whether the organization is open; and when that changes.
//!
//! A model knows no calendar: without this it can neither say whether somebody is there nor what date a Tuesday has.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use crate::assistant::hours::open_hours;
use crate::session::policy::Moment;
use crate::types::org::Organization;
use crate::types::{OpenHours, Wall};

/// From a call's start on, moments so far ahead are worked out: no call lasts as long.
const AHEAD_HOURS: i64 = 6;

/// Moments of one call: a night has one midnight, and no office opens and closes by the minute.
const MOMENTS_MAX: usize = 12;

/// The part of the instructions that is true at `at` only.
pub fn section(org: &Organization, at: Wall) -> String {
    let Some(now) = zoned(org, at) else { return String::new() };
    let mut lines = vec![
        "# Now".to_owned(),
        format!("- When this conversation began it was {} ({}).", moment_text(&now), org.time_zone),
    ];
    lines.extend(open_text(org, at, &now).map(|text| format!("- {text}")));
    lines.push(
        "- When the caller names a day, such as next Tuesday, work its date out from this, say the date back, and store \
         it as YYYY-MM-DD. System messages tell you when the day or the opening changes."
            .to_owned(),
    );
    lines.join("\n")
}

/// The moments of the hours after `from` at which what `section` says is no longer true, with what the model is told.
pub fn moments(org: &Organization, from: Wall) -> Vec<Moment> {
    let Some(now) = zoned(org, from) else { return Vec::new() };
    let until = Wall(from.0.saturating_add(AHEAD_HOURS * 3_600_000_000));
    let mut at: Vec<Wall> = midnights(&now).collect();
    if let OpenHours::Spans(spans) = open_hours(&org.hours, &org.time_zone, from) {
        at.extend(spans.iter().flat_map(|(open, close)| [*open, *close]));
    }
    at.retain(|at| from < *at && *at <= until);
    at.sort_unstable();
    at.dedup();
    at.truncate(MOMENTS_MAX);
    let text = |at: Wall| {
        let now = zoned(org, at)?;
        let open = open_text(org, at, &now).map_or_else(String::new, |text| format!(" {text}"));
        Some(Moment { at, text: format!("It is now {}.{open}", moment_text(&now)).into() })
    };
    at.into_iter().filter_map(text).collect()
}

/// The next two midnights.
fn midnights(now: &Zoned) -> impl Iterator<Item = Wall> {
    let zone = now.time_zone().clone();
    let days = now.date().series(1.day()).skip(1).take(2);
    days.filter_map(move |day| day.to_zoned(zone.clone()).ok()).map(|midnight| wall(&midnight))
}

/// Whether somebody is there, for an organization that keeps hours.
fn open_text(org: &Organization, at: Wall, now: &Zoned) -> Option<String> {
    let OpenHours::Spans(spans) = open_hours(&org.hours, &org.time_zone, at) else { return None };
    let name = &org.name;
    if let Some((_, close)) = spans.iter().find(|(open, close)| *open <= at && at < *close) {
        return Some(format!("{name} is open now, until {}.", relative(org, *close, now)?));
    }
    match spans.iter().find(|(open, _)| *open > at) {
        Some((open, _)) => Some(format!("{name} is closed now. It opens {}.", relative(org, *open, now)?)),
        None => Some(format!("{name} is closed now, and does not open in the next two weeks.")),
    }
}

/// `18:00 today`, `Wednesday, 2 December, 08:00`.
fn relative(org: &Organization, at: Wall, now: &Zoned) -> Option<String> {
    let at = zoned(org, at)?;
    let clock = clock_text(&at);
    if at.date() == now.date() {
        return Some(format!("{clock} today"));
    }
    let day = if now.date().tomorrow().is_ok_and(|tomorrow| tomorrow == at.date()) { "tomorrow, " } else { "" };
    Some(format!("{clock} on {day}{}", day_text(at.date())))
}

fn zoned(org: &Organization, at: Wall) -> Option<Zoned> {
    let zone = TimeZone::get(&org.time_zone).unwrap_or(TimeZone::UTC);
    Some(Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone))
}

fn wall(at: &Zoned) -> Wall {
    Wall(at.timestamp().as_microsecond())
}

/// `Tuesday, 1 December 2026, 14:05`.
fn moment_text(at: &Zoned) -> String {
    format!("{} {}, {}", day_text(at.date()), at.year(), clock_text(at))
}

/// `Tuesday, 1 December`.
fn day_text(day: Date) -> String {
    day.strftime("%A, %-d %B").to_string()
}

fn clock_text(at: &Zoned) -> String {
    at.strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests;
