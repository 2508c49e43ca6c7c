//! What does a goroutine cost that is created and waits? (Memory: `examples/million`.)

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use gosched::chan::bounded;

fn parked(n: u64) {
    let (tx, rx) = bounded::<()>(0);
    let all: Vec<_> = (0..n)
        .map(|_| {
            let rx = rx.clone();
            gosched::go(move || rx.recv())
        })
        .collect();
    drop(tx);
    all.into_iter().for_each(|g| assert!(g.join().expect("it returns").is_err()));
}

fn benches_of(c: &mut Criterion) {
    support::on_one_and_two_procs(c, "parked", parked);
}

criterion_group!(benches, benches_of);
criterion_main!(benches);
