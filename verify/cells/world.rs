//! Programs over the whole scheduler in which the world is stopped, or functions run at safe points.
//!
//! Whoever stops the world touches what only the owner of each P may touch ([`at_rest`]): loom sees
//! any thread that is still in the runtime with a P, shuttle any number that moves. Who is forgotten
//! hangs, and the checkers see that too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::runtime::{OnStack, end, in_runtime, runtime};
use super::{Scenario, spawn, window};
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::proto::powner::Take;
use crate::sched::schedt::SchedRef;
use crate::sched::world::for_each_p;
use crate::sched::{g, sysmon};
use crate::{Runtime, go, pause, set_procs, stop_the_world, yield_now};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { world:
            nobody_is_in_the_runtime_while_a_thread_has_stopped_the_world =
                BY_A_THREAD, loom Window(1), shuttle sampled;
            nobody_is_in_the_runtime_while_a_goroutine_has_stopped_the_world =
                BY_A_GOROUTINE, loom Window(1), shuttle sampled;
            a_p_on_its_way_to_a_thread_is_stopped_too = ON_ITS_WAY, loom Window(1), shuttle sampled;
            what_was_left_to_a_spinner_that_stopped_is_found =
                LEFT_TO_A_SPINNER, loom Window(1), shuttle sampled;
            two_goroutines_stop_the_world = TWO_GOROUTINES, loom Window(1), shuttle sampled;
            a_goroutine_and_a_thread_stop_the_world =
                A_GOROUTINE_AND_A_THREAD, loom Window(1), shuttle sampled;
            what_is_queued_on_a_p_that_goes_runs_elsewhere =
                RESIZED, loom Window(1), shuttle sampled;
            a_goroutine_changes_the_number_of_ps_under_its_feet =
                RESIZED_BY_A_GOROUTINE, loom Window(1), shuttle sampled;
            a_goroutine_started_while_the_world_is_stopped_runs_when_it_starts =
                STARTED_MEANWHILE, loom Window(2), shuttle sampled;
            a_goroutine_started_beside_a_stop_runs =
                STARTED_BESIDE, loom Window(1), shuttle sampled;
            a_goroutine_started_after_the_world_relies_on_nobody_who_stopped =
                STARTED_AFTERWARDS, loom Window(2), shuttle sampled;
            an_m_that_was_asked_by_sysmon_stops_for_the_world =
                ASKED_FOR_LESS, loom Window(2), shuttle sampled;
            a_goroutine_readied_while_the_world_is_stopped_runs_when_it_starts =
                READIED_MEANWHILE, loom Window(2), shuttle sampled;
            a_function_runs_once_for_each_p = FOR_EACH_P, loom Window(1), shuttle sampled;
            a_function_runs_for_a_p_that_goes_idle = AS_IT_PARKS, loom Window(2), shuttle sampled;
            a_goroutine_comes_back_while_its_p_is_taken_and_the_world_stopped =
                BACK_AND_TAKEN, loom Window(1), shuttle sampled;
            a_runtime_ends_though_goroutines_stop_the_world =
                ENDS_MEANWHILE, loom Window(1), shuttle sampled;
            a_pauser_stops_the_world_though_one_held_back_waits_to =
                IN_A_PAUSE, loom Window(1), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// The scheduler of the goroutine that runs this.
fn here() -> SchedRef {
    g::header(g::current().expect("only goroutines ask")).sched
}

/// What the owners of the Ps change.
fn view(sched: SchedRef) -> Vec<(u32, usize, usize, bool)> {
    let all = sched.allp.iter().map(|p| {
        p.own(|own| own.inherited += 0);
        (p.schedtick(), p.balance(), p.runq.waiting(), p.runq.is_empty())
    });
    all.collect()
}

/// Called while the world is stopped: no P has an owner, and none gets one.
fn at_rest(sched: SchedRef) {
    let before = view(sched);
    spin_hint(); // the others go on as far as they can
    assert_eq!(before, view(sched), "the world is stopped, and yet it moves");
}

/// Says who comes how late, in a stopped world.
fn stopped(sched: SchedRef, count: &Ghost) -> u32 {
    at_rest(sched);
    count.fetch_add(1, SeqCst)
}

/// A runtime in which an M, with a P of its own, is parked beside the first.
fn two_ms() -> Runtime {
    let rt = runtime(2);
    rt.run(|| {
        let ran = Arc::new(Note::new());
        let other = go({
            let ran = ran.clone();
            move || ran.wakeup()
        });
        ran.sleep(); // keeps its thread, so that another must run the other
        other.join().expect("it returns");
    });
    rt
}

/// A thread stops the world while goroutines are born, yield, are joined and end.
pub(crate) const BY_A_THREAD: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let sched = rt.sched();
        let seen = window(|| {
            let main = rt.go(|| {
                let stack = OnStack::new();
                stack.touch();
                let other = go(yield_now);
                other.join().expect("it returns");
                assert_eq!(stack.touch(), 2);
            });
            let seen = rt.stop_the_world(|world| {
                at_rest(sched);
                world.num_goroutines()
            });
            main.join().expect("it returns");
            seen
        });
        end(rt, 0);
        format!("{seen} goroutines")
    },
    outcomes: &["0 goroutines", "1 goroutines", "2 goroutines"],
};

