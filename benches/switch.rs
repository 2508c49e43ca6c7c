//! What does a bare context switch cost, there and back?

use criterion::{Criterion, criterion_group, criterion_main};

#[path = "support/switch.rs"]
mod support;

fn switch(c: &mut Criterion) {
    c.bench_function("switch", |b| b.iter_custom(support::there_and_back));
}

criterion_group!(benches, switch);
criterion_main!(benches);
