//! Two consumers, one value: each looks whether the channel is empty, and then receives.

use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(1);
    tx.send(1).unwrap();
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            let rx = rx.clone();
            go(move || {
                if fixed {
                    rx.try_recv().ok()
                } else if rx.is_empty() {
                    None
                } else {
                    rx.recv().ok()
                }
            })
        })
        .collect();
    let got = consumers.into_iter().filter_map(|consumer| consumer.join().unwrap()).count();
    assert_eq!(got, 1);
    drop(tx);
}
