//! Only a call that may wait is a switch point: every other one leaves a goroutine on its thread,
//! and waits for no processor, though the goroutine has lost its own.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, Select, Sender, after, at, bounded, never, select, tick, unbounded};
use gosched::sync::{
    Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard, Semaphore,
    WaitGroup,
};
use gosched::{JoinHandle, Runtime, go, lock_os_thread};
use harness::{message_of, runtime, start};

/// More often than a budget has operations.
const OFTEN: usize = 400;

fn thread() -> i32 {
    // SAFETY: asks for a number.
    unsafe { libc::gettid() }
}

/// How long one that computes keeps a processor that others wait for: so long takes a call that waits.
const QUANTUM: Duration = Duration::from_millis(500);

/// Runs `call` often in a goroutine that has lost the only processor to one that computes, and says
/// whether it stayed on its thread and waited for no processor meanwhile.
fn stays(call: impl Fn() + Send + 'static) -> bool {
    let rt = start(Runtime::builder().procs(1).quantum(QUANTUM));
    let (other_runs, is_done) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (runs, done) = (other_runs.clone(), is_done.clone());
    let one = rt.go(move || {
        go(move || {
            runs.store(true, SeqCst);
            while !done.load(SeqCst) {}
        });
        while !other_runs.load(SeqCst) {} // the watcher takes the processor
        let (before, start) = (thread(), Instant::now());
        (0..OFTEN).for_each(|_| call());
        before == thread() && start.elapsed() < QUANTUM / 2
    });
    let stays = one.join();
    is_done.store(true, SeqCst); // also if the call panicked
    stays.unwrap()
}

#[test]
fn the_test_can_fail() {
    assert!(!stays(gosched::yield_now));
    assert!(!stays(|| drop(Mutex::new(()).lock())));
    assert!(!stays(|| gosched::blocking(|| ())));
    assert!(!stays(|| drop(lock_os_thread())));
    assert!(!stays(|| drop(RwLock::new(()).read())));
    assert!(!stays(|| drop(RwLock::new(()).write())));
    assert!(!stays(|| drop(Semaphore::new(1).acquire())));
    assert!(!stays(|| Once::new().call_once(|| ())));
    assert!(!stays(|| {
        let _ = Barrier::new(0).wait();
    }));
}

/// A goroutine waits in each, to be woken by the calls below.
struct Ends {
    tx: Sender<u32>,
    rx: Receiver<u32>,
    full: Sender<u32>,
}

fn ends() -> Ends {
    let (tx, rx) = unbounded();
    let (full, _) = bounded(0);
    Ends { tx, rx, full }
}

