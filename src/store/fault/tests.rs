//! Tests of `fault`.

use super::*;

#[test]
fn only_broken_rules_count_as_refused() {
    // SQLite: busy, locked, no space, input/output, read-only, cannot open.
    for away in [5, 6, 13, 10, 8, 14, 261, 517, 522] {
        assert!(!sqlite_refuses(away), "{away}");
    }
    // Constraints by kind: check, foreign key, not null, primary key, unique, data type; too big, mismatch.
    for refused in [19, 275, 787, 1299, 1555, 2067, 3091, 18, 20] {
        assert!(sqlite_refuses(refused), "{refused}");
    }
    // Postgres: connection, shutdown, cancelled, too many, deadlock, read-only, disk full, no table, no right.
    for away in ["08006", "57P01", "57014", "53300", "40P01", "25006", "53100", "42P01", "42501", ""] {
        assert!(!postgres_refuses(away), "{away}");
    }
    for refused in ["23505", "23503", "23514", "22021", "22003", "54000"] {
        assert!(postgres_refuses(refused), "{refused}");
    }
}

#[tokio::test]
async fn an_operation_that_takes_too_long_counts_as_away() {
    let never = std::future::pending::<Result<(), sqlx::Error>>();
    let fault = limited(Duration::from_millis(1), never).await.unwrap_err();
    assert!(matches!(fault, Fault::Away { .. }));
    assert!(matches!(StoreError::from(fault), StoreError::Unavailable));
}
