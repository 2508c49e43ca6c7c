//! Messages of two senders are expected in the order in which the senders were started.

use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(2);
    for message in ["open", "write"] {
        let tx = tx.clone();
        let sender = go(move || tx.send(message).unwrap());
        if fixed {
            sender.join().unwrap();
        }
    }
    drop(tx);
    assert_eq!(rx.iter().collect::<Vec<_>>(), ["open", "write"]);
}
