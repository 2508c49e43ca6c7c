//! Programs over what goroutines wait for each other with.

use std::sync::Arc;

use super::runtime::{OnStack, end, impatient, in_runtime, runtime};
use super::{Scenario, spawn, window};
use crate::facade::Cell;
use crate::sync::{Condvar, Mutex, Once, RwLock, WaitGroup};
use crate::{go, yield_now};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { sync:
            a_mutex_is_held_by_one_goroutine_at_a_time = MUTEX, loom Window(2), shuttle sampled;
            a_mutex_is_held_across_a_switch =
                MUTEX_ACROSS_A_SWITCH, loom Window(2), shuttle sampled;
            a_mutex_is_held_by_a_thread_or_a_goroutine =
                MUTEX_AND_THREAD, loom Window(2), shuttle sampled;
            a_mutex_is_handed_to_one_of_three =
                THREE_CONTENDERS, loom Window(2), shuttle sampled;
            all_who_wait_go_on_when_the_last_is_done =
                TWO_WAIT, loom Window(2), shuttle sampled;
            a_wait_ends_when_the_last_is_done = WAITGROUP, loom Window(2), shuttle sampled;
            one_that_waits_for_a_change_is_notified = CONDVAR, loom Window(2), shuttle sampled;
            a_goroutine_reads_what_a_thread_has_written = RWLOCK, loom Window(2), shuttle sampled;
            a_function_runs_once_for_a_thread_and_a_goroutine = ONCE, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// A number that only the mutex guards: loom sees two at it at once.
struct Count(Cell<u32>);

// SAFETY: a shared number is only read.
unsafe impl Sync for Count {}

impl Count {
    fn new() -> Self {
        Self(Cell::new(0))
    }

    fn get(&self) -> u32 {
        // SAFETY: (shared) nobody writes beside a reader; that it is so is what the scenarios check.
        self.0.with(|n| unsafe { *n })
    }

    fn add_one(&mut self) -> u32 {
        // SAFETY: borrowed mutably.
        self.0.with_mut(|n| unsafe {
            *n += 1;
            *n
        })
    }
}

/// Two goroutines take a mutex.
pub(crate) const MUTEX: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let count = Arc::new(Mutex::new(Count::new()));
            window(|| {
                let other = go({
                    let count = count.clone();
                    move || count.lock().unwrap().add_one()
                });
                let mine = count.lock().unwrap().add_one();
                let others = other.join().expect("it returns");
                assert_eq!(mine + others, 3, "one was first");
                format!("main {mine}, the other {others}")
            })
        })
    },
    outcomes: &["main 1, the other 2", "main 2, the other 1"],
};

/// A goroutine leaves its stack while it holds the mutex that another waits for.
pub(crate) const MUTEX_ACROSS_A_SWITCH: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let count = Arc::new(Mutex::new(Count::new()));
            let mut held = count.lock().unwrap();
            held.add_one();
            let other = go({
                let count = count.clone();
                move || count.lock().unwrap().add_one()
            });
            window(|| {
                yield_now();
                held.add_one();
                drop(held);
            });
            format!("the other {}", other.join().expect("it returns"))
        })
    },
    outcomes: &["the other 3"],
};

/// An ordinary thread and a goroutine take a mutex.
pub(crate) const MUTEX_AND_THREAD: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let count = Arc::new(Mutex::new(Count::new()));
        let outcome = window(|| {
            let other = rt.go({
                let count = count.clone();
                move || count.lock().unwrap().add_one()
            });
            let mine = count.lock().unwrap().add_one();
            format!("thread {mine}, goroutine {}", other.join().expect("it returns"))
        });
        end(rt, 0);
        outcome
    },
    outcomes: &["thread 1, goroutine 2", "thread 2, goroutine 1"],
};

/// A mutex is freed that one waits for who was woken in vain, while a third takes it.
pub(crate) const THREE_CONTENDERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let count = Arc::new(Mutex::new(Count::new()));
        let (held, waits) = impatient(&rt, &count, Count::add_one);
        let first = window(|| {
            let third = spawn({
                let count = count.clone();
                move || assert!(count.lock().unwrap().add_one() <= 2)
            });
            drop(held);
            third.join();
            waits.join().expect("it returns")
        });
        end(rt, 0);
        format!("it was number {first}")
    },
    outcomes: &["it was number 1", "it was number 2"],
};

/// A goroutine and a thread wait for a count.
pub(crate) const TWO_WAIT: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let wg = WaitGroup::new();
        wg.add(1);
        window(|| {
            let waits = rt.go({
                let wg = wg.clone();
                move || wg.wait()
            });
            let other = spawn({
                let wg = wg.clone();
                move || wg.wait()
            });
            wg.done();
            other.join();
            waits.join().expect("it returns");
        });
        end(rt, 0);
        String::from("both went on")
    },
    outcomes: &["both went on"],
};

/// The main goroutine waits for another by a count; what that wrote is seen.
pub(crate) const WAITGROUP: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let (stack, wg) = (OnStack::new(), WaitGroup::new());
            let mut count = Box::new(Count::new());
            window(|| {
                stack.touch();
                wg.add(1);
                let address = &raw mut *count as usize;
                drop(go({
                    let wg = wg.clone();
                    move || {
                        // SAFETY: main waits for us before it touches it again.
                        unsafe { (*(address as *mut Count)).add_one() };
                        wg.done();
                    }
                }));
                wg.wait();
                assert_eq!(stack.touch(), 2);
            });
            format!("main {}", count.add_one())
        })
    },
    outcomes: &["main 2"],
};

/// A goroutine waits for a change, which an ordinary thread makes.
pub(crate) const CONDVAR: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        window(|| {
            let waits = rt.go({
                let pair = pair.clone();
                move || pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).is_ok()
            });
            *pair.0.lock().unwrap() = true;
            pair.1.notify_one();
            waits.join().expect("it returns");
        });
        end(rt, 0);
        String::from("it was notified")
    },
    outcomes: &["it was notified"],
};

/// An ordinary thread writes, and a goroutine reads.
pub(crate) const RWLOCK: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let lock = Arc::new(RwLock::new(Count::new()));
        let seen = window(|| {
            let reads = rt.go({
                let lock = lock.clone();
                move || lock.read().unwrap().get()
            });
            let mut count = lock.write().unwrap();
            count.add_one();
            count.add_one();
            drop(count);
            reads.join().expect("it returns")
        });
        end(rt, 0);
        format!("it reads {seen}")
    },
    outcomes: &["it reads 0", "it reads 2"],
};

/// An ordinary thread and a goroutine call a function that runs once.
pub(crate) const ONCE: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let once = Arc::new((Once::new(), RwLock::new(Count::new())));
        let seen = window(|| {
            let call = |once: Arc<(Once, RwLock<Count>)>| {
                move || {
                    once.0.call_once(|| {
                        once.1.try_write().expect("it runs once").add_one();
                    });
                }
            };
            let calls = rt.go(call(once.clone()));
            call(once.clone())();
            calls.join().expect("it returns");
            once.1.try_read().expect("it is over").get()
        });
        end(rt, 0);
        format!("it ran {seen} times")
    },
    outcomes: &["it ran 1 times"],
};
