//! Programs over channels, between goroutines and between a goroutine and a thread.

use super::runtime::{OnStack, end, in_runtime, runtime};
use super::{Scenario, window};
use crate::chan::{RecvError, bounded};
use crate::facade::Cell;
use crate::{Runtime, go};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { chan:
            an_unbuffered_value_passes_from_one_goroutine_to_another =
                UNBUFFERED, loom Window(2), shuttle sampled;
            buffered_values_arrive_in_order_and_then_the_end =
                BUFFERED, loom Window(2), shuttle sampled;
            each_of_two_senders_is_received_once = TWO_SENDERS, loom Window(2), shuttle sampled;
            a_receiver_learns_that_the_last_sender_is_gone =
                LAST_SENDER, loom Window(2), shuttle sampled;
            a_sender_gets_its_value_back_when_the_last_receiver_goes =
                LAST_RECEIVER, loom Window(2), shuttle sampled;
            a_thread_receives_from_a_goroutine = THREAD_RECEIVES, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// What is sent: loom sees who touches it.
struct Parcel(Box<Cell<u32>>);

impl Parcel {
    fn new(value: u32) -> Self {
        Self(Box::new(Cell::new(value)))
    }

    fn open(self) -> u32 {
        // SAFETY: whoever has the parcel alone has it.
        self.0.with_mut(|value| unsafe { core::mem::take(&mut *value) })
    }
}

/// A goroutine sends to the main one; whichever comes first waits.
pub(crate) const UNBUFFERED: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (stack, (tx, rx)) = (OnStack::new(), bounded(0));
            window(|| {
                stack.touch();
                let sender = go(move || tx.send(Parcel::new(7)).is_ok());
                let got = rx.recv().map(Parcel::open);
                assert_eq!(stack.touch(), 2);
                assert!(sender.join().expect("it returns"));
                format!("got {got:?}")
            })
        })
    },
    outcomes: &["got Ok(7)"],
};

/// Two values through a buffer of one, and then the end of the channel.
pub(crate) const BUFFERED: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = bounded(1);
            window(|| {
                drop(go(move || {
                    tx.send(Parcel::new(1)).ok().expect("main receives");
                    tx.send(Parcel::new(2)).ok().expect("main receives");
                }));
                let got = [(); 3].map(|()| rx.recv().map(Parcel::open));
                assert_eq!(got, [Ok(1), Ok(2), Err(RecvError)]);
            });
        });
        String::from("in order")
    },
    outcomes: &["in order"],
};

/// Two goroutines send to the main one, which takes both in the order of their coming.
pub(crate) const TWO_SENDERS: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = bounded(0);
            window(|| {
                for value in [1, 2] {
                    let tx = tx.clone();
                    drop(go(move || tx.send(Parcel::new(value)).ok().expect("main receives")));
                }
                let got = [(); 2].map(|()| rx.recv().map(Parcel::open).expect("two are sent"));
                format!("{got:?}")
            })
        })
    },
    outcomes: &["[1, 2]", "[2, 1]"],
};

/// The last sender goes while a receiver waits, or is about to.
pub(crate) const LAST_SENDER: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = bounded::<u32>(0);
            window(|| {
                drop(go(move || drop(tx)));
                format!("{:?}", rx.recv())
            })
        })
    },
    outcomes: &["Err(RecvError)"],
};

/// The last receiver goes while a sender waits, or is about to, or has sent.
pub(crate) const LAST_RECEIVER: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = bounded(0);
            window(|| {
                drop(go(move || drop(rx)));
                let back = tx.send(Parcel::new(5)).map_err(|error| error.into_inner().open());
                format!("{back:?}")
            })
        })
    },
    outcomes: &["Err(5)"],
};

/// An ordinary thread receives from a goroutine.
pub(crate) const THREAD_RECEIVES: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt: Runtime = runtime(1);
        let (tx, rx) = bounded(0);
        let got = window(|| {
            drop(rt.go(move || tx.send(Parcel::new(7)).ok().expect("the thread receives")));
            rx.recv().map(Parcel::open)
        });
        end(rt, 0);
        format!("got {got:?}")
    },
    outcomes: &["got Ok(7)"],
};
