//! A lease is renewed by a message, and the expiry that was under way already ends it all the same.

use std::sync::Arc;
use std::time::Duration;

use gosched::sync::Mutex;
use gosched::time::{after_func, sleep};

pub fn kernel(fixed: bool) {
    let lease = Arc::new(Mutex::new((0, true))); // its round, and whether it is valid
    let theirs = lease.clone();
    let expiry = after_func(Duration::from_millis(10), move || {
        let mut lease = theirs.lock().unwrap();
        if !fixed || lease.0 == 0 {
            lease.1 = false;
        }
    });
    sleep(Duration::from_millis(5));
    let is_valid = {
        let mut lease = lease.lock().unwrap();
        lease.0 += 1; // renewed
        lease.1
    };
    expiry.stop();
    sleep(Duration::from_millis(20));
    if is_valid {
        assert!(lease.lock().unwrap().1, "renewed, and expired");
    }
}
