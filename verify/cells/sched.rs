//! Programs over the whole scheduler, on its own stacks and its own assembly switch.

use std::sync::Arc;

use super::runtime::{OnStack, end, fate, in_runtime, m, runtime};
use super::{Scenario, window};
use crate::proto::note::Note;
use crate::proto::powner::Take;
use crate::sched::{g, sysmon};
use crate::{go, yield_now};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { sched:
            a_goroutine_is_spawned_and_joined = SPAWN_AND_JOIN, loom Window(2), shuttle sampled;
            a_goroutine_starts_on_one_thread_and_ends_on_another =
                STARTS_HERE_ENDS_THERE, loom Window(2), shuttle sampled;
            one_that_yields_lets_the_other_run = YIELD, loom Window(2), shuttle sampled;
            no_goroutine_waits_while_a_p_is_idle = HOGS, loom Window(1), shuttle sampled;
            a_readied_goroutine_runs_beside_the_one_that_readied_it =
                READIED_BESIDE_A_HOG, loom Window(2), shuttle sampled;
            a_goroutine_from_outside_runs_though_the_last_m_parks =
                SUBMITTED_AS_THE_LAST_M_PARKS, loom Window(2), shuttle sampled;
            a_goroutine_readied_from_outside_runs_though_the_last_m_parks =
                READIED_AS_THE_LAST_M_PARKS, loom Window(2), shuttle sampled;
            #[ignore = "long: ./check all"]
            a_goroutine_whose_p_was_taken_goes_on = P_TAKEN, loom Window(2), shuttle sampled;
            a_runtime_ends_though_a_goroutine_waits =
                ENDS_WITH_ONE_THAT_WAITS, loom Window(2), shuttle sampled;
            no_goroutine_waits_in_the_hands_of_a_busy_thread =
                TWO_FROM_OUTSIDE, loom Window(1), shuttle sampled;
            a_p_is_taken_with_its_queue = P_TAKEN_WITH_ITS_QUEUE, loom Window(2), shuttle sampled;
            a_goroutine_of_another_runtime_goes_on_there =
                READIED_ACROSS, loom Window(1), shuttle sampled;
            a_goroutine_that_moved_only_leases_its_p =
                MOVED_AND_TAKEN, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

fn word(differs: bool, yes: &'static str, no: &'static str) -> &'static str {
    if differs { yes } else { no }
}

/// The main goroutine starts another and waits for it.
pub(crate) const SPAWN_AND_JOIN: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let stack = OnStack::new();
            window(|| {
                let (first, _) = (m(), stack.touch());
                let other = go(m).join().expect("it returns");
                assert_eq!(stack.touch(), 2);
                let there = word(first != other, "on another thread", "on the same thread");
                format!("the other {there}, main {}", word(first != m(), "moved", "stayed"))
            })
        })
    },
    outcomes: &[
        "the other on another thread, main moved",
        "the other on another thread, main stayed",
        "the other on the same thread, main moved",
        "the other on the same thread, main stayed",
    ],
};

/// A goroutine lets others run, and goes on where it is or elsewhere.
pub(crate) const STARTS_HERE_ENDS_THERE: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let other = go(|| {
                let stack = OnStack::new();
                window(|| {
                    let (first, _) = (m(), stack.touch());
                    yield_now();
                    assert_eq!(stack.touch(), 2);
                    word(first != m(), "moved", "stayed")
                })
            });
            String::from(other.join().expect("it returns"))
        })
    },
    outcomes: &["moved", "stayed"],
};

/// A goroutine that may have moved is in user code again: its P can be taken, where it is now.
pub(crate) const MOVED_AND_TAKEN: Scenario = Scenario {
    threads: 4,
    run: || {
        in_runtime(2, || {
            let other = go(|| {
                let (stack, first) = (OnStack::new(), m());
                stack.touch();
                window(yield_now);
                let g = g::header(g::current().expect("a goroutine"));
                let there = word(first != m(), "moved", "stayed");
                assert_eq!(sysmon::take(g.sched, g.m().p()), Take::Taken);
                yield_now(); // it has no P, and gets one
                assert_eq!(stack.touch(), 2);
                there
            });
            String::from(other.join().expect("it returns"))
        })
    },
    outcomes: &["moved", "stayed"],
};

/// A goroutine on the only P lets those run that came from outside meanwhile.
pub(crate) const YIELD: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let order = Arc::new(std::sync::Mutex::new(String::new()));
        let put = |name: &'static str| {
            let order = order.clone();
            move || order.lock().unwrap().push_str(name)
        };
        window(|| {
            let (first, second) = (put("a"), put("a"));
            let one = rt.go(move || {
                first();
                yield_now();
                second();
            });
            let other = rt.go(put("b"));
            one.join().expect("it returns");
            other.join().expect("it returns");
        });
        end(rt, 0);
        std::mem::take(&mut *order.lock().unwrap())
    },
    outcomes: &["aab", "aba"],
};

/// Two goroutines hold their threads; a third that is queued meanwhile still runs, as there is a P.
///
/// The first hog may be found by the very spinner that the third relied on.
pub(crate) const HOGS: Scenario = Scenario {
    threads: 4,
    run: || {
        in_runtime(3, || {
            window(|| {
                let freed = Arc::new([Note::new(), Note::new()]);
                let hog = go({
                    let freed = freed.clone();
                    move || freed[0].sleep()
                });
                let third = go({
                    let freed = freed.clone();
                    move || freed.iter().for_each(Note::wakeup)
                });
                freed[1].sleep();
                third.join().expect("it returns");
                hog.join().expect("it returns");
            });
        });
        String::from("all ran")
    },
    outcomes: &["all ran"],
};

