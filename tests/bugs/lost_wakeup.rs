//! A wake-up that comes before the wait: the flag is looked at under the lock, and waited for after the lock was
//! given up in between.

use std::sync::Arc;

use gosched::go;
use gosched::sync::{Condvar, Mutex};

pub fn kernel(fixed: bool) {
    let shared = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = shared.clone();
    let setter = go(move || {
        let (is_set, changed) = &*theirs;
        *is_set.lock().unwrap() = true;
        changed.notify_one();
    });
    let (is_set, changed) = &*shared;
    if fixed {
        drop(changed.wait_while(is_set.lock().unwrap(), |is_set| !*is_set).unwrap());
    } else if !*is_set.lock().unwrap() {
        drop(changed.wait(is_set.lock().unwrap()).unwrap());
    }
    setter.join().unwrap();
}
