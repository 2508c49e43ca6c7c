//! Programs over the whole scheduler with goroutines that are wired to their thread.

use std::sync::Arc;

use super::runtime::{OnStack, end, fate, in_runtime, m, rest, runtime};
use super::{Scenario, spawn, window};
use crate::facade::{shortage, spin_hint};
use crate::proto::asleep;
use crate::proto::note::Note;
use crate::sched::{g, start, sysmon};
use crate::{JoinHandle, Runtime, chan, go, lock_os_thread, yield_now};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { locked:
            #[ignore = "long: ./check all"]
            a_locked_goroutine_goes_on_on_its_thread = WOKEN, loom Window(2), shuttle sampled;
            a_locked_goroutine_hands_its_p_on_and_gets_it_back =
                YIELDS, loom Window(3), shuttle sampled;
            a_goroutine_that_ends_locked_ends_its_thread = ENDS, loom Window(2), shuttle sampled;
            a_locked_goroutine_survives_a_change_of_the_number_of_ps =
                RESIZED, loom Window(1), shuttle sampled;
            a_runtime_ends_though_a_locked_goroutine_waits =
                DROPPED, loom Window(2), shuttle sampled;
            #[ignore = "long: ./check all"]
            a_p_is_taken_while_its_goroutine_locks_itself =
                TAKEN, loom Window(2), shuttle sampled;
            the_children_of_a_locked_goroutine_run_elsewhere =
                PARENT, loom Window(2), shuttle sampled;
            an_m_for_the_others_is_made_by_the_template_thread =
                TEMPLATE, loom Window(2), shuttle sampled;
            locked_goroutines_run_though_threads_are_refused =
                SHORT, loom Window(1), shuttle sampled;
            a_locked_goroutine_runs_beside_one_that_lacks_a_thread =
                SHORT_FOR_ANOTHER, loom Window(2), shuttle sampled;
            locked_goroutines_take_turns_though_threads_are_refused =
                SHORT_INSIDE, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// Ends the goroutine that calls it with its thread.
fn stay_locked() {
    let _ = std::mem::ManuallyDrop::new(lock_os_thread());
}

/// A locked goroutine waits for one that runs on another M, which wakes it: it goes on where it was.
pub(crate) const WOKEN: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = chan::bounded(0);
            let locked = go(move || {
                let _guard = lock_os_thread();
                let (stack, first) = (OnStack::new(), m());
                stack.touch();
                let got: u32 = rx.recv().expect("main sends");
                assert_eq!(m(), first, "it moved");
                assert_eq!(stack.touch(), 2);
                got
            });
            yield_now(); // now it waits, or soon
            window(|| {
                tx.send(5).expect("it receives");
                format!("got {}", locked.join().expect("it returns"))
            })
        })
    },
    outcomes: &["got 5"],
};

/// A locked goroutine lets others run on the only P, and gets that back.
pub(crate) const YIELDS: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(1, || {
            let other = go(yield_now);
            {
                let _guard = lock_os_thread();
                let first = m();
                window(yield_now);
                assert_eq!(m(), first, "it moved");
            }
            other.join().expect("it returns");
        });
        String::from("it stayed")
    },
    outcomes: &["it stayed"],
};

/// A goroutine that ends locked ends its thread: the P goes to another, and nothing is lost.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        window(|| {
            let locked = rt.go(stay_locked);
            let other = rt.go(|| OnStack::new().touch());
            locked.join().expect("it returns");
            assert_eq!(other.join().expect("it returns"), 1);
        });
        assert_eq!(rt.run(|| OnStack::new().touch()), 1);
        end(rt, 0);
        String::from("all ran")
    },
    outcomes: &["all ran"],
};

/// The number of Ps changes while a locked goroutine waits for its turn.
pub(crate) const RESIZED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(2);
        let locked = rt.go(|| {
            let _guard = lock_os_thread();
            let first = m();
            yield_now();
            assert_eq!(m(), first, "it moved");
        });
        window(|| rt.set_procs(1));
        locked.join().expect("it returns");
        assert_eq!(rt.procs(), 1);
        end(rt, 0);
        String::from("it returned")
    },
    outcomes: &["it returned"],
};

/// The runtime ends while a locked goroutine waits, or is about to.
pub(crate) const DROPPED: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let (tx, rx) = chan::bounded::<u32>(0);
        let seen = Arc::new(Note::new());
        let locked = rt.go({
            let seen = seen.clone();
            move || {
                let _guard = lock_os_thread();
                seen.wakeup();
                rx.recv()
            }
        });
        seen.sleep();
        window(|| drop(rt));
        let told = fate(locked);
        drop(tx);
        String::from(told)
    },
    outcomes: &["it is lost"],
};

/// A goroutine locks itself to its thread while its P is taken.
pub(crate) const TAKEN: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let got = window(|| {
            let taker = spawn(move || {
                let _ = sysmon::take(sched, sched.p(0)); // or not: both are explored
            });
            let locked = rt.go(|| {
                let _guard = lock_os_thread();
                OnStack::new().touch()
            });
            taker.join();
            locked.join().expect("it returns")
        });
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};

