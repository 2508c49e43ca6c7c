//! `WaitGroup::add` in the goroutine that is waited for: the wait may come first (GoBench: etcd 6873, and the
//! study's section on WaitGroup).

use std::sync::Arc;

use gosched::go;
use gosched::sync::{Mutex, WaitGroup};

pub fn kernel(fixed: bool) {
    let group = WaitGroup::new();
    let done = Arc::new(Mutex::new(0));
    for _ in 0..2 {
        if fixed {
            group.add(1);
        }
        let (group, done) = (group.clone(), done.clone());
        go(move || {
            if !fixed {
                group.add(1);
            }
            *done.lock().unwrap() += 1;
            group.done();
        });
    }
    group.wait();
    assert_eq!(*done.lock().unwrap(), 2, "wait returned before the work was done");
}
