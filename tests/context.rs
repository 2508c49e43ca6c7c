//! Cancellation.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::time::{Duration, Instant};

use gosched::chan::TryRecvError;
use gosched::context::{Context, Error};
use gosched::{go, time, yield_now};
use harness::runtime;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn cancelling_tells_all_below_and_nobody_above() {
    let root = Context::new();
    let middle = root.child();
    let (leaf, other) = (middle.child(), root.child());
    middle.clone().cancel();
    assert_eq!([&middle, &leaf].map(Context::error), [Some(Error::Cancelled); 2]);
    assert_eq!([&root, &other].map(Context::error), [None; 2]);
    assert_eq!(leaf.done().try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(other.done().try_recv(), Err(TryRecvError::Empty));
    assert_eq!(middle.child().error(), Some(Error::Cancelled), "made afterwards");
    middle.cancel();
}

#[test]
fn whoever_waits_is_woken() {
    runtime(2).run(|| {
        let context = Context::new();
        let waiters: Vec<_> = (0..10)
            .map(|_| {
                let context = context.child();
                go(move || context.done().recv().is_err())
            })
            .collect();
        yield_now();
        context.cancel();
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
    });
}

#[test]
fn a_deadline_cancels_and_the_earlier_one_counts() {
    runtime(2).run(|| {
        let start = Instant::now();
        let far = Context::new().with_timeout(Duration::from_secs(3_600));
        let near = far.with_timeout(ms(5));
        let below = near.with_timeout(Duration::from_secs(60));
        assert_eq!(below.deadline(), near.deadline());
        assert!(below.done().recv().is_err());
        assert!(start.elapsed() >= ms(5));
        assert_eq!(below.error(), Some(Error::DeadlineExceeded));
        assert_eq!(near.error(), Some(Error::DeadlineExceeded));
        assert_eq!(far.error(), None);
        assert_eq!(far.with_deadline(start).error(), Some(Error::DeadlineExceeded));
        assert_eq!(far.with_timeout(Duration::MAX).deadline(), far.deadline());
        let cancelled = far.with_timeout(ms(200));
        cancelled.cancel();
        time::sleep(ms(210));
        assert_eq!(cancelled.error(), Some(Error::Cancelled));
    });
}

#[test]
fn a_deep_and_a_wide_tree_are_cancelled_and_dropped() {
    runtime(1).run(|| {
        let root = Context::new();
        let mut deep = root.clone();
        for _ in 0..100_000 {
            deep = deep.child();
        }
        let wide: Vec<_> = (0..10_000).map(|_| root.child()).collect();
        root.cancel();
        assert!(deep.error().is_some() && wide.iter().all(|child| child.error().is_some()));
        drop(deep);
    });
}
