//! A disk of a few megabytes that a test may fill: a file system in memory, which only root may mount.

#![expect(clippy::unwrap_used, reason = "tests, and their helpers")]
#![allow(clippy::print_stderr, reason = "tests, which must say what they skip")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Unmounted when it is dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, said loudly: nothing can be mounted here.
    pub(crate) fn mount(mebibytes: u32) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("switchboard-disk-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        let _ = fs::remove_dir(&path);
        eprintln!("SKIPPED: no file system can be mounted here; this test of a full disk checked nothing");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Takes all the space that is left.
    pub(crate) fn fill(&self) {
        let mut file = File::options().append(true).create(true).open(self.filler()).unwrap();
        for size in [64 << 10, 4 << 10, 512, 1] {
            let piece = vec![1; size];
            while file.write_all(&piece).is_ok() {}
        }
    }

    /// Gives back what `fill` took.
    pub(crate) fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while a database still has its files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
        let _ = fs::remove_dir(&self.0);
    }
}
