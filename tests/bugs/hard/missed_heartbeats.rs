//! A monitor declares a worker dead after eight ticks without a sign of life, and the worker has not run yet.

use std::sync::Arc;
use std::time::Duration;

use gosched::go;
use gosched::sync::Mutex;
use gosched::time::sleep;

pub fn kernel(fixed: bool) {
    let beats = Arc::new(Mutex::new(0));
    let theirs = beats.clone();
    let worker = go(move || *theirs.lock().unwrap() += 1);
    if fixed {
        worker.join().unwrap();
    }
    let is_alive = (0..8).any(|_| {
        sleep(Duration::from_millis(100));
        *beats.lock().unwrap() > 0
    });
    assert!(is_alive, "declared dead");
}
