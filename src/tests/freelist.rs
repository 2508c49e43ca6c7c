//! `proto/freelist`, one step after the other.

use core::ptr::NonNull;

use crate::base::list::Linked;
use crate::proto::freelist::*;

struct G(u32, Option<NonNull<G>>);

// SAFETY: the field lies at a fixed place of the element.
unsafe impl Linked for G {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: a field of a live element.
        NonNull::from(&mut unsafe { &mut *this.as_ptr() }.1)
    }
}

fn some(n: u32) -> Vec<G> {
    (0..n).map(|i| G(i, None)).collect()
}

fn number(g: NonNull<G>) -> u32 {
    // SAFETY: the elements outlive their list in every test.
    unsafe { g.as_ref() }.0
}

#[test]
fn the_last_freed_is_given_out_first() {
    let mut gs = some(3);
    let (list, mut local) = (FreeList::<G, 8>::new(), Local::new());
    gs.iter_mut().for_each(|g| list.put(&mut local, NonNull::from(g)));
    let got = core::iter::from_fn(|| list.get(&mut local)).map(number);
    assert_eq!(got.collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn a_processor_keeps_fewer_than_most_and_the_newer_half() {
    let mut gs = some(9);
    let (list, mut local) = (FreeList::<G, 4>::new(), Local::new());
    gs.iter_mut().for_each(|g| list.put(&mut local, NonNull::from(g)));
    // The others have gone to the shared list, two at a time.
    let mut shared = list.drain();
    assert_eq!(shared.len(), 6);
    let kept = core::iter::from_fn(|| list.get(&mut local)).map(number);
    assert_eq!(kept.collect::<Vec<_>>(), [8, 7, 6]);
    let mut older: Vec<_> = core::iter::from_fn(|| shared.pop_front()).map(number).collect();
    older.sort_unstable();
    assert_eq!(older, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn what_one_processor_gives_up_another_gets() {
    let mut gs = some(2);
    let (list, mut local) = (FreeList::<G, 8>::new(), Local::new());
    gs.iter_mut().for_each(|g| list.put(&mut local, NonNull::from(g)));
    list.flush(&mut local);
    assert!(list.drain().len() == 2 && list.get(&mut local).is_none());
}

/// Puts slots into the shared list.
fn share(list: &FreeList<G, 4>, gs: &mut [G]) {
    let mut local = Local::new();
    gs.iter_mut().for_each(|g| list.put(&mut local, NonNull::from(g)));
    list.flush(&mut local);
}

/// A processor without slots asks for one, which takes two out of the shared list.
fn ask(list: &FreeList<G, 4>) {
    assert!(list.get(&mut Local::new()).is_some());
}

#[test]
fn slots_that_were_asked_for_lately_are_not_spare() {
    let (mut first, mut more) = (some(8), some(4));
    let list = FreeList::<G, 4>::new();
    share(&list, &mut first);
    assert!(list.take_spare(9).is_empty(), "nothing is known yet of what is needed");
    // Two are left of eight; then there are six.
    (0..3).for_each(|_| ask(&list));
    share(&list, &mut more);
    assert_eq!(list.take_spare(1).len(), 1);
    assert_eq!(list.take_spare(9).len(), 1);
    assert!(list.take_spare(9).is_empty());
    // Nobody has asked for the last four since.
    assert_eq!(list.take_spare(9).len(), 4);
    assert!(list.is_empty() && list.take_spare(9).is_empty());
}
