//! On a time-out a permit is kept: the next one waits for ever.

use std::sync::Arc;
use std::time::Duration;

use gosched::sync::Semaphore;
use gosched::time::sleep;
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let slots = Arc::new(Semaphore::new(1));
    let permit = slots.clone().acquire_owned();
    let (tx, rx) = chan::bounded(1);
    go(move || {
        sleep(Duration::from_millis(5)); // the work
        let _ = tx.send(());
    });
    let is_done = rx.recv_timeout(Duration::from_millis(10)).is_ok();
    if is_done || fixed {
        drop(permit);
    } else {
        permit.forget(); // "the worker has it"
    }
    drop(slots.acquire());
}
