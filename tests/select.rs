//! Selects and waits with a time mean what crossbeam-channel's mean, among goroutines and threads
//! alike; and what is asked of them wrongly has one clear outcome.
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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{
    Receiver, RecvTimeoutError, Select, SendTimeoutError, Sender, TryRecvError, after, at, bounded,
    never, select, select_biased, tick, unbounded,
};
use gosched::{go, yield_now};
use harness::{message_of, runtime};

const MS: Duration = Duration::from_millis(1);

/// Runs a test on a thread, and in a goroutine on one and on two processors.
fn everywhere(test: fn()) {
    test();
    for procs in [1, 2] {
        runtime(procs).run(test);
    }
}

/// Something that runs beside the caller: a goroutine beside one, a thread beside a thread.
fn beside(f: impl FnOnce() + Send + 'static) -> Box<dyn FnOnce()> {
    if gosched_is_here() {
        let handle = go(f);
        Box::new(move || handle.join().unwrap())
    } else {
        let handle = thread::spawn(f);
        Box::new(move || handle.join().unwrap())
    }
}

fn gosched_is_here() -> bool {
    catch_unwind(gosched::num_goroutines).is_ok()
}

fn pause() {
    thread::sleep(2 * MS);
}

#[test]
fn durations_and_deadlines_have_one_clear_outcome() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(1);
        let past = Instant::now() - MS;
        assert_eq!(rx.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Timeout));
        tx.send(1).unwrap();
        assert_eq!(tx.send_timeout(2, Duration::ZERO), Err(SendTimeoutError::Timeout(2)));
        assert_eq!(tx.send_deadline(2, past), Err(SendTimeoutError::Timeout(2)));
        // What is possible at once is done at once.
        assert_eq!(rx.recv_timeout(Duration::ZERO), Ok(1));
        assert_eq!(tx.send_deadline(3, past), Ok(()));
        assert_eq!(rx.recv_deadline(past), Ok(3));
        // The longest duration is no overflow.
        let sends = tx.clone();
        let sender = beside(move || {
            pause();
            sends.send_timeout(4, Duration::MAX).unwrap();
        });
        assert_eq!(rx.recv_timeout(Duration::MAX), Ok(4));
        sender();
        assert!(after(Duration::MAX).try_recv().is_err());
        assert!(tick(Duration::MAX).try_recv().is_err());
        assert!(at(past).recv() == Ok(past));
        assert!(tick(Duration::ZERO).recv().is_ok() && after(Duration::ZERO).recv().is_ok());
    });
}

#[test]
fn a_time_is_never_up_too_early() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(0);
        let waits: [&dyn Fn(); 5] = [
            &|| assert!(rx.recv_timeout(3 * MS).is_err()),
            &|| assert!(tx.send_timeout(1, 3 * MS).is_err()),
            &|| assert!(Select::new().select_timeout(3 * MS).is_err()),
            &|| assert!(Select::new().ready_timeout(3 * MS).is_err()),
            &|| {
                select! {
                    recv(rx) -> _ => unreachable!(),
                    recv(after(3 * MS)) -> moment => assert!(moment.is_ok()),
                }
            },
        ];
        for wait in waits {
            let start = Instant::now();
            wait();
            assert!(start.elapsed() >= 3 * MS);
        }
        // Nobody is left in the queues.
        assert!(tx.try_send(1).is_err());
        assert!(rx.try_recv().is_err());
    });
}

#[test]
fn a_tick_does_not_drift() {
    everywhere(|| {
        let rx = tick(2 * MS);
        let first = rx.recv().unwrap();
        for i in 1..20 {
            if i % 5 == 0 {
                thread::sleep(3 * MS);
            }
            let passed = rx.recv().unwrap() - first;
            assert_eq!(passed.as_nanos() % (2 * MS).as_nanos(), 0);
        }
    });
}

#[test]
fn a_select_without_cases_says_so() {
    assert!(message_of(|| Select::new().ready()).contains("without operations"));
    let select = || gosched::chan::Select::new().select().index();
    assert!(message_of(select).contains("without operations"));
    assert!(Select::new().try_select().is_err() && Select::new().try_ready().is_err());
}

