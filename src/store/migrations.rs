//! The schema's history, embedded in the binary: the same numbers for both databases.
//!
//! A migration runs in one transaction together with the note that it ran, so an interrupted one leaves nothing behind.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Both texts of one migration.
macro_rules! both {
    ($number:literal, $name:literal) => {
        Texts {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/000", $number, "_", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/000", $number, "_", $name, ".sql")),
        }
    };
}

struct Texts {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// Append only: a migration that has been released never changes.
const ALL: &[Texts] = &[
    both!(1, "organizations"),
    both!(2, "calls"),
    both!(3, "api_keys"),
    both!(4, "people"),
    both!(5, "sessions"),
    both!(6, "leases"),
    both!(7, "first_key"),
    both!(8, "dial_faults"),
];

/// The version of the schema that this binary knows.
pub const NEWEST: i64 = ALL[ALL.len() - 1].number;

/// The migrations for SQLite.
pub fn sqlite() -> Migrator {
    migrator(|texts| texts.sqlite)
}

/// The migrations for Postgres.
pub fn postgres() -> Migrator {
    migrator(|texts| texts.postgres)
}

fn migrator(pick: fn(&Texts) -> &'static str) -> Migrator {
    let one = |texts: &Texts| {
        Migration::new(texts.number, texts.name.into(), MigrationType::Simple, pick(texts).into_sql_str(), false)
    };
    Migrator::with_migrations(ALL.iter().map(one).collect())
}
