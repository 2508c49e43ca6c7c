//! `proto/idle`, one step after the other.

use core::ptr::NonNull;

use crate::proto::idle::*;

fn drained(procs: u32) -> Idle<u32> {
    let idle = Idle::new(procs);
    for p in 0..procs {
        assert_eq!(idle.take_p(Spinning::No), Some(p));
    }
    idle
}

#[test]
fn one_spinner_is_started_for_any_number_of_goroutines() {
    let idle = Idle::<u32>::new(2);
    assert_eq!(idle.submitted(), Submitted::Wake);
    assert!(idle.claim().is_some_and(|claim| claim.p == 0 && claim.m.is_none()));
    assert_eq!(idle.submitted(), Submitted::Covered);
    assert!(idle.claim().is_none());
    idle.found_work();
    assert_eq!(idle.submitted(), Submitted::Wake);
}

#[test]
fn a_mark_makes_the_next_to_give_up_a_spinner() {
    let idle = drained(2);
    assert_eq!(idle.submitted(), Submitted::Covered);
    assert_eq!(idle.drop_p(0, || false), Dropped::LookAgain);
    assert_eq!(idle.drop_p(0, || false), Dropped::Idle);
    idle.stop_spinning();
    assert_eq!(idle.drop_p(1, || false), Dropped::Idle);
    assert_eq!(idle.quiescent(2), Some(0));
}

#[test]
fn half_of_the_busy_processors_may_spin() {
    let idle = drained(4);
    let spin = || idle.start_spinning(4);
    assert_eq!([spin(), spin(), spin()], [Spinning::Yes, Spinning::Yes, Spinning::No]);
}

#[test]
fn a_look_that_no_thread_could_be_had_for_is_owed_by_the_next_that_parks() {
    let idle = Idle::<u32>::new(1);
    let m = NonNull::from(&1_u32);
    let claim = idle.claim().unwrap();
    assert_eq!(idle.unclaim(claim.p, Spinning::Yes, || false), Unclaimed::Idle(1));
    assert_eq!(idle.put_m(m), Parked::LookAgain(0));
    assert_eq!(idle.drop_p(0, || false), Dropped::Idle);
    idle.stop_spinning();
    assert_eq!(idle.put_m(m), Parked::Idle);
    assert_eq!(idle.quiescent(1), Some(1));
}

#[test]
fn a_thread_that_parked_meanwhile_gets_the_processor() {
    let idle = Idle::<u32>::new(1);
    let m = NonNull::from(&1_u32);
    let claim = idle.claim().unwrap();
    assert_eq!(idle.put_m(m), Parked::Idle);
    assert_eq!(idle.unclaim(claim.p, Spinning::Yes, || false), Unclaimed::HandTo(m));
}
