//! The receiver asks for the answer only if it was fast enough to register; else the sender sends to nobody.

use std::sync::Arc;

use gosched::sync::Mutex;
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(0);
    let is_wanted = Arc::new(Mutex::new(true));
    let theirs = is_wanted.clone();
    let publisher = go(move || {
        if fixed {
            let _ = tx.try_send(1);
        } else if *theirs.lock().unwrap() {
            tx.send(1).unwrap();
        }
    });
    *is_wanted.lock().unwrap() = false; // unsubscribes
    publisher.join().unwrap();
    drop(rx);
}
