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

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use gosched::{RuntimeEnded, block_on, chan, go, time, yield_now};
use harness::{message_of, runtime};

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

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll<F: Future>(future: &mut Pin<Box<F>>, woken: &Arc<Woken>) -> Poll<F::Output> {
    let waker = woken.clone().into();
    future.as_mut().poll(&mut Context::from_waker(&waker))
}

#[test]
fn a_task_is_woken_once_its_channel_has_something() {
    let (woken, (tx, rx)) = (Arc::new(Woken::default()), chan::bounded(0));
    let mut receive = Box::pin(rx.recv_async());
    assert!(poll(&mut receive, &woken).is_pending());
    assert!(poll(&mut receive, &woken).is_pending());
    tx.try_send(7).unwrap();
    assert_eq!(woken.0.load(SeqCst), 1);
    assert_eq!(poll(&mut receive, &woken), Poll::Ready(Ok(7)));

    let mut send = Box::pin(tx.send_async(8));
    assert!(poll(&mut send, &woken).is_pending());
    assert_eq!(rx.try_recv(), Ok(8));
    assert_eq!(woken.0.load(SeqCst), 2);
    assert_eq!(poll(&mut send, &woken), Poll::Ready(Ok(())));
}

#[test]
fn the_last_poller_of_a_future_is_woken() {
    let (first, last) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
    let (tx, rx) = chan::bounded(1);
    let mut receive = Box::pin(rx.recv_async());
    assert!(poll(&mut receive, &first).is_pending());
    assert!(poll(&mut receive, &last).is_pending());
    tx.send(7).unwrap();
    assert_eq!([first, last].map(|woken| woken.0.load(SeqCst)), [0, 1]);
}

#[test]
fn a_receive_that_is_dropped_loses_nothing() {
    let (woken, (tx, rx)) = (Arc::new(Woken::default()), chan::bounded(2));
    let mut dropped = Box::pin(rx.recv_async());
    assert!(poll(&mut dropped, &woken).is_pending());
    tx.send(1).unwrap(); // it is given this
    tx.send(2).unwrap();
    drop(dropped);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2]);

    let mut others = [(); 2].map(|()| Box::pin(rx.recv_async()));
    assert!(others.iter_mut().all(|other| poll(other, &woken).is_pending()));
    let [first, mut second] = others;
    tx.send(3).unwrap();
    drop(first);
    assert_eq!(poll(&mut second, &woken), Poll::Ready(Ok(3)));
}

#[test]
fn a_send_that_is_dropped_drops_its_value_once() {
    let (woken, (tx, rx)) = (Arc::new(Woken::default()), chan::bounded(1));
    let value = Arc::new(());
    tx.send(value.clone()).unwrap();
    let mut waits = Box::pin(tx.send_async(value.clone()));
    assert!(poll(&mut waits, &woken).is_pending());
    assert_eq!(Arc::strong_count(&value), 3);
    drop(waits);
    drop(tx.send_async(value.clone())); // never polled
    assert_eq!(Arc::strong_count(&value), 2);
    assert!(rx.try_iter().count() == 1 && Arc::strong_count(&value) == 1);

    tx.send(value.clone()).unwrap();
    let mut moved_up = Box::pin(tx.send_async(value.clone()));
    assert!(poll(&mut moved_up, &woken).is_pending());
    drop(rx.recv().unwrap());
    drop(moved_up);
    assert_eq!((rx.len(), Arc::strong_count(&value)), (1, 2));
}

#[test]
fn futures_learn_that_their_channel_is_closed() {
    let (woken, (tx, rx)) = (Arc::new(Woken::default()), chan::bounded(0));
    let mut receive = Box::pin(rx.recv_async());
    assert!(poll(&mut receive, &woken).is_pending());
    tx.close();
    assert_eq!(poll(&mut receive, &woken), Poll::Ready(Err(chan::RecvError)));
    let mut send = Box::pin(tx.send_async(7));
    assert_eq!(poll(&mut send, &woken), Poll::Ready(Err(chan::SendError(7))));
    let again = catch_unwind(AssertUnwindSafe(|| poll(&mut send, &woken)));
    assert!(again.is_err(), "polled after it was ready");
}

