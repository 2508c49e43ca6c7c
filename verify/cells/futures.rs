//! Programs over sends and receives as futures, between ordinary threads.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use super::onestep::OneStep;
use super::parcel::Parcel;
use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::block_on;
use crate::chan::{Receiver, Select, Sender, bounded};
use crate::proto::lock::Exclude;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { futures:
            two_futures_meet = MEETING, loom Preemptions(3), shuttle sampled;
            a_future_that_is_dropped_gives_its_value_back = DROPPED, loom Preemptions(3), shuttle sampled;
            a_select_sends_to_a_future_that_is_dropped = PROMISED, loom Preemptions(3), shuttle sampled;
            a_sender_moves_up_though_its_future_is_dropped = MOVED_UP, loom Preemptions(3), shuttle sampled;
            a_future_learns_that_its_channel_is_closed = CLOSED, loom Preemptions(3), shuttle sampled;
        }
    };
}
pub(crate) use suite;

type End = (Sender<Parcel>, Receiver<Parcel>);

/// Polls a future once, for nobody; it waits then, or is ready.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Both ends are futures; whichever comes first waits.
pub(crate) const MEETING: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(0);
        let sender = spawn(move || {
            block_on(tx.send_async(Parcel::new(7))).ok().expect("it is received");
        });
        let got = block_on(rx.recv_async()).map(Parcel::open);
        sender.join();
        format!("{got:?}")
    },
    outcomes: &["Ok(7)"],
};

/// A receive waits and is dropped, while a value is sent.
pub(crate) const DROPPED: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(0);
        let mut waiting = Box::pin(rx.recv_async());
        assert!(poll_once(waiting.as_mut()).is_none());
        let sender = spawn(move || tx.send(Parcel::new(7)).ok().expect("it is received"));
        drop(waiting);
        let got = rx.recv().map(Parcel::open);
        sender.join();
        format!("{got:?}")
    },
    outcomes: &["Ok(7)"],
};

/// A select chooses to send to a receive that waits, which is dropped before or after the value is made.
pub(crate) const PROMISED: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(0);
        let mut waiting = Box::pin(rx.recv_async());
        assert!(poll_once(waiting.as_mut()).is_none());
        let sender = spawn(move || {
            let mut select = Select::new();
            select.send(&tx);
            let operation = select.select();
            operation.send(&tx, Parcel::new(7)).ok().expect("it is received");
        });
        drop(waiting);
        let got = rx.recv().map(Parcel::open);
        sender.join();
        format!("{got:?}")
    },
    outcomes: &["Ok(7)"],
};

/// A send waits behind a full buffer, and is dropped while a receiver makes room.
pub(crate) const MOVED_UP: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(1);
        tx.send(Parcel::new(1)).ok().expect("there is room");
        let got = Arc::new(OneStep::new(Rank::Mutex, Vec::new()));
        let receiver = {
            let got = got.clone();
            spawn(move || {
                while let Ok(parcel) = rx.recv() {
                    got.lock().push(parcel.open());
                }
            })
        };
        let mut waiting = Box::pin(tx.send_async(Parcel::new(2)));
        let _ = poll_once(waiting.as_mut());
        drop(waiting);
        tx.send(Parcel::new(3)).ok().expect("it is received");
        drop(tx);
        receiver.join();
        let got = core::mem::take(&mut *got.lock());
        format!("{got:?}")
    },
    outcomes: &["[1, 2, 3]", "[1, 3]"],
};

/// A receive waits while the last sender goes.
pub(crate) const CLOSED: Scenario = Scenario {
    threads: 2,
    run: || {
        let (tx, rx): End = bounded(0);
        let sender = spawn(move || drop(tx));
        let got = block_on(rx.recv_async()).map(Parcel::open);
        sender.join();
        format!("{got:?}")
    },
    outcomes: &["Err(RecvError)"],
};
