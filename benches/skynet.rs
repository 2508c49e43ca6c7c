//! What does a leaf cost in a tree of a million goroutines (github.com/atemerev/skynet)?

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use gosched::chan::{Sender, bounded};

const LEAVES: u64 = 1_000_000;

fn skynet(tx: &Sender<u64>, first: u64, leaves: u64) {
    if leaves == 1 {
        return tx.send(first).expect("open");
    }
    let (children, sums) = bounded(10);
    for i in 0..10 {
        let (tx, part) = (children.clone(), leaves / 10);
        gosched::go(move || skynet(&tx, first + i * part, part));
    }
    drop(children);
    tx.send(sums.iter().sum()).expect("open");
}

/// A sample is a whole tree; its time is given for one leaf.
fn leaves(n: u64) {
    for _ in 0..n.div_ceil(LEAVES) {
        let (tx, rx) = bounded(1);
        skynet(&tx, 0, LEAVES);
        assert_eq!(rx.recv(), Ok(499_999_500_000));
    }
}

fn benches_of(c: &mut Criterion) {
    support::on_one_and_two_procs(c, "skynet", leaves);
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = benches_of
}
criterion_main!(benches);
