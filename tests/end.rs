//! After the end of a runtime nothing of it takes part in anything, and whoever waits for one of its
//! goroutines is told.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{bounded, unbounded};
use gosched::sync::{Mutex, WaitGroup};
use gosched::{Runtime, RuntimeEnded, blocking, go, lock_os_thread, stop_the_world, yield_now};
use harness::{in_child, message, message_of, runtime, settle, waits};

#[test]
fn a_mutex_goes_to_the_next_that_lives() {
    let mutex = Arc::new(Mutex::new(0));
    let guard = mutex.lock().unwrap();
    let its = mutex.clone();
    let rt = waits(move || *its.lock().unwrap() += 1);
    let its = mutex.clone();
    let thread = thread::spawn(move || *its.lock().unwrap() += 10);
    settle();
    drop(rt);
    drop(guard);
    thread.join().unwrap();
    assert_eq!(*mutex.lock().unwrap(), 10);
}

/// The wake-up and the end come at any distance: the mutex is never left to one that is gone.
#[test]
fn a_mutex_that_is_freed_while_a_runtime_ends_is_not_lost() {
    for i in 0..200 {
        let mutex = Arc::new(Mutex::new(()));
        let guard = mutex.lock().unwrap();
        let rt = runtime(1);
        let n = 3;
        for _ in 0..n {
            let its = mutex.clone();
            rt.go(move || drop(its.lock()));
        }
        thread::sleep(Duration::from_micros(50));
        let its = mutex.clone();
        let thread = thread::spawn(move || drop(its.lock()));
        let ends = thread::spawn(move || drop(rt));
        for _ in 0..i {
            std::hint::spin_loop();
        }
        drop(guard);
        ends.join().unwrap();
        thread.join().unwrap();
        // One that had it may have been left with it: only at a call that waits, and there is none.
        drop(mutex.lock());
    }
}

#[test]
fn a_value_goes_to_the_next_receiver_that_lives() {
    let (tx, rx) = bounded(0);
    let its = rx.clone();
    let rt = waits(move || {
        let _ = its.recv();
    });
    let its = rx.clone();
    let thread = thread::spawn(move || its.recv());
    settle();
    drop(rt);
    assert_eq!(tx.send(7), Ok(()));
    assert_eq!(thread.join().unwrap(), Ok(7));
    assert!(tx.try_send(8).is_err(), "nobody is there");
    drop(rx);
}

#[test]
fn a_sender_that_is_gone_sends_nothing() {
    let (tx, rx) = bounded(0);
    let rt = waits({
        let tx = tx.clone();
        move || {
            let _ = tx.send(1);
        }
    });
    drop(rt);
    assert!(rx.try_recv().is_err());
    let thread = thread::spawn(move || tx.send(2));
    assert_eq!(rx.recv(), Ok(2));
    thread.join().unwrap().unwrap();
}

#[test]
fn who_waits_for_a_wait_group_goes_on_beside_one_that_is_gone() {
    let group = WaitGroup::new();
    group.add(1);
    let its = group.clone();
    let rt = waits(move || its.wait());
    let its = group.clone();
    let thread = thread::spawn(move || its.wait());
    settle();
    drop(rt);
    group.done();
    thread.join().unwrap();
}

/// A goroutine of a runtime that ends waits to stop another: the right is not left to it.
#[test]
fn the_right_to_stop_a_world_is_not_lost() {
    let world = Arc::new(runtime(1));
    let (tx, rx) = bounded::<()>(0);
    let holds = world.clone();
    let holder = thread::spawn(move || {
        holds.stop_the_world(|_| {
            drop(tx);
            settle();
            settle();
        });
    });
    assert!(rx.recv().is_err());
    let its = world.clone();
    let rt = waits(move || its.stop_the_world(|_| ()));
    drop(rt);
    holder.join().unwrap();
    assert_eq!(world.stop_the_world(|world| world.num_goroutines()), 0);
}

#[test]
fn who_joins_a_goroutine_that_is_gone_is_told() {
    let rt = runtime(1);
    let waits = rt.go(|| {
        let (_tx, rx) = bounded::<u8>(0);
        let _ = rx.recv();
    });
    let late = rt.go(|| {
        let (_tx, rx) = bounded::<u8>(0);
        let _ = rx.recv();
    });
    settle();
    let other = runtime(1);
    let in_another = other.go(move || waits.join().unwrap_err().is::<RuntimeEnded>());
    settle();
    drop(rt);
    assert!(in_another.join().unwrap());
    let error = late.join().unwrap_err();
    let error = error.downcast_ref::<RuntimeEnded>().unwrap();
    assert_eq!(error.to_string(), "the runtime ended before the goroutine did");
}