#[test]
fn nothing_of_a_channel_that_never_waits_is_one() {
    let Ends { tx, rx, full } = ends();
    assert!(stays(move || {
        tx.try_send(1).unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
        assert!(rx.try_recv().is_err());
        assert!(full.try_send(1).is_err());
        assert_eq!(rx.try_iter().count(), 0);
        black_box((tx.len(), tx.is_empty(), tx.is_full(), tx.capacity(), tx.same_channel(&tx)));
        black_box((rx.len(), rx.is_empty(), rx.is_full(), rx.capacity(), rx.same_channel(&rx)));
        black_box(format!("{tx:?} {rx:?} {:?} {:?}", rx.iter(), rx.try_iter()));
        drop((tx.clone(), rx.clone()));
        drop(bounded::<u32>(3));
        drop(unbounded::<u32>());
        let mut waits = Box::pin(rx.recv_async());
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(waits);
        let mut is_sent = pin!(tx.send_async(1));
        assert!(is_sent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        rx.try_recv().unwrap();
        let (tx, rx) = bounded(2);
        tx.try_send(Box::new(1)).unwrap();
        drop(rx);
        assert!(tx.try_send(Box::new(2)).is_err());
        black_box((tx.close(), never::<u32>(), at(Instant::now()).len()));
        black_box((after(QUANTUM).try_recv().is_err(), tick(QUANTUM).is_empty()));
    }));
}

#[test]
fn nothing_of_a_select_that_never_waits_is_one() {
    let (tx, rx) = bounded(1);
    assert!(stays(move || {
        let mut select = Select::new();
        select.recv(&rx);
        assert!(select.try_select().is_err() && select.try_ready().is_err());
        let sends = select.send(&tx);
        assert_eq!(select.clone().try_ready(), Ok(sends));
        select.try_select().unwrap().send(&tx, 1).unwrap();
        select.remove(sends);
        let operation = select.try_select().unwrap();
        black_box(format!("{select:?} {operation:?} {}", operation.index()));
        assert_eq!(operation.recv(&rx), Ok(1));
        select! {
            recv(rx) -> _ => unreachable!(),
            default => {}
        }
    }));
}

#[test]
fn the_waits_with_a_time_are_some() {
    let (tx, rx) = bounded(1);
    let (sends, receives) = (tx.clone(), rx.clone());
    assert!(!stays(move || {
        sends.send_timeout(1, QUANTUM).unwrap();
        receives.recv_deadline(Instant::now()).unwrap();
    }));
    assert!(!stays(move || {
        select! {
            send(tx, 1) -> sent => sent.unwrap(),
            recv(rx) -> value => assert_eq!(value, Ok(1)),
        }
    }));
}

#[test]
fn waking_others_without_waiting_is_none() {
    let rt = runtime(2);
    // Goroutines of another runtime, and threads, wait for what the calls bring.
    let (tx, rx) = bounded::<u32>(0);
    let received = Arc::new(AtomicU32::new(0));
    let counts = received.clone();
    let receiver = rt.go(move || {
        rx.iter().for_each(|_| {
            counts.fetch_add(1, SeqCst);
        })
    });
    let mutex = Arc::new(Mutex::new(0));
    let group = WaitGroup::new();
    let (its, waits) = (mutex.clone(), group.clone());
    let calls = AtomicU32::new(0);
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let contender = rt.go(move || {
        while !is_done.load(SeqCst) {
            *its.lock().unwrap() += 1;
            waits.wait();
        }
    });
    assert!(stays(move || {
        let _ = tx.try_send(1);
        if let Ok(mut guard) = mutex.try_lock() {
            *guard += 1;
        }
        group.add(1);
        group.done();
        let (tx, rx) = bounded::<u32>(0);
        if calls.fetch_add(1, SeqCst).is_multiple_of(20) {
            // Not each time: a busy machine takes its time to start a thread.
            std::thread::scope(|scope| {
                scope.spawn(move || rx.recv());
                drop(tx);
            });
        }
    }));
    done.store(true, SeqCst);
    contender.join().unwrap();
    receiver.join().unwrap();
}

#[test]
fn nothing_of_a_mutex_or_a_group_that_never_waits_is_one() {
    let mutex = Arc::new(Mutex::new(5));
    let poisoned = Arc::new(Mutex::new(5));
    let its = poisoned.clone();
    let _ = runtime(1)
        .go(move || {
            let _guard = its.lock();
            panic!("poisons");
        })
        .join();
    let group = WaitGroup::new();
    assert!(stays(move || {
        let guard = mutex.try_lock().unwrap();
        black_box(format!("{mutex:?} {guard:?} {guard} {poisoned:?}"));
        assert!(mutex.try_lock().is_err());
        drop(guard);
        black_box(format!("{mutex:?} {group:?}"));
        assert!(poisoned.is_poisoned() && poisoned.try_lock().is_err());
        mutex.clear_poison();
        let mut own = Mutex::from(1);
        *own.get_mut().unwrap() += 1;
        assert_eq!(own.into_inner().unwrap(), 2);
        group.add(2);
        group.done();
        group.clone().done();
        black_box((WaitGroup::new(), WaitGroup::default(), Mutex::<u32>::default()));
    }));
}

#[test]
fn nothing_of_an_rwlock_or_a_condvar_that_never_waits_is_one() {
    let lock = Arc::new(RwLock::new(5));
    let poisoned = Arc::new(RwLock::new(5));
    let its = poisoned.clone();
    let _ = runtime(1)
        .go(move || {
            let _guard = its.write();
            panic!("poisons");
        })
        .join();
    assert!(stays(move || {
        let guard = lock.try_write().unwrap();
        black_box(format!("{lock:?} {guard:?} {guard} {poisoned:?}"));
        assert!(lock.try_read().is_err() && lock.try_write().is_err());
        let guard = RwLockWriteGuard::downgrade(guard);
        let other = lock.try_read().unwrap();
        black_box(format!("{lock:?} {guard:?} {guard}"));
        drop((guard, other));
        assert!(poisoned.is_poisoned() && poisoned.try_read().is_err());
        lock.clear_poison();
        let mut own = RwLock::from(1);
        *own.get_mut().unwrap() += 1;
        assert_eq!(own.into_inner().unwrap(), 2);
        let condvar = Condvar::new();
        condvar.notify_one();
        condvar.notify_all();
        black_box((format!("{condvar:?}"), Condvar::default(), RwLock::<u32>::default()));
    }));
}

#[test]
fn nothing_of_a_semaphore_that_never_waits_is_one() {
    let semaphore = Arc::new(Semaphore::new(5));
    assert!(stays(move || {
        let mut permits = semaphore.try_acquire_many(2).unwrap();
        permits.merge(semaphore.try_acquire().unwrap());
        drop(permits.split(1));
        let mut owned = semaphore.clone().try_acquire_owned().unwrap();
        owned.merge(semaphore.clone().try_acquire_many_owned(1).unwrap());
        drop(owned.split(1));
        assert!(semaphore.try_acquire_many(9).is_err());
        black_box(format!("{semaphore:?} {permits:?} {owned:?} {}", permits.num_permits()));
        black_box((owned.num_permits(), owned.semaphore(), semaphore.available_permits()));
        permits.forget();
        owned.forget();
        semaphore.add_permits(4);
        assert_eq!(semaphore.forget_permits(1), 1);
        let _ = Semaphore::new(1);
    }));
}

#[test]
fn what_was_initialized_once_is_used_without_a_switch() {
    let (once, lazy) = (Once::new(), LazyLock::new(|| 5));
    once.call_once(|| ());
    assert_eq!(*lazy, 5);
    let value = OnceLock::from(5);
    assert!(stays(move || {
        once.call_once(|| ());
        once.call_once_force(|_| ());
        once.wait();
        once.wait_force();
        assert!(once.is_completed());
        let _ =
            black_box((value.get(), value.wait(), value.get_or_init(|| 6), value.set(7), *lazy));
        black_box((LazyLock::get(&lazy), LazyLock::force(&lazy), value.clone() == value));
        black_box(format!("{once:?} {value:?} {lazy:?}"));
        let mut own = OnceLock::<u32>::new();
        black_box((own.get_mut(), OnceLock::<u32>::new().into_inner()));
        black_box((own.take(), OnceLock::<u32>::default(), Once::default(), Once::new()));
        let mut own = LazyLock::new(|| 1);
        black_box((LazyLock::get_mut(&mut own), Barrier::new(1)));
        let group = WaitGroup::new();
        drop(group.guard());
    }));
}

#[test]
fn nothing_that_only_asks_is_one() {
    let other = Arc::new(runtime(1));
    let handle: JoinHandle<()> = other.go(|| ());
    let waits: JoinHandle<()> = other.go(|| {
        let (_tx, rx) = bounded::<u8>(0);
        let _ = rx.recv();
    });
    assert!(stays(move || {
        black_box((gosched::num_goroutines(), gosched::procs()));
        black_box((other.num_goroutines(), other.procs(), other.stats()));
        black_box(other.set_max_threads(10_000));
        black_box((handle.is_finished(), waits.is_finished()));
        black_box(format!("{other:?} {handle:?} {waits:?} {:?}", Runtime::builder()));
        drop(Runtime::builder().procs(2).clone());
    }));
}

#[test]
fn the_end_of_a_handle_or_a_guard_is_none() {
    let other = Arc::new(runtime(1));
    let handles = Mutex::new((0..OFTEN).map(|_| other.go(|| ())).collect::<Vec<_>>());
    assert!(stays(move || drop(handles.try_lock().unwrap().pop())));
    // A guard of the thread goes while its goroutine has no processor.
    let rt = runtime(1);
    let (other_runs, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (runs, is_done) = (other_runs.clone(), done.clone());
    let same = rt.run(move || {
        let guard = lock_os_thread();
        let hog = go(move || {
            runs.store(true, SeqCst);
            while !is_done.load(SeqCst) {}
        });
        while !other_runs.load(SeqCst) {}
        let before = thread();
        drop(guard);
        let same = before == thread() && !hog.is_finished();
        done.store(true, SeqCst);
        hog.join().unwrap();
        same
    });
    assert!(same);
}

/// While the world is stopped no call that may wait completes, whatever it finds.
#[test]
fn no_call_that_may_wait_completes_in_a_stopped_world() {
    type Call = fn(&Mutex<u32>, &(Sender<u32>, Receiver<u32>), &WaitGroup);
    let calls: [Call; 14] = [
        |_, _, _| gosched::time::sleep(Duration::ZERO),
        |_, _, _| gosched::block_on(async {}),
        |_, _, _| gosched::scope(|_| ()),
        |_, _, _| drop(RwLock::new(()).read()),
        |_, _, _| drop(Semaphore::new(1).acquire()),
        |_, _, _| Once::new().call_once(|| ()),
        |_, _, _| {
            let _ = Barrier::new(1).wait();
        },
        |mutex, _, _| *mutex.lock().unwrap() += 1,
        |_, (tx, rx), _| {
            tx.send(1).unwrap();
            rx.try_recv().unwrap();
        },
        |_, (tx, rx), _| {
            tx.try_send(1).unwrap();
            rx.recv().unwrap();
        },
        |_, (tx, rx), _| {
            tx.send_timeout(1, Duration::MAX).unwrap();
            rx.recv_timeout(Duration::ZERO).unwrap();
        },
        |_, (tx, rx), _| {
            select! {
                send(tx, 1) -> sent => sent.unwrap(),
                recv(never::<u32>()) -> _ => unreachable!(),
            }
            rx.try_recv().unwrap();
        },
        |_, _, group| group.wait(),
        |_, _, _| gosched::blocking(|| ()),
    ];
    for (i, call) in calls.into_iter().enumerate() {
        let rt = runtime(2);
        let (count, end) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (counts, is_end) = (count.clone(), end.clone());
        let one = rt.go(move || {
            let (mutex, channel, group) = (Mutex::new(0), unbounded(), WaitGroup::new());
            while !is_end.load(SeqCst) {
                call(&mutex, &channel, &group);
                counts.fetch_add(1, SeqCst);
                // In code of its own for most of the time: there its processor is taken.
                let start = Instant::now();
                while start.elapsed() < Duration::from_micros(20) {}
            }
        });
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(1));
            let (before, after) = rt.stop_the_world(|_| {
                // What had completed when the world stopped is counted by now, or soon on a busy machine.
                std::thread::sleep(Duration::from_millis(2));
                let before = count.load(SeqCst);
                std::thread::sleep(Duration::from_millis(3));
                (before, count.load(SeqCst))
            });
            assert!(after <= before + 1, "call {i}: {before}, then {after}");
        }
        end.store(true, SeqCst);
        one.join().unwrap();
    }
}

