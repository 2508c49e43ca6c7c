//! A lock is held over a send, and the receiver needs the lock before it receives (GoBench: mixed deadlocks, such
//! as moby 4395).

use std::sync::Arc;

use gosched::sync::Mutex;
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(0);
    let log = Arc::new(Mutex::new(Vec::new()));
    let theirs = log.clone();
    let sender = go(move || {
        let mut log = theirs.lock().unwrap();
        log.push("sending");
        if fixed {
            drop(log);
        }
        tx.send(1).unwrap();
    });
    log.lock().unwrap().push("receiving");
    assert_eq!(rx.recv(), Ok(1));
    sender.join().unwrap();
}
