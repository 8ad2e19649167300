//! Panics as log lines: where, and in which thread, but not what they say.
//!
//! A message of Rust's can quote the text that it could not slice, and that may be what a caller said.

use std::io::Write as _;
use std::panic::PanicHookInfo;

use metrics::counter;

/// Reports every panic from now on. Once for each process, before anything else.
pub fn log_panics() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    counter!("switchboard_panics_total").increment(1);
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    if tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(thread, place, "a thread panicked");
    } else {
        // Before there are logs, and where they are switched off; nobody is left to hear of a failure.
        let _ = writeln!(std::io::stderr(), "a thread panicked: {thread}, {place}");
    }
}