/// A goroutine does so, beside another that is born, yields and makes a third.
pub(crate) const BY_A_GOROUTINE: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let stack = OnStack::new();
            window(|| {
                stack.touch();
                let other = go(|| go(|| ()).join().expect("it returns"));
                spin_hint(); // it runs
                let seen = stop_the_world(|world| {
                    at_rest(here());
                    world.num_goroutines()
                });
                other.join().expect("it returns");
                assert_eq!(stack.touch(), 2);
                format!("{seen} goroutines")
            })
        })
    },
    outcomes: &["1 goroutines", "2 goroutines", "3 goroutines"],
};

/// A P is on its way to a parked M, or to a new one, while a thread stops the world. The goroutine
/// that it is for keeps its thread until the world is stopped.
pub(crate) const ON_ITS_WAY: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = two_ms();
        let sched = rt.sched();
        window(|| {
            let stopped = Arc::new(Note::new());
            let one = rt.go({
                let stopped = stopped.clone();
                move || stopped.sleep()
            });
            rt.stop_the_world(|_| {
                at_rest(sched);
                stopped.wakeup();
            });
            one.join().expect("it returns");
        });
        end(rt, 0);
        String::from("it ran")
    },
    outcomes: &["it ran"],
};

/// A goroutine is queued behind one that keeps its thread until it runs, and was left to a spinner
/// that stopped for the world.
pub(crate) const LEFT_TO_A_SPINNER: Scenario = Scenario {
    threads: 4,
    run: || {
        in_runtime(2, || {
            window(|| {
                let freed = Arc::new([Note::new(), Note::new()]);
                let behind = go({
                    let freed = freed.clone();
                    move || freed.iter().for_each(Note::wakeup)
                });
                let hog = go({
                    let freed = freed.clone();
                    move || freed[0].sleep()
                });
                stop_the_world(|_| at_rest(here()));
                freed[1].sleep(); // keeps its thread too
                behind.join().expect("it returns");
                hog.join().expect("it returns");
            });
        });
        String::from("all ran")
    },
    outcomes: &["all ran"],
};

/// A goroutine that stops the world, and returns how many had done so.
fn stopper(count: &Arc<Ghost>) -> impl FnOnce() -> u32 + Send + 'static {
    let count = count.clone();
    move || stop_the_world(|_| stopped(here(), &count))
}

/// Two goroutines stop the world, each while the other wants to.
pub(crate) const TWO_GOROUTINES: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            window(|| {
                let count = Arc::new(Ghost::new(0));
                let other = go(stopper(&count));
                let mine = stop_the_world(|_| stopped(here(), &count));
                let others = other.join().expect("it returns");
                assert_eq!(mine + others, 1);
                String::from(if mine == 0 { "main first" } else { "the other first" })
            })
        })
    },
    outcomes: &["main first", "the other first"],
};

/// One that has paused the others stops the world, and one of those wants to: it must not come to
/// have the right while it is held back.
pub(crate) const IN_A_PAUSE: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            window(|| {
                let count = Arc::new(Ghost::new(0));
                let other = go(stopper(&count));
                let pause = pause();
                yield_now(); // to itself
                let mine = stop_the_world(|_| stopped(here(), &count));
                drop(pause);
                let others = other.join().expect("it returns");
                assert_eq!(mine + others, 1);
                String::from(if mine == 0 { "the pauser first" } else { "the other first" })
            })
        })
    },
    outcomes: &["the other first", "the pauser first"],
};

