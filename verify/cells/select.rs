//! Programs over selects, between ordinary threads, and between a goroutine and a thread at an end.

use std::sync::Arc;

use super::onestep::OneStep;
use super::parcel::Parcel;
use super::runtime::{rest, runtime};
use super::{Scenario, spawn, window};
use crate::base::rank::Rank;
use crate::chan::{
    Receiver, RecvError, Select, SelectTimeoutError, SelectedOperation, Sender, bounded,
};
use crate::facade::unwinding::unwinding;
use crate::facade::{moments, spin_hint};
use crate::proto::lock::Exclude;
use crate::time::Duration;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { select:
            #[ignore = "long: ./check all"]
            two_that_receive_in_opposite_orders_get_one_each =
                OPPOSITE, loom Preemptions(2), shuttle sampled;
            a_select_ends_by_a_value_by_the_clock_or_by_the_end_of_its_channel =
                TIMED, loom Preemptions(2), shuttle sampled;
            two_selects_meet = MEETING, loom Preemptions(3), shuttle sampled;
            two_selects_of_both_sides_exchange = EXCHANGE, loom Preemptions(2), shuttle sampled;
            a_receiver_starts_over_when_its_send_is_dropped =
                DROPPED, loom Preemptions(3), shuttle sampled;
            a_place_that_is_given_back_goes_to_the_next =
                GIVEN_BACK, loom Preemptions(2), shuttle sampled;
            who_only_looks_takes_no_wake_up = LOOKS, loom Preemptions(2), shuttle sampled;
            a_sender_goes_on_when_its_first_receiver_is_taken =
                GOES_ON, loom Preemptions(2), shuttle sampled;
            a_place_of_a_dead_select_goes_to_the_living =
                ENDED, loom Window(1), shuttle sampled;
        }
    };
}
pub(crate) use suite;

type End = (Sender<Parcel>, Receiver<Parcel>);

/// Receives the first that comes: which channel's, and what.
fn first_of(ends: [&Receiver<Parcel>; 2]) -> (usize, Result<u32, RecvError>) {
    let mut select = Select::new_biased();
    for rx in ends {
        select.recv(rx);
    }
    complete(select.select(), ends)
}

fn complete(
    operation: SelectedOperation<'_>,
    ends: [&Receiver<Parcel>; 2],
) -> (usize, Result<u32, RecvError>) {
    let i = operation.index();
    (i, operation.recv(ends[i]).map(Parcel::open))
}

/// Two select over the same two channels, in opposite orders; a value is sent on each.
pub(crate) const OPPOSITE: Scenario = Scenario {
    threads: 3,
    run: || {
        let ((tx1, rx1), (tx2, rx2)): (End, End) = (bounded(0), bounded(0));
        let got = Arc::new(OneStep::new(Rank::Mutex, 0));
        let other = {
            let (rx1, rx2, got) = (rx1.clone(), rx2.clone(), got.clone());
            spawn(move || {
                let (_, value) = first_of([&rx2, &rx1]);
                *got.lock() = value.expect("it is sent");
            })
        };
        let sender = spawn(move || {
            tx1.send(Parcel::new(1)).ok().expect("two receive");
            tx2.send(Parcel::new(2)).ok().expect("one receives");
        });
        let (_, value) = first_of([&rx1, &rx2]);
        other.join();
        sender.join();
        let others = *got.lock();
        format!("{value:?} and {others}")
    },
    outcomes: &["Ok(1) and 2", "Ok(2) and 1"],
};

/// A value, the end of the other channel, and the clock come together.
pub(crate) const TIMED: Scenario = Scenario {
    threads: 3,
    run: || {
        moments::begin();
        let ((tx1, rx1), (tx2, rx2)): (End, End) = (bounded(0), bounded(0));
        let clock = spawn(|| moments::advance(10));
        let other = spawn(move || {
            drop(tx2);
            let is_sent = tx1.try_send(Parcel::new(7)).is_ok();
            drop((tx1, is_sent));
        });
        let mut select = Select::new_biased();
        select.recv(&rx1);
        select.recv(&rx2);
        let outcome = match select.select_timeout(Duration::from_nanos(10)) {
            Ok(operation) => format!("{:?}", complete(operation, [&rx1, &rx2])),
            Err(SelectTimeoutError) => String::from("time"),
        };
        other.join();
        clock.join();
        outcome
    },
    // The second channel's end comes before the value: a select that looks later sees both.
    outcomes: &["(0, Ok(7))", "(0, Err(RecvError))", "(1, Err(RecvError))", "time"],
};

/// A select that sends and one that receives, on one channel.
pub(crate) const MEETING: Scenario = Scenario {
    threads: 2,
    run: || {
        let ((tx, rx), (_tx, other)): (End, End) = (bounded(0), bounded(0));
        let sender = spawn(move || {
            let mut select = Select::new();
            select.send(&tx);
            let operation = select.select();
            operation.send(&tx, Parcel::new(7)).ok().expect("it is received");
        });
        let got = first_of([&other, &rx]);
        sender.join();
        format!("{got:?}")
    },
    outcomes: &["(1, Ok(7))"],
};

