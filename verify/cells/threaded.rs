//! Programs over the whole scheduler where each goroutine has a thread of its own.

use super::runtime::{OnStack, end, m};
use super::{Scenario, window};
use crate::{Runtime, RuntimeEnded, chan, go};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { threaded:
            each_goroutine_keeps_an_m_of_its_own = TALK, loom Window(2), shuttle sampled;
            a_runtime_ends_though_a_goroutine_waits = ENDS, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// Two goroutines that wait for each other: each keeps an M, and not the other's.
pub(crate) const TALK: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = Runtime::builder().procs(1).start_threaded().expect("a model can start a thread");
        rt.run(|| {
            let (stack, first) = (OnStack::new(), m());
            let (tx, rx) = chan::bounded(0);
            let other = window(|| {
                let other = go(move || {
                    let (stack, first) = (OnStack::new(), m());
                    stack.touch();
                    tx.send(first).expect("main receives");
                    assert_eq!(m(), first, "it moved");
                    assert_eq!(stack.touch(), 2);
                });
                stack.touch();
                assert_ne!(rx.recv().expect("it sends"), first, "two on one thread");
                other
            });
            other.join().expect("it returns");
            assert_eq!(m(), first, "main moved");
            assert_eq!(stack.touch(), 2);
        });
        end(rt, 0);
        String::from("both stayed")
    },
    outcomes: &["both stayed"],
};

/// The runtime ends while a goroutine waits on the thread that it keeps.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = Runtime::builder().procs(1).start_threaded().expect("a model can start a thread");
        let (tx, rx) = chan::bounded::<u32>(0);
        let waits = rt.go(move || rx.recv());
        window(|| drop(rt));
        assert!(waits.join().expect_err("it never ends").is::<RuntimeEnded>());
        drop(tx);
        String::from("it waits for ever")
    },
    outcomes: &["it waits for ever"],
};
