//! Programs over channels, between goroutines and between a goroutine and a thread.

use super::parcel::Parcel;
use super::runtime::{OnStack, end, in_runtime, rest, runtime};
use super::{Scenario, window};
use std::sync::Arc;

use crate::chan::{RecvError, Sender, bounded};
use crate::{Runtime, go};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { chan:
            an_unbuffered_value_passes_from_one_goroutine_to_another =
                UNBUFFERED, loom Window(2), shuttle sampled;
            buffered_values_arrive_in_order_and_then_the_end =
                BUFFERED, loom Window(2), shuttle sampled;
            #[ignore = "long: ./check all"]
            each_of_two_senders_is_received_once = TWO_SENDERS, loom Window(2), shuttle sampled;
            a_receiver_learns_that_the_last_sender_is_gone =
                LAST_SENDER, loom Window(2), shuttle sampled;
            a_sender_gets_its_value_back_when_the_last_receiver_goes =
                LAST_RECEIVER, loom Window(2), shuttle sampled;
            #[ignore = "long: ./check all"]
            each_of_two_receivers_gets_one = TWO_RECEIVERS, loom Window(2), shuttle sampled;
            two_receivers_learn_that_the_last_sender_is_gone =
                LAST_SENDER_OF_TWO, loom Window(2), shuttle sampled;
            two_senders_get_their_values_back = LAST_RECEIVER_OF_TWO, loom Window(2), shuttle sampled;
            senders_that_wait_move_up_in_their_order =
                MOVED_UP, loom Window(2), shuttle sampled;
            a_value_may_hold_an_end_of_its_own_channel =
                OF_ITS_OWN, loom Window(2), shuttle sampled;
            a_thread_receives_from_a_goroutine = THREAD_RECEIVES, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

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

/// Two goroutines wait for a value each, or are about to.
pub(crate) const TWO_RECEIVERS: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = bounded(0);
            window(|| {
                let receivers = [(); 2].map(|()| {
                    let rx = rx.clone();
                    go(move || rx.recv().map(Parcel::open))
                });
                for value in [1, 2] {
                    tx.send(Parcel::new(value)).ok().expect("two receive");
                }
                let got = receivers.map(|one| one.join().expect("it returns"));
                format!("{got:?}")
            })
        })
    },
    outcomes: &["[Ok(1), Ok(2)]", "[Ok(2), Ok(1)]"],
};

/// The last sender goes while two receivers wait, or are about to.
pub(crate) const LAST_SENDER_OF_TWO: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded::<u32>(0);
        let got = window(|| {
            let receivers = [(); 2].map(|()| {
                let rx = rx.clone();
                rt.go(move || rx.recv())
            });
            drop(tx);
            receivers.map(|one| one.join().expect("it returns"))
        });
        end(rt, 0);
        format!("{got:?}")
    },
    outcomes: &["[Err(RecvError), Err(RecvError)]"],
};

/// The last receiver goes while two senders wait, or are about to; one value may be in the buffer, and
/// is dropped.
pub(crate) const LAST_RECEIVER_OF_TWO: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded(1);
        let token = Arc::new(());
        let back = window(|| {
            let senders = [(); 2].map(|()| {
                let (tx, token) = (tx.clone(), token.clone());
                rt.go(move || tx.send(token).is_err())
            });
            drop(rx);
            senders.map(|one| one.join().expect("it returns"))
        });
        end(rt, 0);
        assert_eq!(Arc::strong_count(&token), 1, "a value is left");
        let back = back.into_iter().filter(|&is_back| is_back).count();
        format!("{back} came back")
    },
    outcomes: &["1 came back", "2 came back"],
};

/// Two senders wait at a full buffer: each goes on when there is room, in the order of their coming.
pub(crate) const MOVED_UP: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded(1);
        tx.send(Parcel::new(1)).ok().expect("there is room");
        let senders = [2, 3].map(|value| {
            let tx = tx.clone();
            let sender = rt.go(move || tx.send(Parcel::new(value)).is_ok());
            rest(&rt);
            sender
        });
        let mut got = Vec::new();
        window(|| {
            got.extend(rx.try_recv().map(Parcel::open));
            for sender in senders {
                assert!(sender.join().expect("it returns"));
                got.extend(rx.try_recv().map(Parcel::open));
            }
        });
        end(rt, 0);
        format!("{got:?}")
    },
    outcomes: &["[1, 2, 3]"],
};

/// A value that holds a sender of the channel that it is sent through.
struct Own(Option<Sender<Self>>, #[allow(dead_code, reason = "counted")] Arc<()>);

/// The last receiver goes while such a value is in the buffer, or on its way there.
pub(crate) const OF_ITS_OWN: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded(2);
        let token = Arc::new(());
        let own = |tx: &Sender<Own>| Own(Some(tx.clone()), token.clone());
        tx.send(own(&tx)).ok().expect("there is room");
        let is_sent = window(|| {
            let sender = rt.go({
                let value = own(&tx);
                move || tx.send(value).is_ok()
            });
            drop(rx);
            sender.join().expect("it returns")
        });
        end(rt, 0);
        assert_eq!(Arc::strong_count(&token), 1, "a value is left");
        format!("sent: {is_sent}")
    },
    outcomes: &["sent: false", "sent: true"],
};
