//! `proto/globrunq`, one step after the other.

use core::ptr::NonNull;

use crate::base::list::{Linked, List};
use crate::proto::globrunq::*;

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

fn numbers(mut list: List<G>) -> Vec<u32> {
    core::iter::from_fn(|| list.pop_front()).map(number).collect()
}

#[test]
fn first_in_is_first_out_and_a_batch_stays_together() {
    let mut gs = some(4);
    let q = GlobRunq::new();
    let mut all = gs.iter_mut().map(NonNull::from);
    q.put(all.next().unwrap());
    let mut batch = List::new();
    batch.push_back(all.next().unwrap());
    batch.push_back(all.next().unwrap());
    q.put_batch(batch);
    q.put(all.next().unwrap());
    assert_eq!(q.len(), 4);
    assert_eq!(core::iter::from_fn(|| q.get()).map(number).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(q.is_empty());
}

#[test]
fn a_share_is_one_more_than_a_fair_one_and_at_most_what_fits() {
    for (len, procs, max, share) in
        [(0, 2, 8, 0), (1, 4, 8, 1), (3, 4, 8, 1), (8, 4, 8, 3), (8, 1, 8, 8), (8, 2, 2, 2)]
    {
        let mut gs = some(len);
        let q = GlobRunq::new();
        gs.iter_mut().for_each(|g| q.put(NonNull::from(g)));
        assert_eq!(numbers(q.get_batch(procs, max)), (0..share).collect::<Vec<_>>());
        assert_eq!(q.len(), (len - share) as usize);
    }
}
