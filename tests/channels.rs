//! Channels mean what crossbeam-channel's mean, among goroutines and threads alike.
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
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use gosched::chan::{
    Receiver, RecvError, SendError, Sender, TryRecvError, TrySendError, bounded, unbounded,
};
use gosched::{go, yield_now};
use harness::{in_child, message_of, runtime};

/// Every kind of channel.
fn kinds<T>() -> Vec<(Sender<T>, Receiver<T>)> {
    vec![bounded(0), bounded(1), bounded(7), unbounded()]
}

/// Adds one when dropped.
struct CountsDrop(Arc<AtomicUsize>);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Goes on when a goroutine waits to receive, which only the channel itself can tell.
fn send_when_received<T>(tx: &Sender<T>, mut value: T) {
    while let Err(TrySendError::Full(back)) = tx.try_send(value) {
        value = back;
        thread::yield_now();
    }
}

#[test]
fn values_come_out_in_the_order_they_went_in() {
    let rt = runtime(2);
    for (tx, rx) in kinds() {
        let sender = rt.go(move || (0..1_000).for_each(|i| tx.send(i).unwrap()));
        let receiver = rt.go(move || rx.iter().eq(0..1_000));
        sender.join().unwrap();
        assert!(receiver.join().unwrap());
    }
}

#[test]
fn each_sender_s_values_stay_in_order_among_many() {
    for (tx, rx) in kinds::<(usize, usize)>() {
        runtime(2).run(|| {
            for sender in 0..4 {
                let tx = tx.clone();
                go(move || (0..500).for_each(|i| tx.send((sender, i)).unwrap()));
            }
            drop(tx);
            let mut next = [0; 4];
            for (sender, i) in rx {
                assert_eq!(next[sender], i);
                next[sender] += 1;
            }
            assert_eq!(next, [500; 4]);
        });
    }
}

#[test]
fn a_bounded_channel_holds_what_it_was_made_for() {
    let (tx, rx) = bounded(3);
    assert_eq!((tx.capacity(), rx.capacity()), (Some(3), Some(3)));
    assert!(tx.is_empty() && rx.is_empty() && !tx.is_full());
    for i in 0..3 {
        assert_eq!(tx.len(), i);
        tx.try_send(i).unwrap();
    }
    assert!(tx.is_full() && rx.is_full() && !rx.is_empty());
    assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)));
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((tx.len(), rx.len()), (2, 2));
    tx.try_send(3).unwrap();
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn an_unbounded_channel_is_never_full() {
    let (tx, rx) = unbounded();
    assert_eq!((tx.capacity(), rx.capacity()), (None, None));
    (0..10_000).for_each(|i| tx.try_send(i).unwrap());
    assert_eq!(tx.len(), 10_000);
    assert!(!tx.is_full() && !rx.is_full());
    drop(tx);
    assert!(rx.into_iter().eq(0..10_000));
}

#[test]
fn a_channel_without_room_is_empty_and_full_at_once() {
    let (tx, rx) = bounded(0);
    assert_eq!((tx.capacity(), tx.len()), (Some(0), 0));
    assert!(tx.is_empty() && tx.is_full() && rx.is_empty() && rx.is_full());
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn without_room_a_send_that_need_not_wait_meets_a_receiver_that_waits() {
    let rt = runtime(2);
    let (tx, rx) = bounded(0);
    let receiver = rt.go(move || rx.recv());
    send_when_received(&tx, 5);
    assert_eq!(receiver.join().unwrap(), Ok(5));
}

#[test]
fn without_room_a_receive_that_need_not_wait_meets_a_sender_that_waits() {
    let rt = runtime(2);
    let (tx, rx) = bounded(0);
    let sender = rt.go(move || tx.send(6));
    let value = loop {
        match rx.try_recv() {
            Ok(value) => break value,
            Err(TryRecvError::Empty) => thread::yield_now(),
            Err(TryRecvError::Disconnected) => panic!("the sender waits"),
        }
    };
    assert_eq!(value, 6);
    sender.join().unwrap().unwrap();
}

#[test]
fn without_room_a_send_returns_only_when_its_value_was_received() {
    runtime(1).run(|| {
        let (tx, rx) = bounded(0);
        let received = Arc::new(AtomicUsize::new(0));
        let counter = received.clone();
        let receiver = go(move || {
            for i in rx {
                counter.store(i, SeqCst);
            }
        });
        for i in 1..=100 {
            tx.send(i).unwrap();
            assert!(received.load(SeqCst) >= i - 1);
        }
        drop(tx);
        receiver.join().unwrap();
        assert_eq!(received.load(SeqCst), 100);
    });
}

#[test]
fn a_full_channel_makes_its_sender_wait_and_keeps_the_order() {
    runtime(2).run(|| {
        let (tx, rx) = bounded(1);
        let sender = go(move || (0..100).for_each(|i| tx.send(i).unwrap()));
        yield_now();
        assert!(rx.iter().eq(0..100));
        sender.join().unwrap();
    });
}

#[test]
fn when_the_last_sender_is_gone_what_is_left_is_received_first() {
    let (tx, rx) = bounded(4);
    let other = tx.clone();
    tx.send(1).unwrap();
    drop(tx);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    other.send(2).unwrap();
    drop(other);
    assert_eq!(rx.recv(), Ok(2));
    assert_eq!(rx.recv(), Err(RecvError));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(rx.iter().next(), None);
}

#[test]
fn when_the_last_receiver_is_gone_a_send_gives_its_value_back() {
    for (tx, rx) in kinds() {
        let other = rx.clone();
        drop(rx);
        if tx.capacity() != Some(0) {
            tx.send(1).unwrap();
        }
        drop(other);
        assert_eq!(tx.send(2), Err(SendError(2)));
        assert_eq!(tx.try_send(3), Err(TrySendError::Disconnected(3)));
        assert_eq!(tx.len(), 0, "nobody can receive what was left");
    }
}

#[test]
fn receivers_that_wait_are_told_when_the_last_sender_goes() {
    let rt = runtime(2);
    for (tx, rx) in kinds::<u8>() {
        let handles: Vec<_> = (0..8)
            .map(|_| {
                let rx = rx.clone();
                rt.go(move || rx.recv())
            })
            .collect();
        rt.run(yield_now);
        drop(tx);
        handles.into_iter().for_each(|handle| assert_eq!(handle.join().unwrap(), Err(RecvError)));
    }
}

#[test]
fn senders_that_wait_get_their_values_back_when_the_last_receiver_goes() {
    let rt = runtime(2);
    for cap in [0, 1] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|_| tx.send(99).unwrap());
        let handles: Vec<_> = (0..8)
            .map(|i| {
                let tx = tx.clone();
                rt.go(move || tx.send(i))
            })
            .collect();
        rt.run(yield_now);
        drop(rx);
        for (i, handle) in handles.into_iter().enumerate() {
            assert_eq!(handle.join().unwrap(), Err(SendError(i)));
        }
    }
}