#[test]
fn a_case_may_be_there_twice_and_both_sides_of_a_channel() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(0);
        let sends = tx.clone();
        let sender = beside(move || sends.send(1).unwrap());
        select! {
            recv(rx) -> value => assert_eq!(value, Ok(1)),
            recv(rx) -> value => assert_eq!(value, Ok(1)),
        }
        sender();
        // A select is no partner of its own.
        select! {
            recv(rx) -> _ => unreachable!(),
            send(tx, 2) -> _ => unreachable!(),
            default(2 * MS) => {}
        }
        let (other_tx, other_rx) = (tx.clone(), rx.clone());
        let swap = |tx: Sender<u32>, rx: Receiver<u32>, mine| {
            select! {
                recv(rx) -> value => value.ok(),
                send(tx, mine) -> sent => { sent.unwrap(); None }
            }
        };
        let got = Arc::new(AtomicUsize::new(0));
        let theirs = got.clone();
        let other = beside(move || {
            theirs.store(swap(other_tx, other_rx, 3).unwrap_or(0) as usize, SeqCst);
        });
        let mine = swap(tx, rx, 4);
        other();
        assert!(matches!((mine, got.load(SeqCst)), (Some(3), 0) | (None, 4)));
    });
}

#[test]
fn an_operation_is_completed_with_its_own_end_only() {
    everywhere(|| {
        let ((tx, rx), (other_tx, other_rx)) = (bounded::<u32>(1), bounded::<u32>(1));
        let send = || {
            let mut select = Select::new();
            select.send(&tx);
            select.select().send(&other_tx, 1)
        };
        assert!(message_of(send).contains("sender was not selected"));
        tx.send_timeout(2, Duration::ZERO).unwrap(); // its place was given back
        let recv = || {
            let mut select = Select::new();
            select.recv(&rx);
            select.select().recv(&other_rx)
        };
        assert!(message_of(recv).contains("receiver was not selected"));
        assert_eq!(rx.try_recv(), Ok(2), "nothing is lost");
    });
}

#[test]
fn a_dropped_operation_strands_nobody_and_loses_nothing() {
    everywhere(|| {
        for cap in [0, 1] {
            let (tx, rx) = bounded::<u32>(cap);
            let receives = rx.clone();
            let receiver = beside(move || assert_eq!(receives.recv(), Ok(7)));
            let drops = || {
                let mut select = Select::new();
                select.send(&tx);
                drop(select.select());
            };
            for _ in 0..3 {
                assert!(message_of(drops).contains("dropped without being completed"));
            }
            tx.send(7).unwrap();
            receiver();
            // A value that was received goes back.
            let sends = tx.clone();
            let sender = beside(move || (8..10).for_each(|i| sends.send(i).unwrap()));
            let drops = || {
                let mut select = Select::new();
                select.recv(&rx);
                drop(select.select());
            };
            assert!(message_of(drops).contains("dropped without being completed"));
            assert_eq!((rx.recv(), rx.recv()), (Ok(8), Ok(9)));
            sender();
        }
    });
}

#[test]
fn a_place_that_is_given_back_goes_to_the_next_sender() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(1);
        let mut select = Select::new();
        select.send(&tx);
        let operation = select.select();
        assert!(tx.is_full() && tx.is_empty());
        let sends = tx.clone();
        let sender = beside(move || sends.send(1).unwrap());
        pause();
        assert!(catch_unwind(AssertUnwindSafe(|| drop(operation))).is_err());
        sender();
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

#[test]
fn a_receiver_is_served_past_a_place_that_is_kept() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(1);
        let mut select = Select::new();
        select.send(&tx);
        let operation = select.select();
        let sends = tx.clone();
        let sender = beside(move || sends.send(1).unwrap());
        assert_eq!(rx.recv(), Ok(1));
        sender();
        operation.send(&tx, 2).unwrap();
        assert_eq!(rx.recv(), Ok(2));
    });
}

