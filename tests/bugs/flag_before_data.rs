//! The flag is set before the data that it announces.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

pub fn kernel(fixed: bool) {
    let shared = Arc::new((Mutex::new(false), Mutex::new(None)));
    let theirs = shared.clone();
    let writer = go(move || {
        let (is_ready, data) = &*theirs;
        if fixed {
            *data.lock().unwrap() = Some(7);
        }
        *is_ready.lock().unwrap() = true;
        if !fixed {
            *data.lock().unwrap() = Some(7);
        }
    });
    let (is_ready, data) = &*shared;
    let is_ready = *is_ready.lock().unwrap();
    if is_ready {
        assert_eq!(*data.lock().unwrap(), Some(7), "ready, and nothing there");
    }
    writer.join().unwrap();
}
