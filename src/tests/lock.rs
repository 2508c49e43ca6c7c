//! `proto/lock`, one step after the other.

use crate::proto::lock::Lock;

#[test]
fn a_dropped_guard_leaves_the_data_to_the_next() {
    let lock = Lock::new(0);
    for expected in 0..3 {
        let mut guard = lock.lock();
        assert_eq!(*guard, expected);
        *guard += 1;
    }
}
