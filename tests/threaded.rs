//! A runtime in which each goroutine has a thread of its own: whatever a thread may do is right there.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::{
    Builder, Runtime, RuntimeEnded, blocking, go, lock_os_thread, stop_the_world, yield_now,
};
use harness::{in_child, message, until};

fn threaded(builder: Builder) -> Runtime {
    harness::bound_this_file();
    builder.start_threaded().unwrap()
}

fn with_procs(procs: usize) -> Runtime {
    threaded(Runtime::builder().procs(procs))
}

#[inline(never)]
fn this_thread() -> ThreadId {
    thread::current().id()
}

#[test]
fn a_goroutine_waits_in_every_way_and_stays_on_its_thread() {
    for procs in [1, 3] {
        with_procs(procs).run(|| {
            let one = |i: u64| {
                go(move || {
                    let first = this_thread();
                    let (tx, rx) = bounded(0);
                    for n in 0..20 {
                        let tx = tx.clone();
                        let child = go(move || {
                            tx.send(i + n).unwrap();
                            this_thread()
                        });
                        yield_now();
                        assert_eq!(rx.recv(), Ok(i + n));
                        assert_ne!(child.join().unwrap(), first);
                        blocking(|| thread::sleep(Duration::from_micros(20)));
                        stop_the_world(|_| ());
                        drop(lock_os_thread()); // it stays locked all the same
                        yield_now();
                        assert_eq!(this_thread(), first);
                    }
                })
            };
            let all: Vec<_> = (0..8).map(one).collect();
            all.into_iter().for_each(|one| one.join().unwrap());
        });
    }
}

#[test]
fn no_two_goroutines_ever_have_the_same_thread() {
    let rt = with_procs(2);
    let threads: Vec<_> = rt.run(|| {
        let all: Vec<_> = (0..500).map(|_| go(this_thread)).collect();
        let mut threads: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        threads.push(this_thread());
        threads
    });
    let distinct: HashSet<_> = threads.iter().collect();
    assert_eq!(distinct.len(), threads.len());
}

thread_local! {
    static CELL: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static RC: Rc<Cell<u64>> = Rc::new(Cell::new(0));
    static GENERATOR: Rc<Cell<u64>> = Rc::new(Cell::new(seed()));
}

fn seed() -> u64 {
    static SEEDS: AtomicUsize = AtomicUsize::new(0);
    SEEDS.fetch_add(1, SeqCst) as u64
}

/// The next number of a thread's generator (splitmix64).
fn next(state: &Cell<u64>) -> u64 {
    let z = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    state.set(z);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[test]
fn a_borrow_of_a_thread_local_is_kept_over_waits() {
    with_procs(2).run(|| {
        let one = |i: u64| {
            go(move || {
                CELL.with(|cell| {
                    let mut mine = cell.borrow_mut();
                    for n in 0..50_u64 {
                        mine.push(i * 100 + n);
                        yield_now();
                    }
                    assert!(mine.iter().copied().eq((0..50_u64).map(|n| i * 100 + n)));
                });
                let rc = RC.with(Rc::clone);
                yield_now();
                assert_eq!(Rc::strong_count(&rc), 2);
                rc.set(rc.get() + 1);
                assert_eq!(RC.with(|rc| rc.get()), 1);
            })
        };
        let all: Vec<_> = (0..20).map(one).collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    });
}

#[test]
fn a_generator_of_random_numbers_that_belongs_to_the_thread_gives_no_number_twice() {
    let twice = with_procs(2).run(|| {
        let (tx, rx) = bounded(1);
        for _ in 0..8 {
            let tx = tx.clone();
            go(move || {
                let generator = GENERATOR.with(Rc::clone);
                (0..2_000).try_for_each(|_| tx.send(next(&generator)))
            });
        }
        drop(tx);
        let mut seen = HashSet::new();
        rx.iter().filter(|&number| !seen.insert(number)).count()
    });
    assert_eq!(twice, 0);
}

#[test]
fn std_guards_and_scoped_threads_may_be_kept_over_waits() {
    let rt = with_procs(2);
    rt.run(|| {
        let (tx, rx) = bounded(0);
        let shared = Arc::new(Mutex::new(0));
        let holder = go({
            let shared = shared.clone();
            move || {
                let mut guard = shared.lock().unwrap();
                *guard = rx.recv().unwrap();
                CELL.with(|cell| {
                    *cell.borrow_mut() = vec![7];
                });
                let mut local = 0;
                thread::scope(|scope| {
                    scope.spawn(|| local = *guard);
                    yield_now();
                });
                local
            }
        });
        tx.send(5).unwrap();
        assert_eq!(holder.join().unwrap(), 5);
        assert_eq!(*shared.lock().unwrap(), 5);
    });
}

/// Says on which thread it was dropped.
struct Tells(Arc<Mutex<Vec<ThreadId>>>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(this_thread());
    }
}

