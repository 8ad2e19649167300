//! Times as the API writes them.

use jiff::Timestamp;

use crate::types::Wall;

/// RFC 3339 in UTC with milliseconds: `2026-11-22T18:37:13.250Z`. `None`: beyond the year 9999.
pub fn rfc3339(at: Wall) -> Option<String> {
    Timestamp::from_microsecond(at.0).ok().map(|timestamp| format!("{timestamp:.3}"))
}
