//! `proto/runq`, one step after the other.

use core::ptr::NonNull;

use crate::base::list::{Linked, List};
use crate::facade::{AtomicUsize, Ordering::Relaxed};
use crate::proto::runq::*;

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
    // SAFETY: the elements outlive their queues in every test.
    unsafe { g.as_ref() }.0
}

fn put<const CAP: usize>(q: &Runq<G, CAP>, g: &mut G, next: Next) -> Vec<u32> {
    let mut spilled = q.put(NonNull::from(g), next).unwrap_or(List::new());
    core::iter::from_fn(|| spilled.pop_front()).map(number).collect()
}

fn rest<const CAP: usize>(q: &Runq<G, CAP>) -> Vec<u32> {
    core::iter::from_fn(|| q.get()).map(|(g, _)| number(g)).collect()
}

#[test]
fn the_next_one_comes_first_and_inherits_the_slice() {
    let mut gs = some(4);
    let q = Runq::<G, 4>::new();
    for (g, next) in gs.iter_mut().zip([Next::No, Next::Yes, Next::No, Next::Yes]) {
        assert!(put(&q, g, next).is_empty());
    }
    let got = core::iter::from_fn(|| q.get()).map(|(g, slice)| (number(g), slice));
    let new = [0, 2, 1].map(|g| (g, Slice::New));
    assert_eq!(got.collect::<Vec<_>>(), [vec![(3, Slice::Inherited)], new.to_vec()].concat());
    assert!(q.is_empty());
}

#[test]
fn the_ring_comes_first_if_asked() {
    let mut gs = some(2);
    let q = Runq::<G, 4>::new();
    put(&q, &mut gs[0], Next::Yes);
    put(&q, &mut gs[1], Next::No);
    let got = core::iter::from_fn(|| q.get_ring_first()).map(|(g, _)| number(g));
    assert_eq!(got.collect::<Vec<_>>(), [1, 0]);
}

/// Go's `TestSchedLocalQueue`: put and get in every mixture, across the wrap of the numbers.
#[test]
fn what_is_put_is_got_in_order() {
    const CAP: usize = 256;
    let mut gs = some(256);
    let q = Runq::<G, CAP>::counting_from(u32::MAX - 1000);
    for i in 0..=CAP {
        assert!(q.is_empty());
        for g in &mut gs[..i] {
            assert!(q.waiting() < CAP);
            assert!(put(&q, g, Next::No).is_empty());
        }
        assert_eq!(q.waiting(), i);
        assert_eq!(rest(&q), (0..i).map(|i| u32::try_from(i).unwrap()).collect::<Vec<_>>());
    }
}

/// A look at the tail, then at a head that has passed it: not four thousand million.
#[test]
fn anybody_may_ask_how_many_wait() {
    const CAP: usize = 4;
    let mut gs = some(2);
    let q = Runq::<G, CAP>::counting_from(u32::MAX - 1000);
    put(&q, &mut gs[0], Next::Yes);
    assert_eq!((q.len(), q.ring_len()), (1, 0));
    let is_over = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while is_over.load(Relaxed) == 0 {
                assert!(q.len() <= 1 + CAP);
            }
        });
        let begin = std::time::Instant::now();
        while begin.elapsed() < std::time::Duration::from_millis(200) {
            put(&q, &mut gs[1], Next::No);
            assert_eq!(q.len(), 2);
            let _ = q.get_ring_first();
        }
        is_over.store(1, Relaxed);
    });
    assert_eq!((rest(&q), q.len()), (vec![0], 0));
}

/// Go's `TestSchedLocalQueueSteal`: the older half is taken, the odd one with it.
#[test]
fn a_thief_takes_the_older_half() {
    const CAP: u32 = 256;
    let mut gs = some(CAP);
    let victim = Runq::<G, { CAP as usize }>::counting_from(u32::MAX - 1000);
    let thief = Runq::<G, { CAP as usize }>::new();
    for i in 0..=CAP {
        for g in &mut gs[..i as usize] {
            put(&victim, g, Next::No);
        }
        let half = i.div_ceil(2);
        let last = victim.grab(&thief, Next::No).map(number);
        assert_eq!(last, half.checked_sub(1));
        assert_eq!(rest(&thief), (0..half.saturating_sub(1)).collect::<Vec<_>>());
        assert_eq!(rest(&victim), (half..i).collect::<Vec<_>>());
    }
}

#[test]
fn a_thief_takes_the_next_one_last_and_only_if_asked() {
    let mut gs = some(2);
    let (victim, thief) = (Runq::<G, 4>::new(), Runq::new());
    put(&victim, &mut gs[0], Next::No);
    put(&victim, &mut gs[1], Next::Yes);
    assert_eq!(victim.grab(&thief, Next::Yes).map(number), Some(0));
    assert_eq!(victim.grab(&thief, Next::No).map(number), None);
    assert!(!victim.is_empty());
    assert_eq!(victim.grab(&thief, Next::Yes).map(number), Some(1));
    assert!(victim.is_empty() && thief.is_empty());
}

#[test]
fn a_full_ring_spills_its_older_half_and_the_new_one_in_order() {
    let mut gs = some(9);
    let q = Runq::<G, 8>::counting_from(u32::MAX - 2);
    let (last, first) = gs.split_last_mut().unwrap();
    for g in first {
        assert!(put(&q, g, Next::No).is_empty());
    }
    assert_eq!(put(&q, last, Next::No), [0, 1, 2, 3, 8]);
    assert_eq!(rest(&q), [4, 5, 6, 7]);
}

#[test]
fn the_kicked_one_spills_a_full_ring() {
    let mut gs = some(4);
    let q = Runq::<G, 2>::new();
    let (first, rest_of) = gs.split_at_mut(2);
    for g in first {
        put(&q, g, Next::No);
    }
    assert!(put(&q, &mut rest_of[0], Next::Yes).is_empty());
    assert_eq!(put(&q, &mut rest_of[1], Next::Yes), [0, 2]);
    assert_eq!(rest(&q), [3, 1]);
}
