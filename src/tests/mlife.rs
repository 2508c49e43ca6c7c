//! `proto/mlife`, one step after the other.

use crate::facade::thread::{self, JoinHandle, Signals};
use crate::proto::mlife::{Life, Mlife, Newborn, Record, Refused};

struct M(Life);

impl Record for M {
    fn life(&self) -> &Life {
        &self.0
    }
}

fn born(lives: &Mlife<M>) -> Newborn<M> {
    let Ok(reservation) = lives.reserve() else { panic!("there is room") };
    lives.allocm(reservation, M)
}

/// A thread that lives; it is this one.
fn alive(lives: &Mlife<M>) -> &M {
    let born = born(lives);
    let m = born.m();
    lives.started(born, None);
    // SAFETY: the record stays as long as `lives`.
    unsafe { m.as_ref() }
}

fn listed(lives: &Mlife<M>) -> Vec<u32> {
    let mut ids = Vec::new();
    lives.for_each(|m| ids.push(m.0.id()));
    ids
}

#[test]
fn a_record_that_was_left_is_the_next_ones() {
    let lives = Mlife::new(9);
    let [first, second] = [alive(&lives), alive(&lives)];
    assert_eq!(listed(&lives), [0, 1]);
    lives.retire(first);
    assert_eq!((listed(&lives), lives.count()), (vec![1], 2));
    assert_eq!(alive(&lives).0.id(), 2, "the first has not left");
    lives.left(first);
    assert_eq!((listed(&lives), lives.count()), (vec![1, 2], 2));
    lives.retire(second);
    assert!(core::ptr::eq(alive(&lives), first));
    assert_eq!((listed(&lives), lives.count()), (vec![0, 2], 3));
}

#[test]
fn a_thread_that_could_not_be_made_leaves_its_record() {
    let lives = Mlife::new(1);
    lives.cancel(born(&lives));
    assert_eq!((listed(&lives), lives.count()), (vec![], 0));
    assert_eq!(alive(&lives).0.id(), 0);
}

#[test]
fn the_limit_holds_from_its_change_on() {
    let lives = Mlife::new(1);
    alive(&lives);
    assert_eq!(lives.reserve().err(), Some(Refused::Full));
    assert_eq!(lives.set_limit(2), Ok(1));
    alive(&lives);
    assert_eq!(lives.set_limit(1), Err(2));
    assert_eq!(lives.reserve().err(), Some(Refused::Full));
}

#[test]
fn the_end_gives_out_the_threads_that_are_left() {
    let lives = Mlife::new(9);
    for _ in 0..3 {
        let born = born(&lives);
        let thread = thread::spawn(String::from("short"), Signals::of_this_thread(), || ());
        lives.started(born, Some(thread.expect("there is room for a thread")));
    }
    let threads = lives.close();
    assert_eq!(threads.len(), 3);
    threads.into_iter().for_each(JoinHandle::join);
    assert_eq!(lives.reserve().err(), Some(Refused::Closed));
}
