//! Stopping the world, and changing the number of processors.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::mem_forget,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{self, bounded};
use gosched::sync::{Mutex, WaitGroup};
use gosched::{JoinHandle, blocking, go, lock_os_thread, stop_the_world, yield_now};
use harness::{message_of, runtime};

const TWICE: &str = "gosched: the world is stopped here already; \
    move this call out of the closure of stop_the_world";
const WAITS: &str = "gosched: a wait while the world is stopped would never end; \
    move it out of the closure of stop_the_world";

/// Go's `TestStopTheWorldDeadlock`: two that stop the world all the time, beside one that spawns all
/// the time.
#[test]
fn stopping_the_world_does_not_deadlock() {
    let rt = runtime(3);
    rt.run(|| {
        let (done, ended) = chan::bounded(0);
        let is_over = Arc::new(AtomicBool::new(false));
        let spawner = go({
            let is_over = is_over.clone();
            move || {
                while !is_over.load(Relaxed) {
                    go(yield_now).join().unwrap();
                }
            }
        });
        for kind in 0..2 {
            let done = done.clone();
            go(move || {
                for i in 0..1000 {
                    if kind == 0 {
                        gosched::stop_the_world(|world| assert!(world.num_goroutines() > 0));
                    } else {
                        gosched::set_procs(1 + i % 3);
                    }
                }
                done.send(()).unwrap();
            });
        }
        ended.recv().unwrap();
        ended.recv().unwrap();
        is_over.store(true, Relaxed);
        spawner.join().unwrap();
    });
}

/// Go's `TestPreemptionGC`: the world stops though goroutines spin, and they go on.
#[test]
fn the_world_stops_while_goroutines_compute_without_end() {
    let rt = runtime(6);
    let over = Arc::new(AtomicBool::new(false));
    let spins = |_| {
        let over = over.clone();
        rt.go(move || {
            while !over.load(SeqCst) {
                spin_loop();
            }
        })
    };
    let spinners: Vec<_> = (0..5).map(spins).collect();
    for _ in 0..10 {
        rt.run(|| stop_the_world(|world| assert_eq!(world.procs(), 6)));
    }
    over.store(true, SeqCst);
    spinners.into_iter().for_each(|one| one.join().unwrap());
}

/// Go's `TestPreemptionAfterSyscall`: stops among goroutines that block shortly again and again.
#[test]
fn the_world_stops_soon_while_goroutines_block_shortly() {
    for micros in [10, 100, 1000] {
        let rt = runtime(2);
        let over = Arc::new(AtomicBool::new(false));
        let blocks = |i| {
            let over = over.clone();
            rt.go(move || {
                while !over.load(SeqCst) {
                    let sleep = || thread::sleep(Duration::from_micros(micros));
                    if i % 2 == 0 {
                        blocking(sleep)
                    } else {
                        sleep()
                    }
                    if i % 4 < 2 {
                        yield_now();
                    }
                }
            })
        };
        let blockers: Vec<_> = (0..8).map(blocks).collect();
        for _ in 0..10 {
            let stopping = rt.run(|| stop_the_world(|world| world.stopping()));
            assert!(stopping < Duration::from_secs(5), "{stopping:?} at {micros} us");
        }
        over.store(true, SeqCst);
        blockers.into_iter().for_each(|one| one.join().unwrap());
    }
}

/// Go's `TestNumGoroutine`.
#[test]
fn the_count_of_goroutines_is_that_of_the_stopped_world() {
    let rt = runtime(3);
    let (tx, rx) = bounded::<()>(0);
    let waiters: Vec<_> = (0..20)
        .map(|_| {
            let rx = rx.clone();
            rt.go(move || rx.recv())
        })
        .collect();
    rt.run(|| {
        (0..100).map(|_| go(yield_now)).for_each(|one| one.join().unwrap());
        // Those that have been joined may still be on their way out.
        let counts = || {
            yield_now();
            (gosched::num_goroutines(), stop_the_world(|world| world.num_goroutines()))
        };
        let until = Instant::now() + Duration::from_secs(10);
        while counts() != (21, 21) {
            assert!(Instant::now() < until, "{:?}", counts());
        }
    });
    drop(tx);
    waiters.into_iter().for_each(|one| assert!(one.join().unwrap().is_err()));
}

/// Go's `TestMexitSTW`: threads that end whenever the world is being stopped.
#[test]
fn threads_end_while_the_world_stops() {
    let rt = runtime(4);
    let over = Arc::new(AtomicBool::new(false));
    let seen = over.clone();
    let stopper = rt.go(move || {
        while !seen.load(SeqCst) {
            stop_the_world(|_| ());
        }
    });
    let ends = || rt.go(|| std::mem::forget(lock_os_thread()));
    for _ in 0..100 {
        let all = [(); 3].map(|()| ends());
        rt.stop_the_world(|_| ());
        all.into_iter().for_each(|one| one.join().unwrap());
    }
    over.store(true, SeqCst);
    stopper.join().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while rt.stats().threads > 8 {
        assert!(Instant::now() < until, "{:?}", rt.stats());
        thread::sleep(Duration::from_millis(1));
    }
}

