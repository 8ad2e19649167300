//! Tests of `escalations`.

use super::*;

#[test]
fn the_query_and_its_index_know_every_open_state() {
    let open: Vec<_> =
        EscalationState::ALL.iter().filter(|state| !state.is_final()).map(|state| format!("'{state}'")).collect();
    assert_eq!(open_states!(), format!("({})", open.join(", ")));
    for migrator in [crate::store::migrations::sqlite(), crate::store::migrations::postgres()] {
        let sql: Vec<_> = migrator.iter().map(|migration| migration.sql.as_str()).collect();
        assert!(sql.concat().contains(concat!("where state in ", open_states!(), ";")));
    }
}
