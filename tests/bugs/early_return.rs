//! The first error ends the reader, and the other workers send to nobody (GoBench: grpc 1275, kubernetes 38669).

use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, rx) = chan::bounded(if fixed { 2 } else { 0 });
    let keep = rx.clone(); // the owner of the channel is still there
    for worker in 0..2 {
        let tx = tx.clone();
        go(move || {
            let result = if worker == 0 { Err("no answer") } else { Ok(worker) };
            let _ = tx.send(result);
        });
    }
    for _ in 0..2 {
        if rx.recv().unwrap().is_err() {
            break;
        }
    }
    if fixed {
        drop(keep);
    } else {
        std::mem::forget(keep);
    }
}
