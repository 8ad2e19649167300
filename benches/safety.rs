//! What one decision of the safety net's rules costs, for thirty words of each kind.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

use switchboard::safety::{Extensions, Language, Rules};
use switchboard::types::Speaker;

/// Thirty words each: nothing in them, an emergency at the end, an emergency that is denied.
const TEXTS: [(&str, &str); 3] = [
    (
        "ordinary",
        "Good morning, I would like to move my appointment from next Tuesday at nine to another day in the week \
         after, if you have anything free in the late afternoon.",
    ),
    (
        "emergency",
        "Hello, I am calling about my father, he is seventy and was fine this morning, but since lunch he says that \
         he has such a terrible pain in his chest.",
    ),
    (
        "denied",
        "It is only a little cough and I feel quite well otherwise, I have no chest pain, no fever and no trouble \
         breathing, and I wanted to ask about Tuesday.",
    ),
];

fn judging(c: &mut Criterion) {
    let rules = Rules::new(Language::English, &Extensions::default());
    let mut group = c.benchmark_group("judge_30_words");
    for (name, text) in TEXTS {
        assert_eq!(text.split_whitespace().count(), 30, "{name}");
        group.bench_function(name, |b| b.iter(|| rules.judge(black_box(Speaker::Caller), black_box(text))));
    }
    group.finish();
}

criterion_group!(benches, judging);
criterion_main!(benches);