#[test]
fn what_a_goroutine_owned_is_dropped_on_its_thread() {
    let rt = with_procs(2);
    let told = Arc::new(Mutex::new(Vec::new()));
    let (captured, result) = (Tells(told.clone()), Tells(told.clone()));
    let (tx, rx) = bounded(1);
    let (go_on, goes_on) = bounded::<()>(0);
    drop(rt.go(move || {
        let _captured = captured;
        tx.send(this_thread()).unwrap();
        goes_on.recv().unwrap(); // until nobody is there to take its result
        result
    }));
    go_on.send(()).unwrap();
    let thread = rx.recv().unwrap();
    until("both are dropped", || told.lock().unwrap().len() == 2);
    assert_eq!(*told.lock().unwrap(), [thread, thread]);
}

#[test]
fn a_panic_ends_its_goroutine_alone() {
    let rt = with_procs(2);
    for i in 0..20 {
        let panic = rt
            .go(move || {
                CELL.with(|cell| {
                    let _kept = cell.borrow_mut();
                    yield_now();
                    panic!("number {i}")
                })
            })
            .join()
            .unwrap_err();
        assert_eq!(message(&*panic), format!("number {i}"));
        assert!(rt.run(|| CELL.with(|cell| cell.borrow().is_empty())));
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

/// Sends, from the destructor of a thread-local, on which thread that runs.
struct Late(gosched::chan::Sender<ThreadId>);

impl Drop for Late {
    fn drop(&mut self) {
        let _ = self.0.send(this_thread());
    }
}

#[test]
fn thread_locals_are_destroyed_with_each_goroutine_on_its_thread() {
    let rt = with_procs(2);
    let (tx, rx) = gosched::chan::unbounded();
    for _ in 0..50 {
        let tx = tx.clone();
        let thread = rt.go(move || {
            LATE.with(|late| {
                assert!(late.borrow().is_none(), "another goroutine was here");
                *late.borrow_mut() = Some(Late(tx));
            });
            yield_now();
            this_thread()
        });
        assert_eq!(rx.recv().unwrap(), thread.join().unwrap());
    }
}

thread_local! {
    static WAITS: RefCell<Option<Waits>> = const { RefCell::new(None) };
}

/// Waits for a message in the destructor of a thread-local.
struct Waits(gosched::chan::Receiver<()>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.recv().unwrap();
    }
}

#[test]
fn the_destructor_of_a_thread_local_may_wait_for_goroutines_that_need_threads() {
    let rt = with_procs(1);
    let (tx, rx) = bounded(0);
    for _ in 0..3 {
        let rx = rx.clone();
        rt.go(move || WAITS.with(|waits| *waits.borrow_mut() = Some(Waits(rx)))).join().unwrap();
    }
    for i in 0..20 {
        assert_eq!(rt.run(move || go(move || i).join().unwrap()), i);
    }
    (0..3).for_each(|_| {
        rt.run({
            let tx = tx.clone();
            move || tx.send(()).unwrap()
        })
    });
}

#[test]
fn more_goroutines_than_threads_are_allowed_take_turns() {
    let rt = threaded(Runtime::builder().procs(2).max_threads(8));
    let start = Instant::now();
    let sum: u64 = rt.run(|| {
        let one = |i| {
            go(move || {
                let first = this_thread();
                yield_now();
                if i % 10 == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
                assert_eq!(this_thread(), first);
                i
            })
        };
        let all: Vec<_> = (0..1_000).map(one).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(sum, 499_500);
    assert!(rt.stats().threads <= 8);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn a_limit_that_holds_goroutines_up_is_said_once_and_lifted_later() {
    let name = "a_limit_that_holds_goroutines_up_is_said_once_and_lifted_later";
    let child = in_child(name, || {
        let rt = threaded(Runtime::builder().procs(2).max_threads(3));
        let (tx, rx) = bounded::<u32>(0);
        let all: Vec<_> = (0..6)
            .map(|_| {
                let rx = rx.clone();
                rt.go(move || rx.recv().unwrap())
            })
            .collect();
        thread::sleep(Duration::from_secs(1));
        assert_eq!(rt.stats().threads, 3);
        rt.set_max_threads(10);
        (0..6).for_each(|i| tx.send(i).unwrap());
        let sum: u32 = all.into_iter().map(|one| one.join().unwrap()).sum();
        assert_eq!(sum, 15);
    });
    child.succeeds();
    let says = "gosched: goroutines wait for a thread, and Builder::max_threads allows no more than 3: \
                0 of these compute, 0 block in the kernel, and 3 wait with a goroutine that is locked \
                to its thread; they were started at tests/threaded.rs:";
    assert_eq!(child.stderr.matches(says).count(), 1, "{child:#?}");
    assert_eq!(child.stderr.matches("gosched: ").count(), 1, "{child:#?}");
}

/// What a scoped thread may still use when the goroutine that started it is never run again.
#[test]
fn what_a_goroutine_has_lent_of_its_thread_stays_when_the_runtime_ends() {
    thread_local! { static LENT: Mutex<Vec<u8>> = const { Mutex::new(Vec::new()) } }
    for procs in [1, 2] {
        let rt = with_procs(procs);
        let (tx, rx) = bounded::<()>(0);
        let (began, begins) = std::sync::mpsc::channel();
        let (ended, end) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        rt.go(move || {
            LENT.with(|lent| {
                lent.lock().unwrap().extend_from_slice(b"still there");
                thread::scope(|scope| {
                    scope.spawn(move || {
                        began.send(()).unwrap();
                        let _ = end.recv();
                        tell.send(lent.lock().unwrap().clone()).unwrap();
                    });
                    let _ = rx.recv();
                });
            });
        });
        begins.recv().unwrap();
        rt.run(yield_now);
        drop(rt);
        drop(ended);
        assert_eq!(told.recv().unwrap(), b"still there");
        drop(tx);
    }
}

#[test]
fn the_end_of_a_runtime_waits_for_goroutines_that_compute_and_leaves_those_that_wait() {
    for procs in [1, 3] {
        let rt = with_procs(procs);
        let (tx, rx) = bounded::<()>(0);
        let waiters: Vec<_> = (0..10)
            .map(|_| {
                let rx = rx.clone();
                rt.go(move || rx.recv())
            })
            .collect();
        let computed = Arc::new(AtomicUsize::new(0));
        let (began, begins) = std::sync::mpsc::channel();
        let seen = computed.clone();
        rt.go(move || {
            began.send(()).unwrap();
            thread::sleep(Duration::from_millis(50));
            seen.store(1, SeqCst);
        });
        begins.recv().unwrap();
        drop(rt);
        assert_eq!(computed.load(SeqCst), 1);
        for one in waiters {
            assert!(one.join().unwrap_err().is::<RuntimeEnded>());
        }
        drop(tx);
    }
}

#[test]
fn two_runtimes_of_each_kind_wake_each_others_goroutines() {
    let (threaded, shared) = (with_procs(2), harness::runtime(2));
    let (ping, pinged) = bounded(0);
    let (pong, ponged) = bounded(0);
    let one = threaded.go(move || {
        let first = this_thread();
        for i in 0..200 {
            ping.send(i).unwrap();
            assert_eq!(ponged.recv(), Ok(i + 1));
            assert_eq!(this_thread(), first);
        }
    });
    let other = shared.go(move || pinged.iter().try_for_each(|i: u32| pong.send(i + 1)));
    one.join().unwrap();
    other.join().unwrap().unwrap();
}
