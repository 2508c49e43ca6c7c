//! What does a mutex cost that eight goroutines want?

mod support;

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use gosched::sync::Mutex;

const CONTENDERS: u64 = 8;

fn contended(n: u64) {
    let total = Arc::new(Mutex::new(0));
    let each = n.div_ceil(CONTENDERS);
    let all: Vec<_> = (0..CONTENDERS)
        .map(|_| {
            let total = total.clone();
            gosched::go(move || (0..each).for_each(|_| *total.lock().expect("no panic") += 1))
        })
        .collect();
    all.into_iter().for_each(|g| g.join().expect("it returns"));
    assert_eq!(*total.lock().expect("no panic"), each * CONTENDERS);
}

fn benches_of(c: &mut Criterion) {
    support::on_one_and_two_procs(c, "mutex", contended);
}

criterion_group!(benches, benches_of);
criterion_main!(benches);