#[test]
fn a_goroutine_that_ends_while_its_runtime_does_leaves_its_result() {
    let rt = runtime(1);
    let end = Arc::new(AtomicBool::new(false));
    let is_ended = end.clone();
    let handle = rt.go(move || {
        while !is_ended.load(SeqCst) {}
        5
    });
    settle();
    let ends = thread::spawn(move || drop(rt));
    settle();
    end.store(true, SeqCst);
    ends.join().unwrap();
    assert_eq!(handle.join().unwrap(), 5);
}

/// Those that call this crate without pause, and may wait there, end with their runtime.
#[test]
fn an_end_needs_no_pause() {
    let loops: [fn(); 8] = [
        || {
            let mutex = Mutex::new(0);
            loop {
                *mutex.lock().unwrap() += 1;
            }
        },
        || {
            let (tx, rx) = unbounded();
            loop {
                tx.send(1).unwrap();
                rx.recv().unwrap();
            }
        },
        || loop {
            blocking(|| ());
        },
        || loop {
            drop(lock_os_thread());
        },
        || loop {
            yield_now();
        },
        || loop {
            go(|| ());
        },
        || loop {
            stop_the_world(|_| ());
        },
        || loop {
            let group = WaitGroup::new();
            group.wait();
        },
    ];
    for (i, one) in loops.into_iter().enumerate() {
        let rt = runtime(2);
        rt.go(one);
        settle();
        let start = Instant::now();
        drop(rt);
        assert!(start.elapsed() < Duration::from_secs(5), "{i}: {:?}", start.elapsed());
    }
}

#[test]
fn an_end_can_be_told_how_long_to_wait() {
    let rt = runtime(2);
    let end = Arc::new(AtomicBool::new(false));
    let is_ended = end.clone();
    let hog = rt.go(move || while !is_ended.load(SeqCst) {});
    let is_ended = end.clone();
    let then_waits = rt.go(move || {
        while !is_ended.load(SeqCst) {}
        yield_now();
    });
    settle();
    let start = Instant::now();
    rt.shutdown_timeout(Duration::from_millis(50));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(50) && took < Duration::from_secs(5), "{took:?}");
    end.store(true, SeqCst);
    assert!(hog.join().is_ok(), "it came to its end");
    assert!(then_waits.join().unwrap_err().is::<RuntimeEnded>());
    let rt = runtime(1);
    rt.go(|| thread::sleep(Duration::from_millis(300)));
    settle();
    let start = Instant::now();
    rt.shutdown_background();
    assert!(start.elapsed() < Duration::from_millis(250), "{:?}", start.elapsed());
}

/// A goroutine that computes in a world that it has stopped does not hold up an end that has no time.
#[test]
fn an_end_without_time_leaves_a_stopped_world_behind() {
    let rt = runtime(2);
    let end = Arc::new(AtomicBool::new(false));
    let is_ended = end.clone();
    let stopper = rt.go(move || stop_the_world(|_| while !is_ended.load(SeqCst) {}));
    settle();
    rt.shutdown_background();
    end.store(true, SeqCst);
    // It may still come to its end, which is no call that waits.
    let _ = stopper.join();
}

#[test]
fn an_end_that_lasts_says_whom_it_waits_for() {
    let child = in_child("an_end_that_lasts_says_whom_it_waits_for", || {
        let rt = runtime(2);
        let end = Arc::new(AtomicBool::new(false));
        let is_ended = end.clone();
        rt.go(move || while !is_ended.load(SeqCst) {});
        rt.go(|| thread::sleep(Duration::from_millis(1_700)));
        settle();
        let ends = thread::spawn(move || drop(rt));
        thread::sleep(Duration::from_millis(1_500));
        end.store(true, SeqCst);
        ends.join().unwrap();
    });
    child.succeeds();
    let text = &child.stderr;
    assert_eq!(text.matches("the runtime is shutting down and waits").count(), 1, "{text}");
    assert!(text.contains("computes; started at tests/end.rs:"), "{text}");
    assert!(text.contains("blocks its thread; started at tests/end.rs:"), "{text}");
}

