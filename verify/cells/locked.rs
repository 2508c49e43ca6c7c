//! Programs over the whole scheduler with goroutines that are wired to their thread.

use std::sync::Arc;

use super::sched::{OnStack, end, in_runtime, m, runtime};
use super::{Scenario, window};
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::{Runtime, chan, go, lock_os_thread, yield_now};

/// Ends the goroutine that calls it with its thread.
fn stay_locked() {
    let _ = std::mem::ManuallyDrop::new(lock_os_thread());
}

/// A locked goroutine waits for one that runs on another M, which wakes it: it goes on where it was.
pub(crate) const WOKEN: Scenario = Scenario {
    name: "locked::a_locked_goroutine_goes_on_on_its_thread",
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (tx, rx) = chan::bounded(0);
            let locked = go(move || {
                let _guard = lock_os_thread();
                let (stack, first) = (OnStack::new(), m());
                stack.touch();
                let got: u32 = window(|| rx.recv().expect("main sends"));
                assert_eq!(m(), first, "it moved");
                assert_eq!(stack.touch(), 2);
                got
            });
            tx.send(5).expect("it receives");
            format!("got {}", locked.join().expect("it returns"))
        })
    },
    outcomes: &["got 5"],
};

/// A locked goroutine lets others run on the only P, and gets that back.
pub(crate) const YIELDS: Scenario = Scenario {
    name: "locked::a_locked_goroutine_hands_its_p_on_and_gets_it_back",
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
    name: "locked::a_goroutine_that_ends_locked_ends_its_thread",
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
    name: "locked::a_locked_goroutine_survives_a_change_of_the_number_of_ps",
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
    name: "locked::a_runtime_ends_though_a_locked_goroutine_waits",
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
        assert!(!locked.is_finished());
        drop(tx);
        String::from("it waits for ever")
    },
    outcomes: &["it waits for ever"],
};

/// A locked goroutine keeps its thread until another has run, for which there is no M yet: the
/// template thread makes it.
pub(crate) const TEMPLATE: Scenario = Scenario {
    name: "locked::an_m_for_the_others_is_made_by_the_template_thread",
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
