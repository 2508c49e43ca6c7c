//! Metrics: what is counted and measured agrees with what was done, with traces and with `Stats`.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::sync::{Condvar, Mutex, RwLock};
use gosched::{GoroutineInfo, Histogram, Metrics, Runtime, go, time, yield_now};
use harness::{message_of, pass_on, runtime, start, until};

/// A goroutine is made to wait so long,
const LONG: Duration = Duration::from_millis(50);
/// and then has waited at least so long, also if it came late.
const ALMOST: Duration = Duration::from_millis(40);

fn measured(procs: usize) -> Runtime {
    start(Runtime::builder().procs(procs).metrics(true))
}

fn metrics(rt: &Runtime) -> Metrics {
    rt.metrics().unwrap()
}

/// Waits until all goroutines that were joined have left their stacks, and says what was counted.
fn at_rest(rt: &Runtime) -> Metrics {
    until("all have left", || {
        let metrics = metrics(rt);
        metrics.goroutines_started - metrics.goroutines_ended == rt.stats().goroutines as u64
            && metrics.time_running.count() >= metrics.runs
    });
    metrics(rt)
}

/// Computes so long, without a call that may wait.
fn compute(long: Duration) {
    let began = Instant::now();
    while began.elapsed() < long {
        std::hint::spin_loop();
    }
}

#[test]
fn a_runtime_has_metrics_only_if_it_was_asked_to() {
    let without = runtime(1);
    let with = measured(1);
    without.run(move || pass_on(10));
    with.run(move || pass_on(10));
    assert!(without.metrics().is_none());
    assert_eq!(metrics(&with).goroutines_started, 11);
}

#[test]
fn what_is_counted_is_what_was_done() {
    for procs in [1, 2, 4] {
        let rt = measured(procs);
        let n = 300;
        rt.run(move || pass_on(n));
        rt.run(move || {
            let all: Vec<_> = (0..n).map(|_| go(|| (0..10).for_each(|_| yield_now()))).collect();
            all.into_iter().for_each(|g| g.join().unwrap());
            time::sleep(Duration::from_millis(3));
        });
        let m = at_rest(&rt);
        assert_eq!(
            (m.goroutines_started, m.goroutines_ended),
            (2 * n as u64 + 2, 2 * n as u64 + 2)
        );
        assert!(m.runs >= 14 * n as u64, "{m}");
        assert_eq!((m.time_to_run.count(), m.time_running.count()), (m.runs, m.runs));
        assert!(m.wakeups >= 1 && m.wakeups <= m.runs, "{m}");
        assert!(m.timers_fired >= 1, "{m}");
        assert_eq!(m.time_to_lock.count(), 0);
        // One that is being made is counted in `Stats` already.
        let all_begun = || metrics(&rt).threads_started >= rt.stats().threads as u64;
        until("all threads have begun", all_begun);
    }
}

#[test]
fn the_numbers_are_those_of_a_trace_of_the_same_run() {
    let rt = measured(2);
    let trace = rt.trace(std::io::sink()).unwrap();
    rt.run(move || pass_on(500));
    rt.stop_the_world(|_| ());
    let m = at_rest(&rt);
    let summary = trace.finish().unwrap();
    assert_eq!(summary.lost, 0);
    assert_eq!(summary.goroutines_started, m.goroutines_started);
    assert_eq!(summary.goroutines_ended, m.goroutines_ended);
    assert_eq!(summary.runs, m.runs);
}

#[test]
fn a_goroutine_that_another_keeps_from_running_was_late() {
    let rt = start(Runtime::builder().procs(1).quantum(Duration::from_secs(100)).metrics(true));
    rt.run(|| {
        let other = go(|| ());
        compute(LONG);
        other.join().unwrap();
    });
    let m = at_rest(&rt);
    assert!(m.time_to_run.largest() >= ALMOST, "{m}");
    assert!(m.time_running.largest() >= ALMOST, "{m}");
    assert!(m.time_to_run.sum() >= m.time_to_run.largest());
}

/// Has a goroutine wait while `hold` holds something for long.
fn held(hold: impl FnOnce() + Send + 'static, wait: impl FnOnce() + Send + 'static) -> Metrics {
    let rt = measured(2);
    rt.run(move || {
        let (ready, is_held) = bounded(0);
        let holder = go(move || {
            ready.send(()).unwrap();
            hold();
        });
        is_held.recv().unwrap();
        let waiter = go(wait);
        holder.join().unwrap();
        waiter.join().unwrap();
    });
    at_rest(&rt)
}

