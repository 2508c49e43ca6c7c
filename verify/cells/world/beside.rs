//! What happens beside a stopped world: goroutines are born and readied, an M is asked for something
//! else, a P is taken, the runtime ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::stopped::{at_rest, here, stopped};
use crate::cells::runtime::{OnStack, end, runtime};
use crate::cells::{Scenario, spawn, window};
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::proto::powner::Take;
use crate::sched::sysmon;
use crate::{JoinHandle, stop_the_world, yield_now};

/// A thread starts a goroutine while the world is stopped, in which the only M spins or is parked.
pub(crate) const STARTED_MEANWHILE: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let got = window(|| {
            let one = rt.stop_the_world(|_| rt.go(|| OnStack::new().touch()));
            one.join().expect("it returns")
        });
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};

/// As above, but another thread does so, before, while or after the world is stopped.
pub(crate) const STARTED_BESIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = Arc::new(runtime(1));
        let got = window(|| {
            let stopper = spawn({
                let rt = rt.clone();
                move || rt.stop_the_world(|_| ())
            });
            let got = rt.go(|| OnStack::new().touch()).join().expect("it returns");
            stopper.join();
            got
        });
        end(Arc::into_inner(rt).expect("the stopper has ended"), 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};

/// A thread starts a goroutine when it has stopped the world, and that starts: whoever spun then may
/// not have parked yet, and looks no more.
pub(crate) const STARTED_AFTERWARDS: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let got = window(|| {
            rt.stop_the_world(|_| ());
            rt.go(|| OnStack::new().touch()).join().expect("it returns")
        });
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};

/// sysmon asks for the P of an M that is in the runtime, and then somebody stops the world: the M
/// answers both at once, or one after the other.
pub(crate) const ASKED_FOR_LESS: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let asked = window(|| {
            spin_hint(); // it looks for work
            let asked = sysmon::take(sched, sched.p(0)) == Take::Asked;
            spin_hint(); // it finds the mark
            rt.stop_the_world(|_| at_rest(sched));
            asked
        });
        end(rt, 0);
        String::from(if asked { "asked" } else { "not asked" })
    },
    outcomes: &["asked", "not asked"],
};

/// A goroutine waits, and is readied while the world is stopped.
pub(crate) const READIED_MEANWHILE: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = crate::chan::bounded(1);
        let got = window(|| {
            let other = rt.go(move || {
                let stack = OnStack::new();
                stack.touch();
                let got: u32 = rx.recv().expect("the thread sends");
                got + stack.touch()
            });
            rt.stop_the_world(|_| tx.send(3).expect("there is room"));
            other.join().expect("it returns")
        });
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 5"],
};

/// A goroutine comes back from user code while sysmon takes its P and a thread stops the world.
pub(crate) const BACK_AND_TAKEN: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let (seen, left) = (Arc::new(Note::new()), Arc::new(Note::new()));
        let hog = rt.go({
            let (seen, left) = (seen.clone(), left.clone());
            move || {
                let stack = OnStack::new();
                stack.touch();
                seen.wakeup();
                left.sleep(); // user code that keeps its thread
                yield_now();
                assert_eq!(stack.touch(), 2);
            }
        });
        seen.sleep();
        window(|| {
            let taker = spawn(move || {
                let _ = sysmon::take(sched, sched.p(0)); // or not: both are explored
            });
            left.wakeup();
            rt.stop_the_world(|_| at_rest(sched));
            hog.join().expect("it returns");
            taker.join();
        });
        end(rt, 0);
        String::from("it went on")
    },
    outcomes: &["it went on"],
};

/// A P is handed on, for which there is no work, while a thread stops the world.
pub(crate) const HANDED_ON: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let (seen, left) = (Arc::new(Note::new()), Arc::new(Note::new()));
        let hog = rt.go({
            let (seen, left) = (seen.clone(), left.clone());
            move || {
                seen.wakeup();
                left.sleep(); // user code that keeps its thread
            }
        });
        seen.sleep();
        window(|| {
            let taker = spawn(move || {
                let _ = sysmon::take(sched, sched.p(0)); // or not: both are explored
            });
            rt.stop_the_world(|_| at_rest(sched));
            taker.join();
        });
        left.wakeup();
        hog.join().expect("it returns");
        end(rt, 0);
        String::from("it stopped")
    },
    outcomes: &["it stopped"],
};

/// A runtime ends while one goroutine stops the world and another wants to.
pub(crate) const ENDS_MEANWHILE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let count = Arc::new(Ghost::new(0));
        let begin = Arc::new(Note::new());
        let stoppers = window(|| {
            let stoppers = [1, 2].map(|i| {
                let (count, begin) = (count.clone(), begin.clone());
                rt.go(move || {
                    if i == 1 {
                        begin.wakeup();
                    }
                    stop_the_world(|_| stopped(here(), &count));
                })
            });
            begin.sleep();
            drop(rt);
            stoppers
        });
        let ended = stoppers.into_iter().flat_map(JoinHandle::join).count();
        let stopped = count.load(SeqCst);
        assert!(ended <= stopped as usize);
        format!("stopped {stopped} times")
    },
    outcomes: &["stopped 0 times", "stopped 1 times", "stopped 2 times"],
};
