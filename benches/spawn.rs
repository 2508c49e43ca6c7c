//! What does a goroutine cost: joined one at a time, many at once, in a fork-join tree?

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use gosched::sync::WaitGroup;

fn spawn_join(n: u64) {
    for i in 0..n {
        assert_eq!(gosched::go(move || i).join().expect("it returns"), i);
    }
}

/// As many at once as the sample wants: give it enough of them.
fn spawn_many(n: u64) {
    let wg = WaitGroup::new();
    for _ in 0..n {
        wg.add(1);
        let wg = wg.clone();
        gosched::go(move || wg.done());
    }
    wg.wait();
}

/// Spawns that `fib(FIB)` makes.
const FIB_SPAWNS: u64 = 46_367;
const FIB: u32 = 23;

fn fib(n: u32) -> u64 {
    if n < 2 {
        return u64::from(n);
    }
    let a = gosched::go(move || fib(n - 1));
    let b = fib(n - 2);
    a.join().expect("it returns") + b
}

/// A sample is a whole tree; its time is given for one spawn.
fn fork_join(n: u64) {
    for _ in 0..n.div_ceil(FIB_SPAWNS) {
        assert_eq!(fib(FIB), 28_657);
    }
}

fn benches_of(c: &mut Criterion) {
    support::on_one_and_two_procs(c, "spawn_join", spawn_join);
    support::on_one_and_two_procs(c, "spawn_many", spawn_many);
    support::on_one_and_two_procs(c, "fib", fork_join);
}

criterion_group!(benches, benches_of);
criterion_main!(benches);