/// How long the waiter for a lock waited, which another goroutine holds until it does and for long.
fn time_to_lock<T: Send + Sync + 'static>(
    lock: T,
    hold: fn(&T, &dyn Fn()),
    wait: fn(&T),
) -> Histogram {
    let lock = Arc::new(lock);
    let is_held = Arc::new(AtomicBool::new(false));
    let holder = {
        let (lock, is_held) = (lock.clone(), is_held.clone());
        move || {
            hold(&lock, &|| {
                is_held.store(true, Relaxed);
                until("another waits", || any(waits));
                time::sleep(LONG);
            });
        }
    };
    let waiter = move || {
        until("it is held", || is_held.load(Relaxed));
        wait(&lock);
    };
    held(holder, waiter).time_to_lock
}

/// Whether a goroutine does that.
fn any(does: impl Fn(&GoroutineInfo) -> bool) -> bool {
    gosched::dump().goroutines().iter().any(does)
}

fn waits_for(g: &GoroutineInfo, what: &str) -> bool {
    g.waits_for().is_some_and(|(words, _)| words.contains(what))
}

fn waits(g: &GoroutineInfo) -> bool {
    waits_for(g, "mutex") || waits_for(g, "RwLock")
}

#[test]
fn a_mutex_that_is_held_shows_the_wait_for_it() {
    let times = time_to_lock(
        Mutex::new(()),
        |mutex, long| {
            let _held = mutex.lock().unwrap();
            long();
        },
        |mutex| drop(mutex.lock().unwrap()),
    );
    assert!(times.largest() >= ALMOST, "{times}");
    assert_eq!(times.count(), 1);
}

#[test]
fn a_reader_and_a_writer_wait_for_an_rwlock() {
    let waits: [fn(&RwLock<()>); 2] =
        [|it| drop(it.read().unwrap()), |it| drop(it.write().unwrap())];
    for wait in waits {
        let hold = |it: &RwLock<()>, long: &dyn Fn()| {
            let _held = it.write().unwrap();
            long();
        };
        let times = time_to_lock(RwLock::new(()), hold, wait);
        assert!(times.largest() >= ALMOST, "{times}");
        assert_eq!(times.count(), 1);
    }
}

#[test]
fn one_that_was_notified_waits_for_the_mutex() {
    let rt = measured(2);
    rt.run(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let waiter = go({
            let pair = pair.clone();
            move || {
                let (mutex, is_set) = &*pair;
                drop(is_set.wait_while(mutex.lock().unwrap(), |set| !*set).unwrap());
            }
        });
        until("it waits", || any(|g| waits_for(g, "Condvar")));
        let (mutex, is_set) = &*pair;
        let mut set = mutex.lock().unwrap();
        *set = true;
        is_set.notify_one();
        until("it waits", || any(waits));
        time::sleep(LONG);
        drop(set);
        waiter.join().unwrap();
    });
    let m = at_rest(&rt);
    assert!(m.time_to_lock.largest() >= ALMOST, "{m}");
}

#[test]
fn a_goroutine_that_sleeps_with_its_thread_waits_for_a_lock_too() {
    struct Locks(Arc<Mutex<()>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            drop(self.0.lock().unwrap());
        }
    }
    let times = time_to_lock(
        Mutex::new(Arc::new(Mutex::new(()))),
        |mutex, long| {
            let inner = mutex.lock().unwrap().clone();
            let _held = inner.lock().unwrap();
            long();
        },
        |mutex| {
            let inner = mutex.lock().unwrap().clone();
            let unwinds = go(move || {
                let _locks = Locks(inner);
                panic!("its destructor waits");
            });
            assert!(unwinds.join().is_err());
        },
    );
    assert!(times.largest() >= ALMOST, "{times}");
}

#[test]
fn stops_of_the_world_are_measured() {
    let rt = measured(2);
    let before = metrics(&rt);
    rt.stop_the_world(|_| thread::sleep(LONG));
    rt.run(|| gosched::stop_the_world(|_| ()));
    rt.set_procs(3);
    let m = metrics(&rt);
    assert_eq!(m.worlds_stopped - before.worlds_stopped, 3);
    assert_eq!((m.time_to_stop.count(), m.time_stopped.count()), (3, 3));
    assert!(m.time_stopped.largest() >= LONG, "{m}");
}

