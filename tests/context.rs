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

use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::chan::{self, RecvTimeoutError, TryRecvError};
use gosched::context::{Context, Error};
use gosched::{go, time, yield_now};
use harness::{LATE, runtime};

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

#[test]
fn a_function_runs_once_when_the_context_is_cancelled() {
    runtime(2).run(|| {
        let (tx, rx) = chan::unbounded();
        let root = Context::new();
        let tell = |what: &'static str| {
            let tx = tx.clone();
            move || tx.send(what).unwrap()
        };
        let above = root.after_func(tell("above"));
        let _below = root.child().after_func(tell("below"));
        let stopped = root.after_func(tell("stopped"));
        assert!(stopped.stop());
        assert!(!stopped.stop(), "it was stopped before");
        assert_eq!(rx.recv_timeout(ms(5)), Err(RecvTimeoutError::Timeout), "not cancelled yet");
        let canceller = root.clone();
        std::thread::spawn(move || canceller.cancel()).join().unwrap();
        let mut told = [rx.recv_timeout(LATE).unwrap(), rx.recv_timeout(LATE).unwrap()];
        told.sort_unstable();
        assert_eq!(told, ["above", "below"]);
        root.cancel();
        assert!(!above.stop(), "it has run");
        drop(root.after_func(tell("at once")));
        assert_eq!(rx.recv_timeout(LATE), Ok("at once"));
        drop(root.with_timeout(ms(1)).after_func(tell("cancelled from above")));
        assert_eq!(rx.recv_timeout(LATE), Ok("cancelled from above"));
        let late = Context::new().with_timeout(ms(1));
        drop(late.after_func(tell("at the deadline")));
        assert_eq!(rx.recv_timeout(LATE), Ok("at the deadline"));
        assert_eq!(rx.recv_timeout(ms(5)), Err(RecvTimeoutError::Timeout), "each ran once");
    });
}

#[test]
fn a_function_whose_context_goes_or_whose_runtime_ends_does_not_run() {
    let owned = Arc::new(());
    let context = Context::new();
    let function = |owned: &Arc<()>| {
        let owned = owned.clone();
        move || panic!("ran with {owned:?}")
    };
    runtime(1).run({
        let (first, second) = (function(&owned), function(&owned));
        let context = context.clone();
        move || {
            drop(Context::new().after_func(first));
            drop(context.after_func(second));
        }
    });
    assert_eq!(Arc::strong_count(&owned), 2, "the first went with its context");
    context.cancel();
}