#[test]
fn who_tries_takes_what_a_waiting_select_offers() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(0);
        let sender = beside(move || {
            select! {
                send(tx, 5) -> sent => sent.unwrap(),
                recv(never::<u32>()) -> _ => unreachable!(),
            }
        });
        let got = loop {
            match rx.try_recv() {
                Err(TryRecvError::Empty) if gosched_is_here() => yield_now(),
                Err(TryRecvError::Empty) => thread::yield_now(),
                got => break got,
            }
        };
        assert_eq!(got, Ok(5));
        sender();
    });
}

#[test]
fn large_values_pass_through_a_select() {
    everywhere(|| {
        let (tx, rx) = bounded::<[u64; 100]>(0);
        let sender = beside(move || {
            (0..10).for_each(|i| tx.send([i; 100]).unwrap());
        });
        for i in 0..10 {
            select! {
                recv(rx) -> value => assert_eq!(value, Ok([i; 100])),
                recv(never::<String>()) -> _ => unreachable!(),
            }
        }
        sender();
    });
}

#[test]
fn close_ends_sending_and_lets_receivers_drain() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(2);
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        let sends = tx.clone();
        let waits = beside(move || assert_eq!(sends.send(3).unwrap_err().into_inner(), 3));
        pause();
        assert!(tx.close());
        waits();
        assert!(!tx.close(), "once");
        assert!(tx.try_send(4).unwrap_err().is_disconnected());
        select! { send(tx, 5) -> sent => assert!(sent.is_err()) }
        assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(2)));
        assert!(rx.recv().is_err());
        assert!(rx.recv_timeout(Duration::MAX).unwrap_err().is_disconnected());
        let (tx, rx) = bounded::<u32>(0);
        let waits = beside(move || assert!(rx.recv().is_err()));
        pause();
        tx.close();
        waits();
    });
}

#[test]
fn who_only_looks_takes_nothing() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(0);
        let looks = rx.clone();
        let looker = beside(move || {
            let mut select = Select::new();
            select.recv(&looks);
            assert_eq!(select.ready(), 0);
        });
        pause();
        let sends = tx.clone();
        let sender = beside(move || sends.send(1).unwrap());
        assert_eq!(rx.recv(), Ok(1));
        sender();
        drop(tx);
        looker();
    });
}

#[test]
fn the_first_is_chosen_where_the_order_counts() {
    everywhere(|| {
        let ((tx, rx), (other, other_rx)) = (unbounded::<u32>(), unbounded::<u32>());
        for i in 0..100 {
            tx.send(i).unwrap();
            other.send(i).unwrap();
        }
        for i in 0..100 {
            select_biased! {
                recv(rx) -> value => assert_eq!(value, Ok(i)),
                recv(other_rx) -> _ => unreachable!(),
            }
        }
        let mut select = Select::new_biased();
        select.recv(&rx);
        let second = select.recv(&other_rx);
        select.recv(&rx);
        select.remove(2);
        let operation = select.select();
        assert_eq!(operation.index(), second);
        assert_eq!(operation.recv(&other_rx), Ok(0));
        assert!(message_of(|| select.remove(2)).contains("no operation has the index 2"));
    });
}

/// The value is made once its send was chosen; if making it panics, the receiver waits on.
#[test]
fn a_panic_in_a_value_strands_nobody() {
    everywhere(|| {
        let (tx, rx) = bounded::<u32>(0);
        let receiver = beside(move || assert_eq!(rx.recv(), Ok(1)));
        let makes = || {
            let value = |is_made: bool| if is_made { 1 } else { panic!("no value") };
            select! { send(tx, value(false)) -> _ => {} }
        };
        assert!(message_of(makes).contains("no value"));
        tx.send(1).unwrap();
        receiver();
    });
}