#[test]
fn a_processor_is_taken_from_one_that_computes() {
    let rt = start(Runtime::builder().procs(1).quantum(Duration::from_millis(1)).metrics(true));
    let is_over = Arc::new(AtomicBool::new(false));
    let computes = rt.go({
        let is_over = is_over.clone();
        move || while !is_over.load(Relaxed) {}
    });
    rt.run(|| ()); // gets the processor
    is_over.store(true, Relaxed);
    computes.join().unwrap();
    assert!(metrics(&rt).procs_taken >= 1);
}

#[test]
fn effects_are_read_with_their_causes_while_goroutines_run() {
    let rt = Arc::new(measured(4));
    let is_over = Arc::new(AtomicBool::new(false));
    let busy = thread::spawn({
        let (rt, is_over) = (rt.clone(), is_over.clone());
        move || {
            while !is_over.load(Relaxed) {
                rt.run(move || pass_on(50));
            }
        }
    });
    let mut last = metrics(&rt);
    for _ in 0..2_000 {
        let m = metrics(&rt);
        assert!(m.goroutines_ended <= m.goroutines_started, "{m}");
        assert!(m.goroutines_ended <= m.runs && m.time_to_run.count() <= m.runs, "{m}");
        assert!(m.runs >= last.runs && m.time_running.count() >= last.time_running.count());
        assert!(m.time_to_run.sum() >= last.time_to_run.sum());
        last = m;
    }
    is_over.store(true, Relaxed);
    busy.join().unwrap();
    at_rest(&rt);
}

#[test]
fn two_runtimes_count_for_themselves() {
    let (one, two) = (measured(1), Arc::new(measured(1)));
    let inner = two.clone();
    one.run(move || {
        inner.run(|| go(|| ()).join().unwrap());
    });
    assert_eq!(at_rest(&one).goroutines_started, 1);
    assert_eq!(at_rest(&two).goroutines_started, 2);
}

#[test]
fn goroutines_with_threads_of_their_own_are_measured() {
    let rt = Runtime::builder().procs(2).metrics(true).start_threaded().unwrap();
    rt.run(move || pass_on(20));
    let m = at_rest(&rt);
    assert_eq!((m.goroutines_started, m.goroutines_ended), (21, 21));
    assert!(m.threads_started >= 21, "{m}");
}

#[test]
fn times_are_real_where_time_is_virtual() {
    let rt = start(Runtime::builder().procs(1).virtual_time(true).metrics(true));
    rt.run(|| time::sleep(Duration::from_secs(1_000_000)));
    let m = at_rest(&rt);
    assert!(m.timers_fired >= 1, "{m}");
    assert!(m.time_running.sum() + m.time_to_run.sum() < Duration::from_secs(1_000), "{m}");
}

#[test]
fn a_table_shows_all_numbers() {
    let rt = measured(1);
    rt.run(move || pass_on(10));
    let table = at_rest(&rt).to_string();
    assert!(table.starts_with("goroutines: 11 started, 11 ended\nruns: "), "{table}");
    let names = ["time to run", "time running", "time to lock", "time to stop", "time stopped"];
    let rows: Vec<_> = table.lines().skip_while(|line| !line.starts_with(names[0])).collect();
    assert!(rows.iter().zip(names).all(|(row, name)| row.starts_with(name)), "{table}");
    assert_eq!(rows.len(), names.len());
    let [head, first] = [4, 5].map(|at| table.lines().nth(at).unwrap().chars().count());
    assert_eq!(head, first, "the columns stand below each other\n{table}");
}

#[test]
fn a_quantile_is_between_zero_and_one() {
    let rt = measured(1);
    rt.run(|| ());
    let times = at_rest(&rt).time_running;
    assert_eq!(times.quantile(1.0), times.largest());
    assert!(times.quantile(0.0) <= times.quantile(0.5));
    for q in [-0.1, 1.1, f64::NAN] {
        let told = message_of(|| times.quantile(q));
        assert_eq!(told, format!("gosched: a quantile is between 0 and 1: quantile({q})"));
    }
}
