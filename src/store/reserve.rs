//! A file that holds a few megabytes free: when the disk is full it goes, and what must be written has its place.
//!
//! What live calls record is small; the reserve holds many thousands of records. New calls are not taken while it is
//! gone, so that it serves those that are there: their intents to ring somebody, and their endings.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use crate::store::spool::private;

/// How full the disk of the data directory is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disk {
    /// What this process may still write.
    pub available_bytes: u64,
    /// What others and we have written; what only the system's administrator may use counts as neither.
    pub used_bytes: u64,
    /// The reserve was freed, and there is no room to make it again.
    pub is_full: bool,
}

impl Disk {
    /// How full the disk is that holds this folder. Blocks for a moment.
    ///
    /// # Errors
    /// The folder is not there.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let disk = statvfs(folder)?;
        Ok(Self {
            available_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            used_bytes: disk.f_blocks.saturating_sub(disk.f_bfree).saturating_mul(disk.f_frsize),
            is_full: false,
        })
    }

    /// Whole per cent that are used of what this process may use, as `df` tells it.
    pub const fn used_percent(&self) -> u64 {
        let of = self.used_bytes.saturating_add(self.available_bytes);
        match self.used_bytes.saturating_mul(100).checked_div(of) {
            Some(used) => used,
            None => 0,
        }
    }
}

/// The file `reserve` beside the spool.
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    is_there: bool,
    /// Freed, and not made again.
    freed: Arc<AtomicBool>,
}

impl Reserve {
    /// Knows of a reserve of an earlier process; makes none.
    pub(crate) fn new(dir: &Path, bytes: u64) -> Self {
        let path = dir.join("reserve");
        let is_there = fs::metadata(&path).is_ok_and(|file| file.len() >= bytes);
        Self { path, bytes, is_there, freed: Arc::default() }
    }

    /// Whether it is used up, for those who do not have the file.
    pub(crate) fn freed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.freed)
    }

    /// Gives the space back. False: there is none to give.
    pub(crate) fn free(&mut self) -> bool {
        let gave = std::mem::take(&mut self.is_there) && fs::remove_file(&self.path).is_ok();
        if gave {
            self.freed.store(true, Ordering::Relaxed);
            metrics::counter!("switchboard_journal_reserve_freed_total").increment(1);
            tracing::error!(bytes = self.bytes, "the disk is full; the reserve is freed for calls that are live");
        }
        gave
    }

    /// Looks at the disk, and makes the reserve if it is missing and there is room for twice as much.
    pub(crate) fn look(&mut self) -> io::Result<Disk> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let disk = Disk::of(folder)?;
        let has_room = disk.available_bytes >= self.bytes.saturating_mul(2);
        if !self.is_there && has_room && self.make().is_ok() {
            self.is_there = true;
            if self.freed.swap(false, Ordering::Relaxed) {
                tracing::info!("the disk has room again; the reserve is made anew");
            }
        }
        Ok(Disk { is_full: self.freed.load(Ordering::Relaxed), ..disk })
    }

    fn make(&self) -> io::Result<()> {
        let made = private().write(true).truncate(true).open(&self.path).and_then(|file| {
            fallocate(&file, FallocateFlags::empty(), 0, self.bytes)?;
            Ok(())
        });
        if made.is_err() {
            // Half a reserve would only take space.
            let _ = fs::remove_file(&self.path);
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_an_administrator_may_use_is_neither_used_nor_free() {
        let disk = |used_bytes, available_bytes| Disk { used_bytes, available_bytes, is_full: false }.used_percent();
        assert_eq!((disk(0, 0), disk(0, 10), disk(9, 1), disk(899, 101), disk(10, 0)), (0, 0, 90, 89, 100));
        // As much as `df` says, rounded down; it rounds up, and others write meanwhile.
        let df = std::process::Command::new("df").args(["--output=pcent", "."]).output().unwrap();
        let told = String::from_utf8(df.stdout).unwrap();
        let told: u64 = told.lines().nth(1).unwrap().trim().trim_end_matches('%').parse().unwrap();
        let ours = Disk::of(Path::new(".")).unwrap().used_percent();
        assert!(ours.abs_diff(told) <= 2, "{ours} {told}");
    }
}
