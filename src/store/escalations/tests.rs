//! Tests of `escalations`.

use super::*;
use crate::store::db::tests::{Folder, plan};

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

#[tokio::test]
async fn an_organizations_list_reads_no_other_ones_rows() {
    let folder = Folder::new();
    let store = folder.store().await;
    for (texts, index) in [(OF_ORG, "escalations_org_newest"), (OPEN_OF_ORG, "escalations_org_open")] {
        for sql in [texts.page, texts.attempts, texts.count] {
            let plan = plan(&store, sql).await;
            assert!(plan.contains(&format!("INDEX {index} (org_id=?)")), "{plan}");
            assert!(!plan.contains("SCAN e") && !plan.contains("SCAN a"), "{plan}");
        }
    }
}
