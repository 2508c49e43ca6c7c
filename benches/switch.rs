//! What does a bare context switch cost, there and back?

use criterion::{Criterion, criterion_group, criterion_main};

fn switch(c: &mut Criterion) {
    c.bench_function("switch", |b| b.iter_custom(gosched::bench_switch));
}

criterion_group!(benches, switch);
criterion_main!(benches);
