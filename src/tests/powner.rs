//! `proto/powner`, one step after the other.

use crate::proto::powner::*;

#[test]
fn a_processor_is_taken_in_user_code_only() {
    let lease = Lease::new();
    lease.acquire(3);
    assert_eq!(lease.leave(), Left::Kept);
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
    assert_eq!(lease.leave(), Left::Kept);
    assert_eq!(lease.take(0), Take::Taken);
    for _ in 0..2 {
        assert_eq!(lease.enter(), Entered::WithoutP);
        lease.leave_without_p();
    }
}

#[test]
fn a_processor_that_was_asked_for_is_given_up() {
    let lease = Lease::new();
    lease.acquire(3);
    assert_eq!(lease.take(3), Take::Asked);
    assert_eq!(lease.take(3), Take::Asked);
    assert!(lease.is_wanted());
    assert_eq!(lease.leave(), Left::GaveUp(3));
    assert_eq!(lease.take(3), Take::Refused);
    assert_eq!(lease.enter(), Entered::WithoutP);
}

#[test]
fn an_answer_takes_the_mark_away() {
    let lease = Lease::new();
    lease.acquire(3);
    assert_eq!(lease.take(3), Take::Asked);
    lease.answer(3);
    assert_eq!(lease.leave(), Left::Kept);
    assert_eq!(lease.enter(), Entered::WithP);
    lease.want(3);
    lease.release(3);
}
