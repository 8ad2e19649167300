//! SQLite and Postgres behind the storage ports.