/// A locked goroutine makes others while some wait on its P: none of them runs on its thread.
pub(crate) const PARENT: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(1, || {
            let guard = lock_os_thread();
            let first = m();
            window(|| {
                let children = [(); 3].map(|()| go(m));
                for child in children {
                    assert_ne!(child.join().expect("it returns"), first, "on a locked thread");
                }
            });
            drop(guard);
        });
        String::from("elsewhere")
    },
    outcomes: &["elsewhere"],
};

/// A locked goroutine keeps its thread until another has run, for which there is no M yet: the
/// template thread makes it.
pub(crate) const TEMPLATE: Scenario = Scenario {
    threads: 4,
    run: || {
        let builder = Runtime::builder().procs(2).with_template();
        // SAFETY: the program below knows nothing about threads.
        let rt = unsafe { builder.start() }.expect("a model can always start a thread");
        rt.run(|| {
            let _guard = lock_os_thread();
            let ran = Arc::new(Note::new());
            window(|| {
                let other = go({
                    let ran = ran.clone();
                    move || ran.wakeup()
                });
                ran.sleep();
                other
            })
            .join()
            .expect("it returns");
        });
        while rt.num_goroutines() != 0 {
            spin_hint(); // progress: it comes to its end
        }
        drop(rt);
        String::from("it ran")
    },
    outcomes: &["it ran"],
};

/// A locked goroutine that says when it got something, and keeps its thread until `tx` is dropped.
/// All threads that there are idle, before and after.
fn kept(rt: &Runtime) -> (chan::Sender<u32>, Arc<Note>, JoinHandle<()>) {
    rest(rt); // so that it takes a thread that idles
    let (tx, rx) = chan::bounded(0);
    let (came, got) = (Arc::new(Note::new()), Arc::new(Note::new()));
    let keeper = rt.go({
        let (came, got) = (came.clone(), got.clone());
        move || {
            let _guard = lock_os_thread();
            let first = m();
            came.wakeup();
            while rx.recv().is_ok() {
                got.wakeup();
            }
            assert_eq!(m(), first, "it moved");
        }
    });
    came.sleep();
    rest(rt);
    (tx, got, keeper)
}

/// Every thread is kept by a locked goroutine, and the kernel refuses others: whoever wakes such
/// goroutines from outside, for the only P, hands it to their threads.
pub(crate) const SHORT: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        shortage::begins_after(0);
        let (tx, got, keeper) = kept(&rt);
        shortage::begins_after(1);
        let (tx2, got2, keeper2) = kept(&rt);
        shortage::ends();
        assert_eq!(rt.stats().threads, 2, "each has its own");
        let begin = Arc::new(Note::new());
        let other = spawn({
            let begin = begin.clone();
            move || {
                begin.sleep();
                tx2.send(1).expect("it receives");
                got2.sleep();
            }
        });
        shortage::begins_after(0);
        window(|| {
            begin.wakeup();
            tx.send(1).expect("it receives");
            got.sleep();
            other.join();
            drop(tx);
        });
        keeper.join().expect("it returns");
        keeper2.join().expect("it returns");
        end(rt, 0);
        String::from("both ran")
    },
    outcomes: &["both ran"],
};

/// As before, and the wake-up that covers the locked goroutine's is for one that needs a thread.
pub(crate) const SHORT_FOR_ANOTHER: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        shortage::begins_after(0);
        let sched = rt.run(|| g::header(g::current().expect("a goroutine")).sched);
        let (tx, got, keeper) = kept(&rt);
        shortage::ends();
        assert_eq!(rt.stats().threads, 1, "its own");
        let begin = Arc::new(Note::new());
        let other = spawn({
            let (begin, tx) = (begin.clone(), tx.clone());
            move || {
                begin.sleep();
                tx.send(1).expect("it receives");
                got.sleep();
            }
        });
        shortage::begins_after(0);
        let lacks = window(|| {
            begin.wakeup();
            let lacks = rt.go(|| OnStack::new().touch());
            other.join();
            lacks
        });
        rest(&rt);
        assert!(!lacks.is_finished(), "on which thread?");
        // The keeper's, and this one, which would wait for the goroutine.
        asleep::threads().count_in();
        assert!(!asleep::threads().is_everybody(|| Some(2)), "a false alarm");
        asleep::threads().count_out();
        shortage::ends();
        start::retry(sched); // as the watcher does
        assert_eq!(lacks.join().expect("it returns"), 1);
        drop(tx);
        keeper.join().expect("it returns");
        end(rt, 0);
        String::from("both ran")
    },
    outcomes: &["both ran"],
};

/// As before, among goroutines: each hands the P on when it waits for the other.
pub(crate) const SHORT_INSIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let (tx, rx) = chan::bounded::<u32>(0);
        let (back, answer) = chan::bounded(0);
        in_runtime(1, move || {
            let other = go(move || {
                let _guard = lock_os_thread();
                let first = m();
                while let Ok(n) = rx.recv() {
                    back.send(n + 1).expect("main receives");
                }
                assert_eq!(m(), first, "it moved");
            });
            yield_now(); // the other keeps this thread, and main goes on on a new one
            let guard = lock_os_thread();
            shortage::begins_after(0);
            let got = window(|| {
                tx.send(5).expect("it receives");
                answer.recv().expect("it sends")
            });
            shortage::ends();
            drop((tx, guard));
            other.join().expect("it returns");
            format!("got {got}")
        })
    },
    outcomes: &["got 6"],
};
