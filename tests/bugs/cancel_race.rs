//! The result and the cancellation come together, and the cancellation is seen first: the result, which holds a
//! slot, is lost.

use gosched::context::Context;
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let context = Context::new();
    let (tx, rx) = chan::bounded(1);
    go(move || tx.send("slot 7").unwrap());
    let theirs = context.clone();
    go(move || theirs.cancel());
    let mut slot = None;
    chan::select! {
        recv(rx) -> got => slot = got.ok(),
        recv(context.done()) -> _ => {
            if fixed {
                slot = rx.recv().ok(); // it is on its way, whatever happens
            }
        }
    }
    assert!(slot.is_some(), "a slot was granted, and nobody has it");
}