#[test]
fn a_goroutine_does_not_end_in_a_stopped_world() {
    let rt = runtime(1);
    for _ in 0..20 {
        let end = Arc::new(AtomicBool::new(false));
        let is_end = end.clone();
        let handle = rt.go(move || while !is_end.load(SeqCst) {});
        std::thread::sleep(Duration::from_micros(300));
        let ended = rt.stop_the_world(|_| {
            end.store(true, SeqCst);
            std::thread::sleep(Duration::from_millis(2));
            handle.is_finished()
        });
        assert!(!ended);
        handle.join().unwrap();
    }
}

/// Misuse is told with the line of the caller.
#[test]
fn a_panic_for_misuse_names_the_callers_line() {
    use std::sync::Mutex as StdMutex;
    static PLACE: StdMutex<Option<(String, u32)>> = StdMutex::new(None);
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        let at = info.location().unwrap();
        *PLACE.lock().unwrap() = Some((at.file().to_owned(), at.line()));
    }));
    let rt = runtime(1);
    let mut wrong = Vec::new();
    let mut check = |line: u32, f: &mut dyn FnMut()| {
        message_of(f);
        let place = PLACE.lock().unwrap().take().unwrap();
        // A call may stand on the lines below.
        if place.0 != file!() || !(line..line + 3).contains(&place.1) {
            wrong.push((line, place));
        }
    };
    let (tx, rx) = bounded::<u32>(0);
    let mutex = Mutex::new(());
    let guard = mutex.lock();
    let group = WaitGroup::new();
    group.add(1);
    check(line!(), &mut || drop(Runtime::builder().procs(0)));
    check(line!(), &mut || drop(Runtime::builder().stack_size(0)));
    check(line!(), &mut || drop(Runtime::builder().thread_name("\0")));
    check(line!(), &mut || drop(Runtime::builder().quantum(Duration::ZERO)));
    check(line!(), &mut || drop(Runtime::builder().max_threads(0)));
    check(line!(), &mut || {
        rt.set_procs(0);
    });
    check(line!(), &mut || {
        rt.set_max_threads(0);
    });
    check(line!(), &mut || WaitGroup::new().done());
    check(line!(), &mut || drop(gosched::go(|| ())));
    check(line!(), &mut || gosched::yield_now());
    check(line!(), &mut || drop(lock_os_thread()));
    check(line!(), &mut || rt.stop_the_world(|_| tx.send(1).unwrap()));
    check(line!(), &mut || rt.stop_the_world(|_| assert_eq!(rx.recv(), Ok(1))));
    check(line!(), &mut || rt.stop_the_world(|_| assert!(rx.iter().next().is_none())));
    check(line!(), &mut || {
        rt.stop_the_world(|_| assert!(rx.recv_timeout(QUANTUM).is_err()));
    });
    check(line!(), &mut || Select::new().remove(0));
    check(line!(), &mut || assert!(Select::new().select().recv(&rx).is_ok()));
    check(line!(), &mut || rt.stop_the_world(|_| drop(mutex.lock())));
    check(line!(), &mut || rt.stop_the_world(|_| group.wait()));
    let (lock, condvar, barrier) = (RwLock::new(()), Condvar::new(), Barrier::new(2));
    let held = lock.write();
    check(line!(), &mut || rt.stop_the_world(|_| drop(lock.read())));
    check(line!(), &mut || rt.stop_the_world(|_| drop(lock.write())));
    check(line!(), &mut || rt.stop_the_world(|_| drop(Semaphore::new(0).acquire())));
    check(line!(), &mut || {
        let semaphore = Semaphore::new(0);
        rt.stop_the_world(|_| drop(semaphore.acquire_timeout(Duration::MAX)));
    });
    check(line!(), &mut || {
        rt.stop_the_world(|_| {
            let _ = barrier.wait();
        })
    });
    check(line!(), &mut || rt.stop_the_world(|_| Once::new().wait()));
    check(line!(), &mut || rt.stop_the_world(|_| assert_eq!(*OnceLock::<u8>::new().wait(), 0)));
    let free = Mutex::new(());
    check(line!(), &mut || rt.stop_the_world(|_| drop(condvar.wait(free.lock().unwrap()))));
    let once = Once::new();
    check(line!(), &mut || once.call_once(|| once.call_once(|| ())));
    check(line!(), &mut || once.call_once(|| ()));
    check(line!(), &mut || {
        let _ = Semaphore::new(usize::MAX);
    });
    check(line!(), &mut || Semaphore::new(1).add_permits(usize::MAX));
    check(line!(), &mut || {
        let (one, other) = (Semaphore::new(1), Semaphore::new(1));
        one.acquire().merge(other.acquire());
    });
    check(line!(), &mut || drop(WaitGroup::new().go(|| ())));
    drop(held);
    check(line!(), &mut || rt.stop_the_world(|_| rt.stop_the_world(|_| ())));
    check(line!(), &mut || rt.stop_the_world(|_| drop(rt.pause())));
    check(line!(), &mut || {
        rt.stop_the_world(|_| {
            rt.set_procs(1);
        })
    });
    let mut waits = Some(rt.go(|| std::thread::sleep(Duration::from_millis(200))));
    check(line!(), &mut || rt.stop_the_world(|_| waits.take().unwrap().join().unwrap()));
    std::panic::set_hook(default);
    drop(guard);
    assert_eq!(wrong, []);
}