#[test]
fn a_select_sends_to_a_future() {
    let (woken, (tx, rx)) = (Arc::new(Woken::default()), chan::bounded(0));
    let mut receives = [(); 2].map(|()| Box::pin(rx.recv_async()));
    assert!(receives.iter_mut().all(|receive| poll(receive, &woken).is_pending()));
    let [dropped, mut receive] = receives;
    let mut select = chan::Select::new();
    select.send(&tx);
    let operation = select.select();
    drop(dropped); // the value was promised to it
    operation.send(&tx, 7).unwrap();
    assert_eq!(poll(&mut receive, &woken), Poll::Ready(Ok(7)));
}

#[test]
fn a_select_whose_value_is_never_made_leaves_a_future_waiting() {
    let (woken, (tx, rx)) = (Arc::new(Woken::default()), chan::bounded(0));
    let mut receive = Box::pin(rx.recv_async());
    assert!(poll(&mut receive, &woken).is_pending());
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        let mut select = chan::Select::new();
        select.send(&tx);
        drop(select.select());
    }));
    assert!(dropped.is_err(), "an operation was dropped");
    assert!(poll(&mut receive, &woken).is_pending());
    tx.try_send(7).unwrap();
    assert_eq!(poll(&mut receive, &woken), Poll::Ready(Ok(7)));
}

#[test]
fn moments_are_futures_of_goroutines() {
    let rt = runtime(1);
    let start = std::time::Instant::now();
    let got = rt.run(|| block_on(chan::after(Duration::from_millis(5)).recv_async()));
    assert!(
        got.unwrap() - start >= Duration::from_millis(5)
            && start.elapsed() >= Duration::from_millis(5)
    );
    let dropped = rt.run(|| {
        let (woken, far) = (Arc::new(Woken::default()), chan::after(Duration::from_secs(1000)));
        poll(&mut Box::pin(far.recv_async()), &woken).is_pending()
    });
    assert!(dropped);
    let refused = message_of(|| block_on(chan::after(Duration::from_millis(5)).recv_async()));
    assert!(refused.contains("outside a goroutine"), "{refused}");
}

/// Whoever is woken sends, from the waker.
struct Sends(chan::Sender<u32>);

impl Wake for Sends {
    fn wake(self: Arc<Self>) {
        self.0.send(8).unwrap();
        panic!("a waker of the user's");
    }
}

#[test]
fn a_waker_may_use_channels_and_panic() {
    let rt = runtime(1);
    let got = rt.run(|| {
        let ((tx, rx), (to_waker, woken)) = (chan::bounded(0), chan::bounded(1));
        let mut receive = Box::pin(rx.recv_async());
        let waker = Waker::from(Arc::new(Sends(to_waker)));
        assert!(receive.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        tx.send(7).unwrap();
        assert_eq!(woken.recv(), Ok(8));
        block_on(receive)
    });
    assert_eq!(got, Ok(7));
}

#[test]
fn futures_and_goroutines_share_channels() {
    const EACH: u32 = 1_000;
    let rt = runtime(2);
    let sum: u32 = rt.run(|| {
        let (tx, rx) = chan::bounded(1);
        for i in 0..4 {
            let tx = tx.clone();
            go(move || {
                (0..EACH).for_each(|n| match i % 2 {
                    0 => block_on(tx.send_async(n)).unwrap(),
                    _ => tx.send(n).unwrap(),
                });
            });
        }
        drop(tx);
        let receivers = [(); 3].map(|()| {
            let rx = rx.clone();
            go(move || {
                block_on(async {
                    let mut sum = 0;
                    while let Ok(n) = rx.recv_async().await {
                        sum += n;
                    }
                    sum
                })
            })
        });
        receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum()
    });
    assert_eq!(sum, 4 * (EACH * (EACH - 1) / 2));
}