/// A number without any lock: whoever stops the world is alone.
struct Alone(UnsafeCell<u64>);

// SAFETY: used in a stopped world only.
unsafe impl Sync for Alone {}

#[test]
fn goroutines_and_threads_that_stop_the_world_take_turns() {
    let rt = runtime(3);
    let count = Arc::new(Alone(UnsafeCell::new(0)));
    let add = |count: &Alone| {
        // SAFETY: nobody else has stopped the world.
        let now = unsafe { count.0.get().read_volatile() };
        // SAFETY: as above.
        unsafe { count.0.get().write_volatile(now + 1) };
    };
    let goroutine = |_| {
        let count = count.clone();
        rt.go(move || (0..100).for_each(|_| stop_the_world(|_| add(&count))))
    };
    let goroutines: Vec<_> = (0..4).map(goroutine).collect();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| rt.stop_the_world(|_| add(&count))));
        }
    });
    goroutines.into_iter().for_each(|one| one.join().unwrap());
    rt.stop_the_world(|_| {
        // SAFETY: as above.
        assert_eq!(unsafe { count.0.get().read() }, 800);
    });
}

#[test]
fn a_locked_goroutine_stops_the_world() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let _guard = lock_os_thread();
            let others: Vec<_> = (0..3).map(|i| go(move || i)).collect();
            for _ in 0..100 {
                assert!(stop_the_world(|world| world.num_goroutines()) > 0);
                assert!(gosched::set_procs(2) > 0);
                yield_now();
            }
            assert_eq!(others.into_iter().map(|one| one.join().unwrap()).sum::<i32>(), 3);
        });
    }
}

#[test]
fn goroutines_started_and_woken_in_a_stopped_world_run_afterwards() {
    for procs in [1, 2] {
        let rt = Arc::new(runtime(procs));
        let (tx, rx) = bounded(3);
        let waiter = rt.go(move || rx.iter().take(3).sum::<u32>());
        rt.run(yield_now);
        let started = rt.stop_the_world(|_| {
            (1..=3).for_each(|i| tx.send(i).unwrap());
            let started = rt.go(|| 7);
            thread::sleep(Duration::from_millis(5));
            assert!(!started.is_finished() && !waiter.is_finished());
            started
        });
        assert_eq!((started.join().unwrap(), waiter.join().unwrap()), (7, 6));
        rt.run(|| {
            let (tx, rx) = bounded(1);
            let waiter = go(move || rx.recv().unwrap());
            yield_now();
            let started = stop_the_world(|_| {
                tx.send(5).unwrap();
                go(|| 8)
            });
            assert_eq!((started.join().unwrap(), waiter.join().unwrap()), (8, 5));
        });
    }
}

/// What panics with which sentence in a stopped world, on a thread as in a goroutine.
fn waits_in_a_stopped_world(stop: &dyn Fn(&mut dyn FnMut()), one: JoinHandle<()>) {
    let (tx, rx) = bounded::<u32>(0);
    let refused = |f: &mut dyn FnMut()| {
        let mut text = String::new();
        stop(&mut || text = message_of(&mut *f));
        text
    };
    assert_eq!(refused(&mut || stop(&mut || ())), TWICE);
    let another = runtime(1);
    assert_eq!(refused(&mut || another.release_memory()), TWICE);
    assert_eq!(refused(&mut || another.stop_the_world(|_| ())), TWICE);
    assert_eq!(refused(&mut || assert!(rx.recv().is_ok())), WAITS);
    assert_eq!(refused(&mut || tx.send(1).unwrap()), WAITS);
    let mutex = Mutex::new(());
    let guard = mutex.lock().unwrap();
    assert_eq!(refused(&mut || drop(mutex.lock())), WAITS);
    drop(guard);
    let wg = WaitGroup::new();
    wg.add(1);
    assert_eq!(refused(&mut || wg.wait()), WAITS);
    let mut one = Some(one);
    assert_eq!(refused(&mut || one.take().unwrap().join().unwrap()), WAITS);
    // The panic ends the stop as well.
    assert_eq!(message_of(|| stop(&mut || panic!("in the stopped world"))), "in the stopped world");
    assert_eq!(message_of(|| stop(&mut || assert!(rx.recv().is_ok()))), WAITS);
    // What does not wait works.
    stop(&mut || {
        assert!(rx.try_recv().is_err() && tx.try_send(1).is_err() && mutex.try_lock().is_ok());
    });
}