/// A panic in the drop of a runtime frees nothing that its threads use.
#[test]
fn a_runtime_that_cannot_end_here_goes_on() {
    let (a, b) = (runtime(1), runtime(1));
    let (tx, rx) = bounded(0);
    let lives = b.go(move || rx.iter().count());
    let text = message_of(|| a.stop_the_world(move |_| drop(b)));
    assert!(
        text.starts_with("gosched: a runtime was dropped while the world is stopped"),
        "{text}"
    );
    (0..3).for_each(|i| tx.send(i).unwrap());
    drop(tx);
    assert_eq!(lives.join().unwrap(), 3);
    // While another panic goes on there is no second one, which would abort.
    let (a, b) = (runtime(1), runtime(1));
    let text = message_of(|| {
        a.stop_the_world(move |_| {
            let _b = b;
            panic!("first");
        })
    });
    assert_eq!(text, "first");
}

thread_local! {
    static LAST: RefCell<Option<Arc<gosched::Runtime>>> = const { RefCell::new(None) };
}

/// The last handle goes with the thread-locals of one of the runtime's own threads.
#[test]
fn a_runtime_dropped_by_its_own_dying_thread_says_so_and_goes_on() {
    let child = in_child("a_runtime_dropped_by_its_own_dying_thread_says_so_and_goes_on", || {
        let rt = Arc::new(runtime(2));
        let its = rt.clone();
        let (give, take) = bounded::<()>(0);
        rt.go(move || {
            let _kept = std::mem::ManuallyDrop::new(lock_os_thread());
            let _ = take.recv();
            LAST.with(|last| *last.borrow_mut() = Some(its));
        });
        let (tx, rx) = bounded(0);
        let lives = rt.go(move || rx.iter().count());
        drop(rt);
        drop(give);
        thread::sleep(Duration::from_millis(100));
        tx.send(1).unwrap();
        drop(tx);
        assert_eq!(lives.join().unwrap(), 1);
    });
    child.succeeds();
    let said = child.stderr.matches("dropped on one of its own threads").count();
    assert_eq!(said, 1, "{}", child.stderr);
}

struct Waits(gosched::chan::Receiver<()>, Arc<AtomicU32>);

impl Drop for Waits {
    fn drop(&mut self) {
        let _ = self.0.recv();
        self.1.fetch_add(1, SeqCst);
    }
}

/// A goroutine that waits while it unwinds sleeps with its thread: that ends too.
#[test]
fn one_that_waits_while_it_unwinds_does_not_hold_up_the_end() {
    let (_tx, rx) = bounded::<()>(0);
    let woken = Arc::new(AtomicU32::new(0));
    let rt = runtime(1);
    let its = Waits(rx, woken.clone());
    let handle = rt.go(move || {
        let _its = its;
        std::panic::resume_unwind(Box::new("unwinds"));
    });
    settle();
    drop(rt);
    assert_eq!(woken.load(SeqCst), 0, "it goes on for nobody");
    assert!(handle.join().unwrap_err().is::<RuntimeEnded>());
}

thread_local! {
    static GUARD: RefCell<Option<gosched::OsThreadGuard>> = const { RefCell::new(None) };
    static PAUSE: RefCell<Option<gosched::Pause<'static>>> = const { RefCell::new(None) };
}

/// A guard that outlives its goroutine acts on nobody else.
#[test]
fn a_guard_that_is_dropped_late_does_nothing() {
    let rt = runtime(2);
    let keeps = || GUARD.with(|guard| *guard.borrow_mut() = Some(lock_os_thread()));
    rt.go(keeps).join().unwrap();
    settle();
    let moved = rt.run(|| {
        let one = || {
            let _guard = lock_os_thread();
            let thread = thread::current().id();
            (0..200)
                .filter(|_| {
                    yield_now();
                    thread::current().id() != thread
                })
                .count()
        };
        let all: Vec<_> = (0..8).map(|_| go(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum::<usize>()
    });
    assert_eq!(moved, 0);
}

#[test]
fn a_pause_that_outlives_its_goroutine_ends_and_marks_nobody() {
    let rt = runtime(1);
    rt.go(|| PAUSE.with(|pause| *pause.borrow_mut() = Some(gosched::pause()))).join().unwrap();
    // The next goroutine, on the same stack, is none that has paused the others.
    let handle = rt.go(|| 5);
    settle();
    assert!(!handle.is_finished());
    rt.shutdown_timeout(Duration::from_secs(5));
    assert!(handle.join().unwrap_err().is::<RuntimeEnded>());
}

/// Starts a goroutine that nobody will join: it begins when its handle is gone. A handle that goes later drops the
/// result itself.
fn go_alone<T: Send + 'static>(rt: &Runtime, f: impl FnOnce() -> T + Send + 'static) {
    let (there, gone) = bounded::<()>(0);
    drop(rt.go(move || {
        let _ = gone.recv();
        f()
    }));
    drop(there);
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a result that nobody wants");
    }
}

