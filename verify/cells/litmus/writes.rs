//! The order of the writes of a word, and what reads and writes it in one step; a futex.

use std::sync::Arc;

use super::program::{Litmus, outcome, outcome_then, program, silent};
use crate::cells::{Scenario, spawn};
use crate::facade::Ordering::{Acquire, Relaxed, Release};
use crate::facade::{Futex, Slept, moments};

/// Two writers of two words in opposite order.
pub(crate) static TWO_WRITES: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome_then(
                [
                    program(|w| {
                        w.x.store(1, Relaxed);
                        w.y.store(2, Relaxed);
                        silent()
                    }),
                    program(|w| {
                        w.y.store(1, Relaxed);
                        w.x.store(2, Relaxed);
                        silent()
                    }),
                ],
                |w| format!("{}{}", w.x.load(Relaxed), w.y.load(Relaxed)),
            )
        },
        outcomes: &["11", "12", "21", "22"],
    },
    program: "x=1; y=2 || y=1; x=2; at last r x; r y",
    rust: &["11", "12", "21", "22"],
    sc: &["12", "21", "22"],
    remark: "",
};

/// Two read-modify-writes of one word: none is lost.
pub(crate) static INCREMENTS: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome_then(
                [
                    program(|w| {
                        w.x.fetch_add(1, Relaxed);
                        silent()
                    }),
                    program(|w| {
                        w.x.fetch_add(1, Relaxed);
                        silent()
                    }),
                ],
                |w| w.x.load(Relaxed).to_string(),
            )
        },
        outcomes: &["2"],
    },
    program: "x+=1 || x+=1; at last r x",
    rust: &["2"],
    sc: &["2"],
    remark: "",
};

/// A read-modify-write of a word that another thread stores to (tokio-rs/loom#254).
pub(crate) static RMW_AGAINST_STORE: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome_then(
                [
                    program(|w| {
                        w.x.store(2, Relaxed);
                        silent()
                    }),
                    program(|w| w.x.fetch_add(1, Relaxed).to_string()),
                ],
                |w| w.x.load(Relaxed).to_string(),
            )
        },
        outcomes: &["0 1", "0 2", "2 3"],
    },
    program: "x=2 || r x, x+=1; at last r x",
    rust: &["0 2", "2 3"],
    sc: &["0 2", "2 3"],
    remark: "tokio-rs/loom#254: no word is stored to by one thread while another changes it by RMW",
};

/// A thread's own load must not hide another's (tokio-rs/loom#392): stock loom shows only `0 0`.
pub(crate) static HOLE: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| w.x.load(Acquire).to_string()),
                program(|w| {
                    let read = w.x.load(Acquire);
                    w.x.store(read + 1, Release);
                    read.to_string()
                }),
            ])
        },
        outcomes: &["0 0", "1 0"],
    },
    program: "r x || r x; x=that+1",
    rust: &["0 0", "1 0"],
    sc: &["0 0", "1 0"],
    remark: "stock loom: 9 executions, `0 0` only",
};

/// A wake-up between the sleeper's look at the word and its sleep is not lost: else it never ends,
/// which both checkers report as a deadlock.
pub(crate) static FUTEX: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            let futex = Arc::new(Futex::new(0));
            let waker = spawn({
                let futex = futex.clone();
                move || {
                    futex.word().store(1, Relaxed);
                    futex.wake_one();
                }
            });
            while futex.word().load(Relaxed) == 0 {
                futex.wait(0);
            }
            waker.join();
            String::from("woken")
        },
        outcomes: &["woken"],
    },
    program: "w=1; wake || while w is 0: wait(0)",
    rust: &["woken"],
    sc: &["woken"],
    remark: "a lost wake-up would be a deadlock; no spurious one is shown",
};

/// A sleep until a moment, beside the wake-up and beside a clock that passes the moment: it ends by either.
pub(crate) static TIMED: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            moments::begin();
            let futex = Arc::new(Futex::new(0));
            let waker = spawn({
                let futex = futex.clone();
                move || {
                    moments::advance(10);
                    futex.word().store(1, Relaxed);
                    futex.wake_one();
                }
            });
            let mut slept = Slept::Woken;
            while futex.word().load(Relaxed) == 0 && slept == Slept::Woken {
                slept = futex.wait_until(0, 5);
            }
            waker.join();
            String::from(if slept == Slept::Woken { "woken" } else { "late" })
        },
        outcomes: &["late", "woken"],
    },
    program: "now=10; w=1; wake || while w is 0: wait(0) until 5",
    rust: &["late", "woken"],
    sc: &["late", "woken"],
    remark: "time is a word that a thread of the model moves on, so a time-out is a step like any other",
};
