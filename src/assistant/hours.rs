//! Opening hours of the next two weeks as spans of wall time.
//!
//! Calendars, time zones and daylight saving end here: the core compares numbers.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use crate::types::org::{DaySpan, WeekHours};
use crate::types::{OpenHours, Wall};

/// Days that are worked out: no call lasts as long, and a callback is due before.
pub const DAYS: usize = 15;

/// When somebody is there from `from` on, for [`DAYS`] days; spans of neighbouring days are joined at midnight.
/// `time_zone` is an IANA name; one that is unknown, which settings refuse, counts as UTC.
pub fn open_hours(week: &WeekHours, time_zone: &str, from: Wall) -> OpenHours {
    let spans = match week {
        WeekHours::Always => return OpenHours::Always,
        WeekHours::Spans(spans) => spans,
    };
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let Ok(now) = Timestamp::from_microsecond(from.0) else {
        return OpenHours::Spans([].into());
    };
    let today = now.to_zoned(zone.clone()).date();
    let mut open: Vec<(Wall, Wall)> = Vec::new();
    // One day more at the end, because the first may be almost over.
    for day in today.series(1.day()).take(DAYS + 1) {
        let weekday = day.weekday().to_monday_zero_offset();
        let of_the_day = spans.iter().filter(|span| i8::try_from(span.weekday) == Ok(weekday));
        open.extend(of_the_day.filter_map(|span| on(day, *span, &zone)));
    }
    OpenHours::Spans(joined(open, from).into())
}

/// One span on one day; `None`: the clock skips it.
fn on(day: Date, span: DaySpan, zone: &TimeZone) -> Option<(Wall, Wall)> {
    let (from, to) = (instant(day, span.from_min, zone)?, instant(day, span.to_min, zone)?);
    (from < to).then_some((from, to))
}

/// The moment that a clock on the wall shows so many minutes since midnight; 1440 is the next day's midnight. A time
/// that the clock skips is the moment of the skip; of a time that comes twice, the first counts.
fn instant(day: Date, minute: u16, zone: &TimeZone) -> Option<Wall> {
    let day = if minute < 1440 { day } else { day.tomorrow().ok()? };
    let minute = minute % 1440;
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let shown: DateTime = day.at(hour, minute, 0, 0);
    let moment = zone.to_ambiguous_timestamp(shown);
    let timestamp = match moment.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => moment.earlier().ok()?,
        AmbiguousOffset::Gap { .. } => zone.following(moment.earlier().ok()?).next()?.timestamp(),
    };
    Some(Wall(timestamp.as_microsecond()))
}

/// Sorted, joined where they touch, without what is over at `from`.
fn joined(mut spans: Vec<(Wall, Wall)>, from: Wall) -> Vec<(Wall, Wall)> {
    spans.retain(|(_, to)| *to > from);
    spans.sort_unstable();
    let mut joined: Vec<(Wall, Wall)> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
