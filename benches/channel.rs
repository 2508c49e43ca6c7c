//! What does a value cost on its way through a channel?

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use gosched::chan::{Receiver, Sender, bounded};

fn ping_pong(n: u64) {
    let (ping, pings) = bounded(0);
    let (pong, pongs) = bounded(0);
    let other = gosched::go(move || pings.iter().for_each(|i: u64| pong.send(i).expect("open")));
    for i in 0..n {
        ping.send(i).expect("open");
        assert_eq!(pongs.recv(), Ok(i));
    }
    drop(ping);
    other.join().expect("it returns");
}

fn produce(tx: &Sender<u64>, n: u64) {
    (0..n).for_each(|i| tx.send(i).expect("open"));
}

fn consume(rx: &Receiver<u64>) -> u64 {
    rx.iter().fold(0, u64::wrapping_add)
}

fn of_128(n: u64, each_side: u64) {
    let (tx, rx) = bounded(128);
    let consumers: Vec<_> = (0..each_side)
        .map(|_| {
            let rx = rx.clone();
            gosched::go(move || consume(&rx))
        })
        .collect();
    for _ in 0..each_side {
        let tx = tx.clone();
        gosched::go(move || produce(&tx, n.div_ceil(each_side)));
    }
    drop(tx);
    let sums = consumers.into_iter().map(|g| g.join().expect("it returns"));
    assert!(n == 0 || sums.fold(0, u64::wrapping_add) > 0 || n <= each_side);
}

fn benches_of(c: &mut Criterion) {
    support::on_one_and_two_procs(c, "ping_pong", ping_pong);
    support::with_metrics(c, "ping_pong", ping_pong);
    support::on_one_and_two_procs(c, "chan_1_1", |n| of_128(n, 1));
    support::on_one_and_two_procs(c, "chan_4_4", |n| of_128(n, 4));
}

criterion_group!(benches, benches_of);
criterion_main!(benches);