#[test]
fn clones_belong_to_the_same_channel_and_others_do_not() {
    let (tx, rx) = bounded::<()>(1);
    let (other_tx, other_rx) = bounded::<()>(1);
    assert!(tx.same_channel(&tx.clone()) && rx.same_channel(&rx.clone()));
    assert!(!tx.same_channel(&other_tx) && !rx.same_channel(&other_rx));
}

#[test]
fn a_channel_is_an_iterator_in_three_ways() {
    let (tx, rx) = unbounded();
    (0..6).for_each(|i| tx.send(i).unwrap());
    assert_eq!(rx.try_iter().take(2).collect::<Vec<_>>(), [0, 1]);
    drop(tx);
    assert_eq!(rx.iter().next(), Some(2));
    assert_eq!((&rx).into_iter().next(), Some(3));
    let mut rest = rx.into_iter();
    assert_eq!(
        (rest.next(), rest.next(), rest.next(), rest.next()),
        (Some(4), Some(5), None, None)
    );
}

#[test]
fn a_channel_may_travel_through_a_channel() {
    runtime(2).run(|| {
        let (tx, rx) = bounded(0);
        let server = go(move || {
            for (question, answer) in rx {
                let _: Result<(), SendError<u32>> = Sender::send(&answer, question + 1);
            }
        });
        for i in 0..100_u32 {
            let (answer, result) = bounded(1);
            tx.send((i, answer)).unwrap();
            assert_eq!(result.recv(), Ok(i + 1));
        }
        drop(tx);
        server.join().unwrap();
    });
}

#[test]
fn many_send_to_many_and_the_sum_is_exact() {
    const EACH: usize = 5_000;
    let rt = runtime(2);
    for (tx, rx) in kinds::<usize>() {
        for s in 0..4 {
            let tx = tx.clone();
            rt.go(move || (0..EACH).for_each(|i| tx.send(s * EACH + i).unwrap()));
        }
        drop(tx);
        let receivers: Vec<_> = (0..4)
            .map(|_| {
                let rx = rx.clone();
                rt.go(move || rx.iter().fold((0, 0), |(n, sum), i| (n + 1, sum + i)))
            })
            .collect();
        drop(rx);
        let (n, sum) = receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap())
            .fold((0, 0), |(n, sum), (m, part)| (n + m, sum + part));
        assert_eq!((n, sum), (4 * EACH, 4 * EACH * (4 * EACH - 1) / 2));
    }
}

#[test]
fn threads_and_goroutines_share_a_channel_and_the_sum_is_exact() {
    const EACH: usize = 2_000;
    let rt = runtime(2);
    for (tx, rx) in kinds::<usize>() {
        let mut threads = Vec::new();
        let mut receivers = Vec::new();
        for _ in 0..2 {
            let (a, b) = (tx.clone(), tx.clone());
            rt.go(move || (0..EACH).for_each(|i| a.send(i).unwrap()));
            threads.push(thread::spawn(move || (0..EACH).for_each(|i| b.send(i).unwrap())));
            let (a, b) = (rx.clone(), rx.clone());
            receivers.push(rt.go(move || a.iter().sum::<usize>()));
            threads.push(thread::spawn(move || {
                assert!(b.iter().all(|i| i < EACH));
            }));
        }
        drop(tx);
        let total = rx.iter().filter(|&i| i < EACH).count();
        assert!(total <= 4 * EACH);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let sum: usize = receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum();
        assert!(sum <= 2 * EACH * (EACH - 1) * 2);
        assert_eq!(rx.recv(), Err(RecvError));
    }
}