/// Sends its number or receives one, whichever comes first.
fn send_or_receive(tx: &Sender<Parcel>, rx: &Receiver<Parcel>, number: u32) -> Option<u32> {
    let mut select = Select::new_biased();
    select.send(tx);
    select.recv(rx);
    let operation = select.select();
    if operation.index() == 0 {
        operation.send(tx, Parcel::new(number)).ok().expect("it is received");
        None
    } else {
        operation.recv(rx).map(Parcel::open).ok()
    }
}

/// Two selects over both sides of one channel: none is a partner of its own.
pub(crate) const EXCHANGE: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(0);
        let got = Arc::new(OneStep::new(Rank::Mutex, None));
        let other = {
            let (tx, rx, got) = (tx.clone(), rx.clone(), got.clone());
            spawn(move || {
                let value = send_or_receive(&tx, &rx, 1);
                *got.lock() = value;
            })
        };
        let mine = send_or_receive(&tx, &rx, 2);
        other.join();
        let theirs = *got.lock();
        format!("{mine:?} and {theirs:?}")
    },
    outcomes: &["Some(1) and None", "None and Some(2)"],
};

/// A select sends, and its operation is dropped; a plain receiver waits, or is about to.
pub(crate) const DROPPED: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(0);
        let sender = spawn(move || {
            let mut select = Select::new();
            select.send(&tx);
            let operation = select.select();
            unwinding(|| drop(operation));
            tx.send(Parcel::new(8)).ok().expect("the receiver waits again");
        });
        let got = rx.recv().map(Parcel::open);
        sender.join();
        format!("{got:?}")
    },
    outcomes: &["Ok(8)"],
};

/// A select has a place in a full buffer, or waits for one, and drops its operation; another sender
/// waits too.
pub(crate) const GIVEN_BACK: Scenario = Scenario {
    threads: 3,
    run: || {
        let (tx, rx): End = bounded(1);
        tx.send(Parcel::new(1)).ok().expect("there is room");
        let dropper = {
            let tx = tx.clone();
            spawn(move || {
                let mut select = Select::new();
                select.send(&tx);
                let operation = select.select();
                unwinding(|| drop(operation));
            })
        };
        let later = tx.clone();
        let sender = spawn(move || tx.send(Parcel::new(2)).ok().expect("it is received"));
        let got = [(); 2].map(|()| rx.recv().map(Parcel::open));
        dropper.join();
        sender.join();
        assert!(later.try_send(Parcel::new(3)).is_ok(), "the dropped one keeps its place");
        format!("{got:?}")
    },
    outcomes: &["[Ok(1), Ok(2)]"],
};

/// One looks and one receives; one value is sent, and then the channel ends.
pub(crate) const LOOKS: Scenario = Scenario {
    threads: 3,
    run: || {
        let (tx, rx): End = bounded(0);
        let looker = {
            let rx = rx.clone();
            spawn(move || {
                let mut select = Select::new();
                select.recv(&rx);
                assert_eq!(select.ready(), 0);
            })
        };
        let sender = spawn(move || tx.send(Parcel::new(7)).ok().expect("it is received"));
        let got = rx.recv().map(Parcel::open);
        sender.join();
        looker.join();
        format!("{got:?}")
    },
    outcomes: &["Ok(7)"],
};

/// Two senders, on two channels; a select receives from both, and behind it one from the second.
pub(crate) const GOES_ON: Scenario = Scenario {
    threads: 3,
    run: || {
        let ((tx1, rx1), (tx2, rx2)): (End, End) = (bounded(0), bounded(0));
        let first = spawn(move || drop(tx1.send(Parcel::new(1))));
        let second = spawn(move || tx2.send(Parcel::new(2)).ok().expect("one receives"));
        let (i, value) = first_of([&rx1, &rx2]);
        let rest = if i == 0 { rx2.recv() } else { rx1.recv() };
        first.join();
        second.join();
        format!("{value:?}, {:?}", rest.map(Parcel::open))
    },
    outcomes: &["Ok(1), Ok(2)", "Ok(2), Ok(1)"],
};

/// A goroutine selects to send to a full channel, and behind it a thread sends. There is room beside
/// the end of the goroutine's runtime: the thread gets it, or there is room for both.
pub(crate) const ENDED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        let (tx, rx): End = bounded(1);
        tx.send(Parcel::new(1)).ok().expect("there is room");
        drop(rt.go({
            let tx = tx.clone();
            move || {
                let mut select = Select::new();
                select.send(&tx);
                let operation = select.select();
                operation.send(&tx, Parcel::new(2)).ok().expect("the thread receives");
            }
        }));
        rest(&rt);
        let later = tx.clone();
        let living = spawn(move || tx.send(Parcel::new(3)).ok().expect("the thread receives"));
        spin_hint(); // it waits, or soon
        let got = window(|| {
            let end = spawn(move || drop(rt));
            let got = [(); 2].map(|()| rx.recv().map(Parcel::open));
            end.join();
            got
        });
        if got[1] == Ok(2) {
            assert_eq!(rx.recv().map(Parcel::open), Ok(3));
        }
        living.join();
        let _ = rx.try_recv(); // the 2, if it came behind the 3
        assert!(later.try_send(Parcel::new(4)).is_ok(), "the dead one keeps its place");
        format!("{got:?}")
    },
    outcomes: &["[Ok(1), Ok(2)]", "[Ok(1), Ok(3)]"],
};