/// A goroutine readies another and then holds its thread until that one has run.
pub(crate) const READIED_BESIDE_A_HOG: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = crate::chan::bounded::<()>(0);
            let ran = Arc::new(Note::new());
            let other = go({
                let ran = ran.clone();
                move || {
                    rx.recv().expect("main sends");
                    ran.wakeup();
                }
            });
            yield_now(); // now it waits, or soon
            window(|| {
                tx.send(()).expect("it receives");
                ran.sleep();
            });
            other.join().expect("it returns");
        });
        String::from("it ran")
    },
    outcomes: &["it ran"],
};

/// An ordinary thread starts a goroutine while the only M looks for work, finds none and parks.
pub(crate) const SUBMITTED_AS_THE_LAST_M_PARKS: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let got = window(|| rt.go(|| OnStack::new().touch()).join().expect("it returns"));
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};

/// As above, but the goroutine exists and waits: the thread readies it.
pub(crate) const READIED_AS_THE_LAST_M_PARKS: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = crate::chan::bounded(0);
        let got = window(|| {
            let other = rt.go(move || {
                let stack = OnStack::new();
                stack.touch();
                let got: u32 = rx.recv().expect("the thread sends");
                got + stack.touch()
            });
            tx.send(3).expect("it receives");
            other.join().expect("it returns")
        });
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 5"],
};

/// A thread starts two goroutines, and an M that does not spin takes both from the shared queue: the
/// second runs though the first holds that M.
pub(crate) const TWO_FROM_OUTSIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let (runs, over, freed) =
            (Arc::new(Note::new()), Arc::new(Note::new()), Arc::new(Note::new()));
        let before = rt.go({
            let (runs, over) = (runs.clone(), over.clone());
            move || {
                runs.wakeup();
                over.sleep();
            }
        });
        runs.sleep();
        window(|| {
            let hog = rt.go({
                let freed = freed.clone();
                move || freed.sleep()
            });
            let second = rt.go(move || freed.wakeup());
            over.wakeup(); // not the P's first goroutine: that one would be taken alone
            second.join().expect("it returns");
            hog.join().expect("it returns");
        });
        before.join().expect("it returns");
        end(rt, 0);
        String::from("both ran")
    },
    outcomes: &["both ran"],
};

/// A goroutine holds its thread until one that is queued on the same P has run: the P is taken.
pub(crate) const P_TAKEN_WITH_ITS_QUEUE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let sched = rt.run(|| g::header(g::current().expect("a goroutine")).sched);
        let seen = Arc::new(Note::new());
        let hog = rt.go({
            let seen = seen.clone();
            move || {
                let freed = Arc::new(Note::new());
                let other = go({
                    let freed = freed.clone();
                    move || freed.wakeup()
                });
                seen.wakeup();
                freed.sleep();
                other.join().expect("it returns");
            }
        });
        seen.sleep();
        window(|| {
            let _ = sysmon::take(sched, sched.p(0)); // or not: both are explored
            hog.join().expect("it returns");
        });
        end(rt, 0);
        String::from("both ran")
    },
    outcomes: &["both ran"],
};

/// A goroutine's P is taken while it runs user code, and another gets it: the first goes on when
/// the P is free.
pub(crate) const P_TAKEN: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let sched = rt.run(|| g::header(g::current().expect("a goroutine")).sched);
        let (seen, left) = (Arc::new(Note::new()), Arc::new(Note::new()));
        let hog = rt.go({
            let (seen, left) = (seen.clone(), left.clone());
            move || {
                let (stack, first) = (OnStack::new(), m());
                stack.touch();
                seen.wakeup();
                left.sleep(); // user code that keeps its thread
                yield_now();
                assert_eq!(stack.touch(), 2);
                word(first != m(), "moved", "stayed")
            }
        });
        seen.sleep();
        let outcome = window(|| {
            left.wakeup();
            let _ = sysmon::take(sched, sched.p(0)); // or not: both are explored
            let other = rt.go(|| ());
            other.join().expect("it returns");
            hog.join().expect("it returns")
        });
        end(rt, 0);
        String::from(outcome)
    },
    outcomes: &["moved", "stayed"],
};

/// A runtime ends while a goroutine waits; who was to wake it does so afterwards.
pub(crate) const ENDS_WITH_ONE_THAT_WAITS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let (tx, rx) = crate::chan::bounded::<u32>(0);
        let waits = rt.go(move || rx.recv());
        rt.run(yield_now);
        window(|| drop(rt));
        drop(tx); // nobody is left to run it
        String::from(fate(waits))
    },
    outcomes: &["it is lost"],
};

/// A goroutine readies one of another runtime: that one goes on on a thread of its own runtime.
pub(crate) const READIED_ACROSS: Scenario = Scenario {
    threads: 3,
    run: || {
        let (here, there) = (runtime(1), runtime(1));
        let (tx, rx) = crate::chan::bounded(0);
        let waits = there.go(move || {
            let got: u32 = rx.recv().expect("the other sends");
            let g = g::header(g::current().expect("a goroutine"));
            assert!(g.m().sched == g.sched, "on a thread of another runtime");
            got
        });
        let got = window(|| {
            let sends = here.go(move || tx.send(3).expect("it receives"));
            sends.join().expect("it returns");
            waits.join().expect("it returns")
        });
        end(here, 0);
        end(there, 0);
        format!("got {got}")
    },
    outcomes: &["got 3"],
};