#[test]
fn a_value_goes_from_a_thread_to_a_goroutine_and_back() {
    let rt = runtime(2);
    for (there, goroutine) in kinds() {
        let (back, thread) = bounded(0);
        let echo = rt.go(move || goroutine.iter().try_for_each(|i: u32| back.send(i * 2)));
        for i in 0..1_000 {
            there.send(i).unwrap();
            assert_eq!(thread.recv(), Ok(i * 2));
        }
        drop(there);
        echo.join().unwrap().unwrap();
    }
}

#[test]
fn every_value_is_dropped_exactly_once() {
    let rt = runtime(2);
    for (tx, rx) in kinds() {
        let drops = Arc::new(AtomicUsize::new(0));
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (tx, drops) = (tx.clone(), drops.clone());
                // Ends when the receivers have gone, with one value back in its hands.
                rt.go(move || {
                    (0..200).take_while(|_| tx.send(CountsDrop(drops.clone())).is_ok()).count()
                })
            })
            .collect();
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let rx = rx.clone();
                rt.go(move || rx.iter().take(100).count())
            })
            .collect();
        drop((tx, rx));
        receivers.into_iter().for_each(|receiver| assert_eq!(receiver.join().unwrap(), 100));
        let ended: Vec<usize> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
        let made: usize = ended.iter().map(|sent| sent + usize::from(*sent < 200)).sum();
        assert_eq!(drops.load(SeqCst), made);
    }
}

#[test]
fn what_a_dropped_channel_still_holds_is_dropped() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = bounded(8);
    (0..5).for_each(|_| assert!(tx.send(CountsDrop(drops.clone())).is_ok()));
    drop(tx);
    assert_eq!(drops.load(SeqCst), 0);
    drop(rx);
    assert_eq!(drops.load(SeqCst), 5);
}

#[test]
fn a_large_value_arrives_whole() {
    runtime(2).run(|| {
        let (tx, rx) = bounded(0);
        let sender = go(move || tx.send([7_u64; 1_024]).is_ok());
        assert_eq!(rx.recv().unwrap(), [7; 1_024]);
        assert!(sender.join().unwrap());
    });
}

#[test]
fn errors_speak_as_those_of_crossbeam_channel() {
    assert_eq!(SendError(1).to_string(), "sending on a disconnected channel");
    assert_eq!(TrySendError::Full(1).to_string(), "sending on a full channel");
    assert_eq!(TrySendError::Disconnected(1).to_string(), "sending on a disconnected channel");
    assert_eq!(RecvError.to_string(), "receiving on an empty and disconnected channel");
    assert_eq!(TryRecvError::Empty.to_string(), "receiving on an empty channel");
    assert!(TrySendError::Full(1).is_full() && TryRecvError::Disconnected.is_disconnected());
    assert_eq!(TrySendError::from(SendError(4)).into_inner(), 4);
    assert_eq!(format!("{:?}", SendError(1)), "SendError(..)");
}

#[test]
fn a_channel_works_where_there_is_no_runtime_at_all() {
    for (tx, rx) in kinds() {
        let sender = thread::spawn(move || (0..500).for_each(|i| tx.send(i).unwrap()));
        assert!(rx.iter().eq(0..500));
        sender.join().unwrap();
    }
}

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn the_memory_of_a_burst_is_given_back() {
    const BURST: u64 = 1_000_000;
    in_child("the_memory_of_a_burst_is_given_back", || {
        for (tx, rx) in [unbounded::<[u64; 4]>(), bounded(BURST as usize)] {
            let before = resident();
            (0..BURST).for_each(|i| tx.send([i; 4]).unwrap());
            assert!(resident() - before > 24_000_000, "it grew to at least 32 MB");
            assert_eq!(rx.try_iter().count() as u64, BURST);
            let left = resident().saturating_sub(before);
            assert!(left < 4_000_000, "{left} bytes are left");
        }
    })
    .succeeds();
}

/// crossbeam-channel's `panic_on_drop`: the first panic goes on, the rest is leaked.
#[test]
fn values_that_panic_when_dropped_panic_once() {
    struct Panics(Arc<AtomicUsize>);
    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            panic!("dropped");
        }
    }
    let count = Arc::new(AtomicUsize::new(0));
    for (tx, rx) in [unbounded(), bounded(8)] {
        (0..5).for_each(|_| assert!(tx.try_send(Panics(count.clone())).is_ok()));
        count.store(0, SeqCst);
        assert_eq!(message_of(move || drop(rx)), "dropped");
        assert_eq!(count.load(SeqCst), 1);
        drop(tx);
    }
}
