//! The consumer stops, and a producer that has not heard of it sends: `unwrap` of its error panics.

use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(1);
    let (stop, stopped) = chan::bounded::<()>(0);
    let producer = go(move || {
        for n in 0..3 {
            if stopped.try_recv() == Err(chan::TryRecvError::Disconnected) {
                return;
            }
            let sent = tx.send(n);
            if fixed && sent.is_err() {
                return;
            }
            sent.unwrap();
        }
    });
    assert_eq!(rx.recv(), Ok(0));
    drop(stop);
    drop(rx);
    producer.join().unwrap();
}
