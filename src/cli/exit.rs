//! Exit codes, a promise to scripts.

use std::process::ExitCode;

/// How a command ended. `Usage` is also what the argument parser uses by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    /// It was tried and did not work.
    Runtime = 1,
    Usage = 2,
    /// A setting is wrong or missing.
    Config = 3,
    /// A check (`health`, `doctor`) says no.
    Unhealthy = 4,
    /// The database's schema is newer than this program, or cannot be migrated.
    Schema = 5,
}

impl Exit {
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