/// A goroutine and a thread do so.
pub(crate) const A_GOROUTINE_AND_A_THREAD: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let count = Arc::new(Ghost::new(0));
        let (mine, others) = window(|| {
            let other = rt.go(stopper(&count));
            let mine = rt.stop_the_world(|_| stopped(sched, &count));
            (mine, other.join().expect("it returns"))
        });
        assert_eq!(mine + others, 1);
        end(rt, 0);
        String::from(if mine == 0 { "the thread first" } else { "the goroutine first" })
    },
    outcomes: &["the goroutine first", "the thread first"],
};

/// One P of two goes while a goroutine is queued on each of them behind one that keeps its thread.
pub(crate) const RESIZED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(2);
        let notes = [(); 2].map(|()| Arc::new([Note::new(), Note::new()]));
        let hogs = notes.each_ref().map(|note| {
            let note = note.clone();
            rt.go(move || {
                let queued = go(|| ());
                note[0].wakeup();
                note[1].sleep();
                queued.join().expect("it returns");
            })
        });
        notes.iter().for_each(|note| note[0].sleep());
        window(|| {
            assert_eq!(rt.set_procs(1), 2);
            notes.iter().for_each(|note| note[1].wakeup());
            hogs.into_iter().for_each(|hog| hog.join().expect("it returns"));
        });
        assert_eq!((rt.set_procs(2), rt.procs()), (1, 2));
        end(rt, 0);
        String::from("all ran")
    },
    outcomes: &["all ran"],
};

/// A goroutine, with others queued on its P, has one P and then two; it may have had the one that
/// goes.
pub(crate) const RESIZED_BY_A_GOROUTINE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = two_ms();
        let got = rt.run(|| {
            window(|| {
                let other = go(|| {
                    let inner = go(|| 1);
                    set_procs(2);
                    inner.join().expect("it returns")
                });
                set_procs(1);
                other.join().expect("it returns")
            })
        });
        let procs = rt.procs();
        end(rt, 0);
        format!("got {got}, {procs} at last")
    },
    outcomes: &["got 1, 1 at last", "got 1, 2 at last"],
};

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

/// How often the function ran for each P of the next scenario: one execution at a time uses it.
static RUNS: [Ghost; 2] = [Ghost::new(0), Ghost::new(0)];

/// A function runs for every P, be it idle, on its way, a goroutine's or an M's that parks.
pub(crate) const FOR_EACH_P: Scenario = Scenario {
    threads: 3,
    run: || {
        RUNS.iter().for_each(|runs| runs.store(0, SeqCst));
        let rt = two_ms();
        let sched = rt.sched();
        window(|| {
            let main = rt.go(|| go(|| ()).join().expect("it returns"));
            for_each_p(sched, |_, p| {
                p.own(|own| own.inherited += 0);
                RUNS[p.id as usize].fetch_add(1, SeqCst);
            });
            assert_eq!(RUNS.each_ref().map(|runs| runs.load(SeqCst)), [1, 1]);
            main.join().expect("it returns");
        });
        end(rt, 0);
        assert_eq!(RUNS.each_ref().map(|runs| runs.load(SeqCst)), [1, 1]);
        String::from("once for each")
    },
    outcomes: &["once for each"],
};

/// How often it ran for the only P of the next scenario.
static RUNS_OF_ONE: Ghost = Ghost::new(0);

/// A function runs for a P whose M is about to park.
pub(crate) const AS_IT_PARKS: Scenario = Scenario {
    threads: 2,
    run: || {
        RUNS_OF_ONE.store(0, SeqCst);
        let rt = runtime(1);
        let sched = rt.sched();
        window(|| {
            spin_hint(); // the M looks for work, and parks
            for_each_p(sched, |_, p| {
                p.own(|own| own.inherited += 0);
                RUNS_OF_ONE.fetch_add(1, SeqCst);
            });
        });
        end(rt, 0);
        format!("{} time", RUNS_OF_ONE.load(SeqCst))
    },
    outcomes: &["1 time"],
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
        let ended = stoppers.iter().filter(|stopper| stopper.is_finished()).count();
        let stopped = count.load(SeqCst);
        assert!(ended <= stopped as usize);
        format!("stopped {stopped} times")
    },
    outcomes: &["stopped 0 times", "stopped 1 times", "stopped 2 times"],
};