#[test]
fn a_result_that_panics_when_nobody_takes_it_is_told() {
    let child = in_child("a_result_that_panics_when_nobody_takes_it_is_told", || {
        let rt = runtime(1);
        go_alone(&rt, || PanicsWhenDropped);
        go_alone(&rt, || std::panic::panic_any(PanicsWhenDropped));
        assert_eq!(rt.run(|| 3), 3);
        while rt.num_goroutines() != 0 {
            thread::yield_now();
        }
        drop(rt); // waits for the destructors
    });
    child.succeeds();
    let said = child.stderr.matches("gosched: the result of a goroutine").count();
    assert_eq!(said, 2, "{}", child.stderr);
}

#[test]
fn the_count_of_goroutines_is_exact_after_a_join() {
    let rt = runtime(2);
    for _ in 0..500 {
        rt.go(|| ()).join().unwrap();
        assert_eq!(rt.num_goroutines(), 0);
    }
    let end = catch_unwind(AssertUnwindSafe(|| rt.run(|| panic!("one"))));
    assert_eq!(message(&*end.unwrap_err()), "one");
    assert_eq!(rt.num_goroutines(), 0);
}

/// A goroutine is counted out before the destructor of its result runs, which may wait for ever.
#[test]
fn a_runtime_is_there_as_long_as_a_result_waits_in_its_destructor() {
    for _ in 0..20 {
        let (tx, rx) = bounded::<()>(0);
        let woken = Arc::new(AtomicU32::new(0));
        let result = Waits(rx.clone(), woken.clone());
        let rt = runtime(1);
        go_alone(&rt, move || result);
        thread::sleep(Duration::from_millis(2));
        drop(rt);
        let living = thread::spawn(move || rx.recv());
        tx.send(()).unwrap();
        assert_eq!(living.join().unwrap(), Ok(()), "it goes to the one that lives");
        assert_eq!(woken.load(SeqCst), 0);
    }
}

/// Whoever was given the right to stop the world may never run: no thread is left for it.
#[test]
fn an_end_does_not_wait_for_a_goroutine_that_no_thread_can_run() {
    let name = "an_end_does_not_wait_for_a_goroutine_that_no_thread_can_run";
    let child = in_child(name, || {
        harness::bound_time(30);
        let rt = harness::start(gosched::Runtime::builder().procs(2).max_threads(2));
        for _ in 0..6 {
            rt.go(|| {
                loop {
                    gosched::set_procs(2);
                }
            });
        }
        settle();
        let (_tx, rx) = unbounded::<()>();
        for _ in 0..2 {
            let rx = rx.clone();
            rt.go(move || {
                let _guard = lock_os_thread();
                let _ = rx.recv();
            });
        }
        thread::sleep(Duration::from_millis(100));
        let start = Instant::now();
        rt.shutdown_timeout(Duration::from_millis(100));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    });
    child.succeeds();
}

struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::resume_unwind(Box::new(Bomb(self.0 - 1)));
        }
    }
}

#[test]
fn a_payload_whose_payload_panics_when_dropped_ends_nothing_else() {
    let rt = runtime(1);
    go_alone(&rt, || std::panic::resume_unwind(Box::new(Bomb(3))));
    go_alone(&rt, || Bomb(3));
    assert_eq!(rt.run(|| 7), 7);
}

/// One whose processor was taken needs none to leave its result.
#[test]
fn who_has_computed_to_its_end_leaves_its_result_though_the_runtime_ends() {
    let rt = harness::start(gosched::Runtime::builder().procs(1).quantum(Duration::from_millis(1)));
    let all: Vec<_> = (0..8)
        .map(|i| {
            let has_run = Arc::new(AtomicBool::new(false));
            let ran = has_run.clone();
            let handle = rt.go(move || {
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(3 + i) {}
                ran.store(true, SeqCst);
                i
            });
            (has_run, handle)
        })
        .collect();
    thread::sleep(Duration::from_millis(15));
    drop(rt);
    for (has_run, handle) in all {
        let result = handle.join();
        assert!(result.is_ok() || !has_run.load(SeqCst));
    }
}

#[test]
fn a_run_that_is_refused_in_a_stopped_world_keeps_nothing() {
    let rt = runtime(1);
    let held = Arc::new(());
    let its = held.clone();
    message_of(|| rt.stop_the_world(|_| rt.run(move || its)));
    let start = Instant::now();
    while Arc::strong_count(&held) != 1 {
        assert!(start.elapsed() < Duration::from_secs(10), "the result is kept");
        thread::yield_now();
    }
}
