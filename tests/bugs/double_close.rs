//! Two goroutines close a channel, each after a look whether it is closed (GoBench: "double close", docker 24007).

use std::sync::Arc;

use gosched::sync::{Mutex, Once};
use gosched::{chan, go};

pub fn kernel(fixed: bool) {
    let (tx, _rx) = chan::bounded::<()>(1);
    let is_closed = Arc::new(Mutex::new(false));
    let once = Arc::new(Once::new());
    let closers: Vec<_> = (0..2)
        .map(|_| {
            let (tx, is_closed, once) = (tx.clone(), is_closed.clone(), once.clone());
            go(move || {
                let close = || assert!(tx.close(), "closed twice");
                if fixed {
                    once.call_once(close);
                } else if !*is_closed.lock().unwrap() {
                    close();
                    *is_closed.lock().unwrap() = true;
                }
            })
        })
        .collect();
    closers.into_iter().for_each(|closer| closer.join().unwrap());
}
