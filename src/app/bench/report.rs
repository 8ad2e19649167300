//! What was measured, as a line of a table or as a JSON object.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::app::bench::code::Tally;
use crate::types::org::AudioFormat;

/// One number of calls at once in one format.
pub(super) struct Measured {
    pub(super) format: AudioFormat,
    pub(super) calls: u32,
    /// Of the window in which time, processor and memory were measured.
    pub(super) secs: f64,
    pub(super) tally: Tally,
    /// Calls that did not go through, and why.
    pub(super) failures: Vec<String>,
    /// Sorted.
    pub(super) latencies_us: Vec<u32>,
    /// Sorted.
    pub(super) late_us: Vec<u32>,
    pub(super) gateway_cpu_secs: f64,
    pub(super) load_cpu_secs: f64,
    pub(super) idle_rss_kib: u64,
    pub(super) rss_kib: u64,
}

/// The two resampling filters delay sound by 38 samples; that is not in the latencies, which time whole frames.
pub(super) const FILTERS_MS: f64 = 4.75;

impl Measured {
    /// No frame was lost, doubled, moved or damaged, and no call failed.
    pub(super) const fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.tally.sent > 0 && self.tally.is_clean()
    }

    fn latency_ms(&self, permille: usize) -> f64 {
        at(&self.latencies_us, permille) / 1000.0
    }

    /// Gateway's processor time for one second of one call, in milliseconds.
    fn cpu_ms_per_call_second(&self) -> f64 {
        self.gateway_cpu_secs * 1000.0 / (f64::from(self.calls) * self.secs)
    }

    fn rss_kib_per_call(&self) -> f64 {
        self.rss_kib.saturating_sub(self.idle_rss_kib) as f64 / f64::from(self.calls)
    }

    pub(super) fn as_json(&self) -> Value {
        let Tally { sent, returned, duplicated, reordered, damaged } = self.tally;
        json!({
            "format": self.format.as_str(),
            "calls": self.calls,
            "seconds": round(self.secs, 1),
            "frames": { "sent": sent, "returned": returned, "lost": self.tally.lost(), "duplicated": duplicated,
                        "reordered": reordered, "damaged": damaged },
            "latency_ms": { "p50": self.latency_ms(500), "p99": self.latency_ms(990), "max": self.latency_ms(1000),
                            "filters": if self.format == AudioFormat::Pcm { FILTERS_MS } else { 0.0 } },
            "gateway": {
                "cpu_ms_per_call_second": round(self.cpu_ms_per_call_second(), 3),
                "cpu_us_per_frame_pair": round(self.cpu_ms_per_call_second() * 20.0, 1),
                "cpu_percent": round(self.gateway_cpu_secs * 100.0 / self.secs, 1),
                "rss_idle_kib": self.idle_rss_kib, "rss_kib": self.rss_kib,
                "rss_kib_per_call": round(self.rss_kib_per_call(), 1),
            },
            "load": { "cpu_percent": round(self.load_cpu_secs * 100.0 / self.secs, 1),
                      "sends_late_ms_p99": at(&self.late_us, 990) / 1000.0 },
            "failures": self.failures,
        })
    }

    pub(super) fn line(&self, out: &mut impl Write) -> io::Result<()> {
        let Tally { sent, duplicated, reordered, damaged, .. } = self.tally;
        writeln!(
            out,
            "{:6} {:5} {:9} {:5} {:9} {:8.2} {:8.2} {:8.2} {:9.2} {:8.1} {:5.0}% {:9.0} {:5.0}% {:7.2}",
            self.format.as_str(),
            self.calls,
            sent,
            self.tally.lost(),
            format!("{duplicated}/{reordered}/{damaged}"),
            self.latency_ms(500),
            self.latency_ms(990),
            self.latency_ms(1000),
            self.cpu_ms_per_call_second(),
            self.cpu_ms_per_call_second() * 20.0,
            self.gateway_cpu_secs * 100.0 / self.secs,
            self.rss_kib_per_call(),
            self.load_cpu_secs * 100.0 / self.secs,
            at(&self.late_us, 990) / 1000.0,
        )?;
        for failure in &self.failures {
            writeln!(out, "       {failure}")?;
        }
        Ok(())
    }
}

pub(super) fn head(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "format calls    frames  lost dup/re/dam   p50 ms   p99 ms   max ms ms/call-s us/frame  core  KiB/call  load late p99"
    )
}

pub(super) fn notes(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\nlatency: from handing a frame to the phone's socket until its sound is read there again; includes the \
         gateway twice,\n  the model's socket, and waiting for the load's own processor. pcm: {FILTERS_MS} ms of the two \
         resampling filters come on top.\nms/call-s: gateway's processor time for a second of a call; us/frame: for \
         20 ms in and 20 ms out.\ncore, load: processor used by the gateway and by the load; late: how late the load \
         sent, ms.\nKiB/call: resident memory above that of the idle gateway after one call."
    )
}

/// A quantile of sorted values; 0 if there are none.
pub(super) fn at(sorted: &[u32], permille: usize) -> f64 {
    let index = (sorted.len() * permille / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().map_or(0.0, f64::from)
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values: Vec<u32> = (1..=1000).collect();
        assert_eq!((at(&values, 500), at(&values, 990), at(&values, 1000)), (501.0, 991.0, 1000.0));
        assert_eq!((at(&[7], 990), at(&[], 500)), (7.0, 0.0));
    }
}
