//! What one decision of the safety net costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

use switchboard::safety::{Extensions, Language, Rules};
use switchboard::types::Speaker;

/// Thirty words of ordinary business, and thirty words with danger at their end.
const ORDINARY: &str = "hi I'm calling because my daughter has an appointment with you next Thursday at half past nine and \
    I would like to know whether we could move it to Friday afternoon instead";
const DANGER: &str = "hi I'm calling because my father has an appointment with you next Thursday but he just sat down on \
    the stairs and he says that his chest feels really tight";

fn decision(c: &mut Criterion) {
    let rules = Rules::new(Language::English, &Extensions::default());
    for (name, text) in [("ordinary", ORDINARY), ("danger", DANGER)] {
        c.bench_function(&format!("safety/{name}-30-words"), |b| {
            b.iter(|| rules.judge(Speaker::Caller, black_box(text)));
        });
    }
}

criterion_group!(benches, decision);
criterion_main!(benches);
