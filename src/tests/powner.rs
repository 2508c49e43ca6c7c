//! `proto/powner`, one step after the other.

use crate::proto::powner::*;

#[test]
fn a_processor_is_taken_in_user_code_only() {
    let lease = Lease::new();
    lease.acquire(3);
    assert_eq!(lease.take(3), Take::Refused);
    lease.leave();
    assert_eq!(lease.take(2), Take::Refused);
    assert_eq!(lease.take(3), Take::Taken);
    assert_eq!(lease.take(3), Take::Refused);
    assert_eq!(lease.enter(), Entered::WithoutP);
    lease.acquire(2);
    lease.release(2);
}

#[test]
fn a_thread_without_a_processor_is_told_each_time() {
    let lease = Lease::new();
    lease.acquire(0);
    lease.leave();
    assert_eq!(lease.take(0), Take::Taken);
    for _ in 0..2 {
        assert_eq!(lease.enter(), Entered::WithoutP);
        lease.leave_without_p();
    }
}
