//! `hours` of an organization or a target, as people write them, into spans of the week; and the time zone.
//!
//! `{"mon-fri": "08:00-18:00", "sat, sun": ["09:00-12:00", "14:00-16:00"]}`, or `"always"`. A span that ends before it
//! begins runs into the next day; days that are not named are closed.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::assistant::check::{Problems, Section};
use crate::types::org::{DaySpan, WeekHours};

const DAY_MIN: u16 = 24 * 60;

/// Spans of one day.
const SPANS_MAX: usize = 8;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const ALWAYS: &str = "always";

/// `None`: not written. Problems leave `Always`, which nobody will use, because the document is refused.
pub(super) fn week(section: &Section<'_>, problems: &mut Problems) -> Option<WeekHours> {
    let at = section.at("hours");
    let days = match section.value("hours")? {
        Value::String(text) if text.trim().eq_ignore_ascii_case(ALWAYS) => return Some(WeekHours::Always),
        Value::Object(days) if days.is_empty() => return None,
        Value::Object(days) => days,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            problems.add(at, "This must be \"always\" or an object such as {\"mon-fri\": \"08:00-18:00\"}.");
            return None;
        }
    };
    let mut named = [false; 7];
    let mut spans = Vec::new();
    for (name, value) in days {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        let Some(days) = weekdays(name) else {
            problems.add(pointer, "This must name weekdays, such as \"mon-fri\" or \"sat, sun\".");
            continue;
        };
        let Some(open) = day_spans(value) else {
            let shape = "These must be spans such as \"08:00-18:00\", a list of them, \"always\" or \"closed\".";
            problems.add(pointer, shape);
            continue;
        };
        if days.iter().any(|day| named[usize::from(*day)]) {
            problems.add(pointer, "Each weekday may be named once.");
            continue;
        }
        for day in days {
            named[usize::from(day)] = true;
            spans.extend(open.iter().flat_map(|(from, to)| on_day(day, *from, *to)));
        }
    }
    Some(tidy(spans))
}

/// The IANA name, spelled as the time zone database spells it.
pub(super) fn time_zone(config: &Section<'_>, problems: &mut Problems) -> Option<String> {
    let name = config.text("time_zone", 64, problems)?;
    if name.is_empty() {
        return None;
    }
    let zone = TimeZone::get(&name).ok();
    let name = zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
    if name.is_none() {
        problems.add(config.at("time_zone"), "This must be the name of a time zone, such as Europe/Berlin.");
    }
    name
}

/// `mon`, `mon-fri`, `fri-mon`, `sat, sun`: the days, Monday is 0. `None`: not days, or one of them twice.
fn weekdays(text: &str) -> Option<Vec<u8>> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (weekday(first)?, weekday(last)?);
        loop {
            if days.contains(&day) {
                return None;
            }
            days.push(day);
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Some(days)
}

/// A whole name, or its first three letters.
fn weekday(text: &str) -> Option<u8> {
    let text = text.trim().to_ascii_lowercase();
    let at = DAYS.iter().position(|day| text == *day || text == day[..3])?;
    u8::try_from(at).ok()
}

/// Minutes of one day; the end is before the beginning if the span runs into the next day. `None`: not hours.
fn day_spans(value: &Value) -> Option<Vec<(u16, u16)>> {
    match value {
        Value::Null | Value::Bool(false) => Some(Vec::new()),
        Value::Bool(true) => Some(vec![(0, DAY_MIN)]),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "closed" | "" => Some(Vec::new()),
            ALWAYS => Some(vec![(0, DAY_MIN)]),
            text => text.split(',').map(span).collect::<Option<Vec<_>>>().filter(|spans| spans.len() <= SPANS_MAX),
        },
        Value::Array(list) if list.len() <= SPANS_MAX => list.iter().map(|part| span(part.as_str()?)).collect(),
        Value::Object(open) => {
            let text = |key: &str| open.get(key).and_then(Value::as_str);
            Some(vec![ends(text("open")?, text("close")?)?])
        }
        Value::Array(_) | Value::Number(_) => None,
    }
}

fn span(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    ends(from, to)
}

/// A span without length means nothing: nobody can say whether it is a whole day or none.
fn ends(from: &str, to: &str) -> Option<(u16, u16)> {
    let (from, to) = (minute(from)?, minute(to)?);
    (from != to && from < DAY_MIN).then_some((from, to))
}

/// `8:00`, `08:00`, up to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY_MIN).then_some(at)
}

/// One written span as spans of weekdays.
fn on_day(weekday: u8, from_min: u16, to_min: u16) -> Vec<DaySpan> {
    if from_min < to_min {
        return vec![DaySpan { weekday, from_min, to_min }];
    }
    let evening = DaySpan { weekday, from_min, to_min: DAY_MIN };
    let morning = DaySpan { weekday: (weekday + 1) % 7, from_min: 0, to_min };
    [evening, morning].into_iter().filter(|span| span.from_min < span.to_min).collect()
}

/// Sorted, and merged where they touch within a day. A week without a gap is `Always`.
fn tidy(mut spans: Vec<DaySpan>) -> WeekHours {
    spans.sort_by_key(|span| (span.weekday, span.from_min, span.to_min));
    let mut merged: Vec<DaySpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.weekday == span.weekday && span.from_min <= last.to_min => {
                last.to_min = last.to_min.max(span.to_min);
            }
            Some(_) | None => merged.push(span),
        }
    }
    let open: u32 = merged.iter().map(|span| u32::from(span.to_min - span.from_min)).sum();
    if open == 7 * u32::from(DAY_MIN) { WeekHours::Always } else { WeekHours::Spans(merged) }
}

#[cfg(test)]
mod tests;