/// At each moment one of the two has a value: first the one, then both, then the other. A look at one
/// after the other may miss that (crossbeam's `linearizable_try`).
#[test]
fn what_is_always_possible_is_always_found() {
    let ((tx1, rx1), (tx2, rx2)) = (bounded::<u32>(1), bounded::<u32>(1));
    let (start, starts) = bounded::<()>(0);
    let (end, ends) = bounded::<()>(0);
    let takes = rx1.clone();
    let other = thread::spawn(move || {
        while starts.recv().is_ok() {
            tx2.send(2).unwrap();
            let _ = takes.try_recv();
            end.send(()).unwrap();
        }
    });
    for i in 0..20_000 {
        start.send(()).unwrap();
        tx1.send(1).unwrap();
        if i % 2 == 0 {
            select! {
                recv(rx1) -> _ => {}
                recv(rx2) -> _ => {}
                default => panic!("round {i}: one of them is there"),
            }
        } else {
            let mut select = Select::new();
            let _ = (select.recv(&rx1), select.recv(&rx2));
            select.try_ready().expect("one of them is there");
        }
        ends.recv().unwrap();
        let _ = (rx1.try_recv(), rx2.try_recv());
    }
    drop(start);
    other.join().unwrap();
}

/// Go's doublselect.go: a value is received once, whichever select meets it.
#[test]
fn each_value_is_received_once() {
    everywhere(|| {
        let channels: Vec<_> = (0..4).map(|_| bounded::<u32>(0)).collect();
        let senders: Vec<_> = channels.iter().map(|(tx, _)| tx.clone()).collect();
        let receivers: Vec<_> = channels.iter().map(|(_, rx)| rx.clone()).collect();
        drop(channels);
        let sender = beside(move || {
            for i in 0..2_000 {
                let mut select = Select::new();
                senders.iter().for_each(|tx| _ = select.send(tx));
                let operation = select.select();
                let tx = &senders[operation.index()];
                operation.send(tx, i).unwrap();
            }
        });
        let others: Vec<_> = receivers[1..].to_vec();
        let (sum, adds) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let theirs = sum.clone();
        let counts = adds.clone();
        let other = beside(move || {
            let mut select = Select::new();
            others.iter().for_each(|rx| _ = select.recv(rx));
            loop {
                let operation = select.select();
                let rx = &others[operation.index()];
                let Ok(value) = operation.recv(rx) else { break };
                theirs.fetch_add(value as usize, SeqCst);
                counts.fetch_add(1, SeqCst);
            }
        });
        while let Ok(value) = receivers[0].recv() {
            sum.fetch_add(value as usize, SeqCst);
            adds.fetch_add(1, SeqCst);
        }
        sender();
        other();
        assert_eq!((adds.load(SeqCst), sum.load(SeqCst)), (2_000, 1_999_000));
    });
}

/// A select in a runtime that has ended takes part in nothing.
#[test]
fn what_a_dead_select_has_goes_to_the_living() {
    let rt = runtime(1);
    let (tx, rx) = bounded::<u32>(0);
    let receives = rx.clone();
    drop(rt.go(move || {
        select! {
            recv(receives) -> _ => {}
            recv(never::<u32>()) -> _ => {}
        }
    }));
    let (full, drain) = bounded::<u32>(1);
    full.send(1).unwrap();
    let sends = full.clone();
    drop(rt.go(move || {
        select! { send(sends, 2) -> _ => {} }
    }));
    thread::sleep(10 * MS);
    drop(rt);
    assert!(tx.try_send(1).is_err(), "nobody living receives");
    assert_eq!(drain.try_recv(), Ok(1));
    full.try_send(3).unwrap();
    assert_eq!(drain.try_recv(), Ok(3));
    drop(rx);
}

#[test]
fn an_arm_may_replace_the_ends() {
    let (tx, rx) = unbounded::<u32>();
    tx.send(1).unwrap();
    drop(tx);
    let (mut sum, mut source) = (0, Some(rx));
    while source.is_some() {
        select! {
            recv(source.as_ref().unwrap_or(&never())) -> got => match got {
                Ok(n) => sum += n,
                Err(_) => source = None,
            },
        }
    }
    let (mut tx, mut rx) = bounded::<u32>(1);
    select! {
        send(tx, 7) -> _ => (tx, rx) = bounded(1),
        recv(rx) -> _ => unreachable!(),
    }
    select! {
        recv(rx) -> _ => unreachable!(),
        default => rx = never(),
    }
    assert_eq!((sum, tx.is_empty(), rx.capacity()), (1, true, Some(0)));
}
