//! The first error cancels the others, and whoever collects waits for an answer from each of them.

use gosched::context::Context;
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let context = Context::new();
    let (tx, rx) = chan::bounded(2);
    for worker in 0..2 {
        let (context, tx) = (context.clone(), tx.clone());
        go(move || {
            if context.error().is_some() {
                if fixed {
                    tx.send(Err("cancelled")).unwrap();
                }
                return;
            }
            let result = if worker == 0 { Ok(worker) } else { Err("failed") };
            if result.is_err() {
                context.cancel();
            }
            tx.send(result).unwrap();
        });
    }
    for _ in 0..2 {
        let _ = rx.recv().unwrap();
    }
    drop(tx);
}
