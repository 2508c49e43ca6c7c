//! What does a yield cost, among eight goroutines that do nothing else?

mod support;

use criterion::{Criterion, criterion_group, criterion_main};

const GOROUTINES: u64 = 8;

fn yield_8(n: u64) {
    let each = n.div_ceil(GOROUTINES);
    let all: Vec<_> = (0..GOROUTINES)
        .map(|_| gosched::go(move || (0..each).for_each(|_| gosched::yield_now())))
        .collect();
    all.into_iter().for_each(|g| g.join().expect("it returns"));
}

fn benches_of(c: &mut Criterion) {
    support::on_one_and_two_procs(c, "yield", yield_8);
    support::with_metrics(c, "yield", yield_8);
}

criterion_group!(benches, benches_of);
criterion_main!(benches);
