//! Futures in goroutines and on threads, and handles as futures.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use gosched::{RuntimeEnded, block_on, chan, go, time, yield_now};
use harness::runtime;

/// Is ready once another has opened it.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    fn open(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}

#[test]
fn a_future_that_another_wakes_ends_in_a_goroutine_and_on_a_thread() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        for _ in 0..100 {
            let gate = Gate::default();
            let waits = rt.go({
                let gate = gate.clone();
                move || block_on(gate)
            });
            rt.go({
                let gate = gate.clone();
                move || gate.open()
            });
            waits.join().unwrap();
        }
        let gate = Gate::default();
        let opener = thread::spawn({
            let gate = gate.clone();
            move || gate.open()
        });
        block_on(gate);
        opener.join().unwrap();
    }
}

#[test]
fn a_future_that_wakes_itself_is_polled_again() {
    struct Often(usize);
    impl Future for Often {
        type Output = &'static str;
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<&'static str> {
            context.waker().wake_by_ref();
            context.waker().wake_by_ref();
            self.0 -= 1;
            if self.0 == 0 { Poll::Ready("ready") } else { Poll::Pending }
        }
    }
    assert_eq!(block_on(Often(100)), "ready");
    runtime(1).run(|| assert_eq!(block_on(Often(100)), "ready"));
}

#[test]
fn the_code_of_a_future_may_wait_itself() {
    runtime(1).run(|| {
        let (tx, rx) = chan::bounded(0);
        go(move || tx.send(3).unwrap());
        let got = block_on(async {
            yield_now();
            rx.recv().unwrap()
        });
        assert_eq!(got, 3);
    });
}

#[test]
fn a_handle_is_a_future() {
    let rt = runtime(2);
    assert_eq!(block_on(rt.go(|| 3)).unwrap(), 3);
    let slow = rt.go(|| {
        time::sleep(Duration::from_millis(5));
        4
    });
    assert_eq!(block_on(async { slow.await.unwrap() + 1 }), 5);
    let panic = block_on(rt.go(|| -> () { panic!("as expected") })).unwrap_err();
    assert_eq!(harness::message(&*panic), "as expected");
    let lost = rt.go(|| time::sleep(Duration::MAX));
    drop(rt);
    assert!(block_on(lost).unwrap_err().is::<RuntimeEnded>());
}

#[test]
fn a_handle_wakes_whoever_polled_it_last() {
    struct Counts(AtomicUsize);
    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let rt = runtime(1);
    let (tx, rx) = chan::bounded::<()>(0);
    let mut handle = rt.go(move || rx.recv().is_err());
    let counts: Vec<_> = (0..2).map(|_| Arc::new(Counts(AtomicUsize::new(0)))).collect();
    for count in &counts {
        let waker = count.clone().into();
        assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    drop(tx);
    while !handle.is_finished() || counts[1].0.load(SeqCst) == 0 {
        thread::yield_now();
    }
    assert_eq!(counts[0].0.load(SeqCst), 0);
    assert!(handle.join().unwrap());
}

#[test]
fn a_join_with_a_time_out_gives_the_handle_back() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let (tx, rx) = chan::bounded::<()>(0);
        let waits = rt.go(move || rx.recv().is_err());
        let waits = waits.join_timeout(Duration::ZERO).unwrap_err();
        let waits = waits.join_timeout(Duration::from_millis(2)).unwrap_err();
        let waits = rt.run(move || waits.join_timeout(Duration::from_millis(2)).unwrap_err());
        drop(tx);
        assert!(waits.join_timeout(Duration::MAX).unwrap().unwrap());
    }
}

#[test]
fn a_handle_that_gave_its_result_away_says_so() {
    let rt = runtime(1);
    let mut handle = rt.go(|| 3);
    while !handle.is_finished() {
        thread::yield_now();
    }
    assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(handle.is_finished());
    let says = harness::message_of(|| handle.join());
    assert_eq!(says, "gosched: this handle was polled, and has given its result away");
}