#[test]
fn a_wait_or_a_stop_in_a_stopped_world_says_so_and_the_world_goes_on() {
    for procs in [1, 2] {
        let rt = Arc::new(runtime(procs));
        let over = Arc::new(AtomicBool::new(false));
        let runs = || {
            let over = over.clone();
            rt.go(move || {
                while !over.load(SeqCst) {
                    yield_now();
                }
            })
        };
        waits_in_a_stopped_world(&|f| rt.stop_the_world(|_| f()), runs());
        let text = message_of(|| rt.stop_the_world(|_| rt.set_procs(2)));
        assert_eq!(text, TWICE);
        let text = message_of(|| rt.stop_the_world(|_| rt.run(|| 1)));
        assert_eq!(text, WAITS);
        for locks in [false, true] {
            let one = runs();
            rt.run(move || {
                let _guard = locks.then(lock_os_thread);
                waits_in_a_stopped_world(&|f| stop_the_world(|_| f()), one);
                assert_eq!(message_of(|| stop_the_world(|_| gosched::set_procs(2))), TWICE);
                assert_eq!(message_of(|| stop_the_world(|_| yield_now())), WAITS);
                assert_eq!(stop_the_world(|_| blocking(|| 6)), 6);
                yield_now();
            });
        }
        assert_eq!(rt.run(|| go(|| 3).join().unwrap()), 3);
        over.store(true, SeqCst);
    }
}

#[test]
fn the_number_of_processors_changes_under_load_and_nothing_is_lost() {
    let rt = runtime(1);
    let (tx, rx) = bounded(4);
    let senders: Vec<_> = (0..8)
        .map(|_| {
            let tx = tx.clone();
            rt.go(move || (0..500).for_each(|i| tx.send(go(move || i).join().unwrap()).unwrap()))
        })
        .collect();
    drop(tx);
    let sum = rt.go(move || rx.iter().sum::<u64>());
    let mut now = 1;
    let mut i = 0;
    while !sum.is_finished() {
        let next = [8, 1, 3, 2, 64, 5][i % 6];
        assert_eq!(rt.set_procs(next), now);
        assert_eq!(rt.run(gosched::procs), next);
        now = next;
        i += 1;
    }
    senders.into_iter().for_each(|one| one.join().unwrap());
    assert_eq!(sum.join().unwrap(), 8 * 124_750);
}

#[test]
fn impossible_numbers_of_processors_are_refused_and_nothing_changes() {
    let rt = runtime(2);
    let none = "gosched: a runtime needs at least one processor: set_procs(0)";
    let many =
        format!("gosched: a runtime has at most 32767 processors: set_procs({})", usize::MAX);
    assert_eq!(message_of(|| rt.set_procs(0)), none);
    assert_eq!(message_of(|| rt.set_procs(usize::MAX)), many);
    rt.run(move || {
        assert_eq!(message_of(|| gosched::set_procs(0)), none);
        assert_eq!(message_of(|| gosched::set_procs(usize::MAX)), many);
        let text = message_of(|| gosched::set_procs(32_768));
        assert_eq!(text, "gosched: a runtime has at most 32767 processors: set_procs(32768)");
    });
    assert_eq!(rt.procs(), 2);
    let outside = message_of(|| gosched::set_procs(1));
    assert!(outside.starts_with("gosched: set_procs was called outside a goroutine"), "{outside}");
    let outside = message_of(|| stop_the_world(|_| ()));
    assert!(outside.starts_with("gosched: stop_the_world was called outside a"), "{outside}");
}

/// Go's `TestBigGOMAXPROCS`.
#[test]
fn there_may_be_a_thousand_processors_from_the_start_or_later() {
    for (from, to) in [(1024, 1), (1, 1024)] {
        let rt = runtime(from);
        for procs in [from, to, from] {
            rt.set_procs(procs);
            let sum: u32 = rt.run(move || {
                let all: Vec<_> = (0..2000).map(|i| go(move || i)).collect();
                all.into_iter().map(|one| one.join().unwrap()).sum()
            });
            assert_eq!(sum, 1_999_000);
            assert_eq!(rt.stop_the_world(|world| world.procs()), procs);
        }
    }
}

#[test]
fn a_runtime_that_is_dropped_waits_for_who_has_stopped_its_world() {
    for locks in [false, true] {
        let rt = runtime(2);
        let (tell, told) = std::sync::mpsc::channel();
        let ended = Arc::new(AtomicU64::new(0));
        let end = ended.clone();
        rt.go(move || {
            let _guard = locks.then(lock_os_thread);
            stop_the_world(|_| {
                tell.send(()).unwrap();
                thread::sleep(Duration::from_millis(50));
                end.store(1, SeqCst);
            });
            loop {
                stop_the_world(|_| ());
            }
        });
        told.recv().unwrap();
        drop(rt);
        assert_eq!(ended.load(SeqCst), 1);
    }
}

#[test]
fn a_goroutine_that_has_stopped_another_world_and_waits_in_its_own_harms_no_thread() {
    let (a, b) = (runtime(4), Arc::new(runtime(2)));
    let over = Arc::new(AtomicBool::new(false));
    let noise = |_| {
        let over = over.clone();
        a.go(move || {
            while !over.load(SeqCst) {
                go(|| stop_the_world(|_| ())).join().unwrap();
            }
        })
    };
    let noise: Vec<_> = (0..4).map(noise).collect();
    for _ in 0..50 {
        let b = b.clone();
        // It is told that it must not wait, or comes through; the next on its thread is not told.
        let waits = || (0..50).for_each(|_| go(yield_now).join().unwrap());
        a.run(move || b.stop_the_world(|_| drop(std::panic::catch_unwind(waits))));
    }
    over.store(true, SeqCst);
    noise.into_iter().for_each(|one| one.join().unwrap());
}
