//! A lock is held while a goroutine is joined that needs it, but only where that goroutine is not done yet.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

pub fn kernel(fixed: bool) {
    let table = Arc::new(Mutex::new(vec![1]));
    let theirs = table.clone();
    let worker = go(move || theirs.lock().unwrap().push(2));
    let rows = table.lock().unwrap();
    let is_done = worker.is_finished();
    if fixed {
        drop(rows);
    }
    if !is_done {
        worker.join().unwrap();
    }
}
