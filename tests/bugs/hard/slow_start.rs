//! A client asks twelve times and gives up, and the server has not made its first step. At random the server
//! comes first nearly always.

use std::sync::Arc;

use gosched::sync::Mutex;
use gosched::{go, yield_now};

pub fn kernel(fixed: bool) {
    let is_up = Arc::new(Mutex::new(false));
    let theirs = is_up.clone();
    let server = go(move || *theirs.lock().unwrap() = true);
    if fixed {
        return server.join().unwrap();
    }
    let answered = (0..12).any(|_| {
        yield_now();
        *is_up.lock().unwrap()
    });
    assert!(answered, "no server");
}
