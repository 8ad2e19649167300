//! The words for a day into a date, where they leave no doubt: a list of appointments cannot be sorted by "next Tuesday".
//!
//! The model is asked for dates and told the day of the call; what it stores as words all the same is read here, and the
//! words are kept beside the date.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Map, Value};

use crate::session::input::IntakeData;
use crate::types::Wall;
use crate::types::org::{FieldKind, Organization};

/// Longest text that is looked at.
const CHARS_MAX: usize = 80;

/// Furthest day that "in so many days" may mean.
const DAYS_MAX: i64 = 366;

/// Replaces the words of every date field by the date, and keeps the words as `<field>_said`.
pub fn settle(org: &Organization, at: Wall, intake: &mut IntakeData) {
    let zone = TimeZone::get(&org.time_zone).unwrap_or(TimeZone::UTC);
    let Ok(now) = Timestamp::from_microsecond(at.0) else { return };
    let today = now.to_zoned(zone).date();
    let Ok(Value::Object(mut json)) = serde_json::from_str::<Value>(&intake.json) else { return };
    let mut changed = false;
    for field in org.intake_fields.iter().filter(|field| field.kind == FieldKind::Date) {
        let said_name = format!("{}_said", field.name);
        let Some(said) = json.get(&field.name).and_then(Value::as_str).map(str::to_owned) else { continue };
        let Some(date) = read(&said, today).map(|date| date.to_string()).filter(|date| *date != said) else { continue };
        put(&mut json, &mut intake.fields, &field.name, &date);
        if !org.intake_fields.iter().any(|other| other.name == said_name) {
            put(&mut json, &mut intake.fields, &said_name, &said);
        }
        changed = true;
    }
    if changed {
        intake.json = Value::Object(json).to_string();
    }
}

fn put(json: &mut Map<String, Value>, fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    json.insert(name.to_owned(), Value::String(value.to_owned()));
    match fields.iter_mut().find(|(field, _)| field == name) {
        Some((_, known)) => value.clone_into(known),
        None => fields.push((name.to_owned(), value.to_owned())),
    }
}

/// The day that these words mean to somebody who says them on `today`. `None`: none, or more than one.
fn read(said: &str, today: Date) -> Option<Date> {
    let said = said.trim();
    if said.chars().count() > CHARS_MAX {
        return None;
    }
    if let Ok(date) = said.parse::<Date>() {
        return Some(date);
    }
    let lower = said.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !FILLERS.contains(word)).collect();
    match words.as_slice() {
        ["today" | "tonight" | "hoy"] => Some(today),
        ["tomorrow" | "mañana"] => today.tomorrow().ok(),
        ["day", "after", "tomorrow"] | ["pasado", "mañana"] => today.checked_add(2.days()).ok(),
        [day] => Some(coming(weekday(day)?, today)),
        ["this", day] => this(weekday(day)?, today),
        ["next", day] | [day, "próximo" | "próxima" | "que", ..] => Some(next(weekday(day)?, today)),
        ["in", count, unit] | ["dentro", count, unit] => in_units(count, unit, today),
        [first, rest @ ..] => {
            let day_first = day_of_month(first).zip(month(rest.first()?)).map(|(day, month)| (month, day, &rest[1..]));
            let month_first =
                month(first).zip(day_of_month(rest.first()?)).map(|(month, day)| (month, day, &rest[1..]));
            let (month, day, rest) = day_first.or(month_first)?;
            on(month, day, rest, today)
        }
        [] => None,
    }
}

/// Words that change nothing about the day.
const FILLERS: &[&str] = &[
    "on",
    "the",
    "of",
    "morning",
    "afternoon",
    "evening",
    "please",
    "el",
    "la",
    "de",
    "por",
    "tarde",
    "early",
    "late",
    "around",
    "noon",
    "coming",
];

/// The first such day after today.
fn coming(weekday: Weekday, today: Date) -> Date {
    today.nth_weekday(1, weekday).unwrap_or(today)
}

/// Said on that very day, "this Tuesday" is today.
fn this(weekday: Weekday, today: Date) -> Option<Date> {
    Some(if today.weekday() == weekday { today } else { coming(weekday, today) })
}

/// Of the week that begins on the next Monday.
fn next(weekday: Weekday, today: Date) -> Date {
    let monday = coming(Weekday::Monday, today);
    monday.checked_add(i64::from(weekday.to_monday_zero_offset()).days()).unwrap_or(monday)
}

fn in_units(count: &str, unit: &str, today: Date) -> Option<Date> {
    let count = NUMBERS.iter().find(|(word, _)| *word == count).map(|(_, number)| *number).or(count.parse().ok())?;
    let days = match unit {
        "day" | "days" | "día" | "días" => count,
        "week" | "weeks" | "semana" | "semanas" => count.checked_mul(7)?,
        _ => return None,
    };
    (0..=DAYS_MAX).contains(&days).then(|| today.checked_add(days.days()).ok()).flatten()
}

const NUMBERS: &[(&str, i64)] = &[
    ("a", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("ten", 10),
    ("un", 1),
    ("una", 1),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
];

/// The next such day of the calendar, or that of a year that was said.
fn on(month: i8, day: i8, rest: &[&str], today: Date) -> Option<Date> {
    match rest {
        [] => {
            let this_year = Date::new(today.year(), month, day).ok().filter(|date| *date >= today);
            this_year.or_else(|| Date::new(today.year().checked_add(1)?, month, day).ok())
        }
        [year] if year.len() == 4 => Date::new(year.parse().ok()?, month, day).ok(),
        _ => None,
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    let names: [&[&str]; 7] = [
        &["monday", "mon", "lunes"],
        &["tuesday", "tue", "tues", "martes"],
        &["wednesday", "wed", "miércoles", "miercoles"],
        &["thursday", "thu", "thurs", "jueves"],
        &["friday", "fri", "viernes"],
        &["saturday", "sat", "sábado", "sabado"],
        &["sunday", "sun", "domingo"],
    ];
    let at = names.iter().position(|names| names.contains(&word))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

fn month(word: &str) -> Option<i8> {
    let names: [&[&str]; 12] = [
        &["january", "jan", "enero"],
        &["february", "feb", "febrero"],
        &["march", "mar", "marzo"],
        &["april", "apr", "abril"],
        &["may", "mayo"],
        &["june", "jun", "junio"],
        &["july", "jul", "julio"],
        &["august", "aug", "agosto"],
        &["september", "sep", "sept", "septiembre"],
        &["october", "oct", "octubre"],
        &["november", "nov", "noviembre"],
        &["december", "dec", "diciembre"],
    ];
    i8::try_from(names.iter().position(|names| names.contains(&word))? + 1).ok()
}

/// `3`, `3rd`.
fn day_of_month(word: &str) -> Option<i8> {
    let digits =
        word.strip_suffix("st").or(word.strip_suffix("nd")).or(word.strip_suffix("rd")).or(word.strip_suffix("th"));
    digits.unwrap_or(word).parse().ok().filter(|day| (1..=31).contains(day))
}

#[cfg(test)]
mod tests;
