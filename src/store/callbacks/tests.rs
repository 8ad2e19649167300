//! Tests of `callbacks`.

use super::*;
use crate::store::db::tests::{Folder, plan};

#[tokio::test]
async fn an_organizations_list_reads_no_other_ones_rows() {
    let folder = Folder::new();
    let store = folder.store().await;
    for (texts, index) in [(OF_ORG, "callbacks_org_due"), (OPEN_OF_ORG, "callbacks_org_open_due")] {
        for sql in [texts.page, texts.count] {
            let plan = plan(&store, sql).await;
            assert!(plan.contains(&format!("INDEX {index} (org_id=?)")), "{plan}");
            assert!(!plan.contains("SCAN b") && !plan.contains("SCAN c"), "{plan}");
        }
    }
}