#[test]
fn timers_are_made_set_and_stopped_without_a_wait() {
    use gosched::time::{Ticker, Timer, after_func};
    const FAR: Duration = Duration::from_secs(3_600);
    assert!(stays(|| assert!(Timer::new(FAR).stop())));
    assert!(stays(|| {
        let timer = after_func(FAR, || ());
        timer.reset(FAR);
        timer.stop();
    }));
    assert!(stays(|| Ticker::new(FAR).reset(FAR)));
}

#[test]
fn contexts_and_handles_that_are_polled_do_not_wait() {
    use gosched::context::Context;
    use std::pin::Pin;
    use std::task;
    assert!(stays(|| {
        let context = Context::new().with_timeout(Duration::from_secs(3_600));
        let child = context.child();
        assert!(child.error().is_none() && child.deadline().is_some());
        assert!(child.done().is_empty());
        context.cancel();
        black_box(format!("{child:?}"));
    }));
    assert!(stays({
        let other = runtime(1);
        let handle = std::sync::Mutex::new(other.go(|| gosched::time::sleep(Duration::MAX)));
        move || {
            assert_eq!(other.procs(), 1);
            let mut handle = handle.lock().unwrap();
            let mut context = task::Context::from_waker(task::Waker::noop());
            black_box((handle.is_finished(), format!("{handle:?}")));
            assert!(Pin::new(&mut *handle).poll(&mut context).is_pending());
        }
    }));
}
