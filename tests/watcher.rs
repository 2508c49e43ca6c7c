//! The watcher: it costs nothing where there is nothing to watch, and wakes up when there is.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::hint::spin_loop;
use std::io::{PipeReader, Read};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gosched::{Runtime, blocking, go, lock_os_thread, yield_now};
use harness::{in_child, runtime, until};

/// The CPU time that this process has used.
fn cpu() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: fills it in.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) }, 0);
    // SAFETY: it was filled in.
    let usage = unsafe { usage.assume_init() };
    let of = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    };
    of(usage.ru_utime) + of(usage.ru_stime)
}

/// Waits until all processors idle, and the watcher has had the time to fall asleep.
#[track_caller]
fn rest(rt: &Runtime) {
    until("all processors idle", || rt.stats().procs_idle == rt.procs());
    thread::sleep(Duration::from_millis(30));
}

fn reads(mut pipe: PipeReader) {
    assert_eq!(pipe.read(&mut [0]).unwrap(), 0);
}

/// With a goroutine that blocks, in each way.
fn rests_beside(procs: usize, block: fn(PipeReader)) {
    let rt = runtime(procs);
    let (reader, writer) = std::io::pipe().unwrap();
    let blocked = rt.go(move || block(reader));
    thread::sleep(Duration::from_millis(50));
    let before = cpu();
    thread::sleep(Duration::from_secs(1));
    let used = cpu() - before;
    assert!(used < Duration::from_millis(5), "{used:?} of CPU time in a second");
    // What comes meanwhile runs at once, and the watcher is there for it.
    assert_eq!(rt.stats().procs_idle, procs);
    assert_eq!(rt.run(|| 7), 7);
    drop(writer);
    blocked.join().unwrap();
}

#[test]
fn an_idle_runtime_with_a_blocked_goroutine_costs_next_to_nothing() {
    in_child("an_idle_runtime_with_a_blocked_goroutine_costs_next_to_nothing", || {
        for procs in [1, 2] {
            rests_beside(procs, reads);
            rests_beside(procs, |pipe| blocking(|| reads(pipe)));
            rests_beside(procs, |pipe| {
                let _guard = lock_os_thread();
                reads(pipe);
            });
        }
    })
    .succeeds();
}

#[test]
fn a_goroutine_that_blocks_for_long_and_often_always_gets_a_processor_again() {
    let rt = runtime(2);
    let sleeper = rt.go(|| {
        for i in 0..40 {
            let time = Duration::from_millis(i % 20);
            if i % 2 == 0 {
                blocking(|| thread::sleep(time))
            } else {
                thread::sleep(time)
            }
            yield_now();
        }
    });
    let (tx, rx) = gosched::chan::bounded(0);
    let other = rt.go(move || rx.iter().sum::<u32>());
    while !sleeper.is_finished() {
        tx.send(1).unwrap();
        thread::sleep(Duration::from_millis(3));
    }
    drop(tx);
    sleeper.join().unwrap();
    assert!(other.join().unwrap() > 0);
}

/// How long a goroutine waits on one processor behind many that go to sleep in the kernel, one after the
/// other.
fn behind_sleepers(sleeps: fn()) -> Duration {
    let rt = runtime(1);
    rt.run(move || {
        let begin = Instant::now();
        let sleepers: Vec<_> = (0..100).map(|_| go(sleeps)).collect();
        let wait = go(move || begin.elapsed()).join().unwrap();
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
        wait
    })
}

/// Those that say that they block wait for 20 us each. The others would for a tick of the watcher, a
/// millisecond.
#[test]
fn goroutines_that_block_one_after_the_other_are_found_soon() {
    let sleeps = || thread::sleep(Duration::from_millis(300));
    let (mut said, mut unsaid) = (Duration::MAX, Duration::MAX);
    for _ in 0..6 {
        said = said.min(behind_sleepers(|| blocking(|| thread::sleep(Duration::from_millis(300)))));
        unsaid = unsaid.min(behind_sleepers(sleeps));
    }
    assert!(unsaid < said * 3, "{unsaid:?}, and {said:?} if they say that they block");
}

/// Computes until another goroutine has run, which it says itself.
struct Hog {
    over: Arc<AtomicBool>,
    ended: mpsc::Sender<()>,
}

/// A goroutine that computes until another has run, the other, and who hears of the first one's end.
fn hog_and_second() -> (Hog, impl FnOnce() + Send + 'static, mpsc::Receiver<()>) {
    let over = Arc::new(AtomicBool::new(false));
    let (ended, end) = mpsc::channel();
    let hog = Hog { over: over.clone(), ended };
    (hog, move || over.store(true, SeqCst), end)
}

impl Hog {
    fn run(self) {
        while !self.over.load(SeqCst) {
            spin_loop();
        }
        self.ended.send(()).unwrap();
    }
}

/// Aborts, in a child, if it does not: a panic would wait for the hog.
fn ends(end: &mpsc::Receiver<()>) {
    if end.recv_timeout(Duration::from_secs(10)).is_err() {
        eprintln!("the watcher sleeps though a goroutine waits");
        std::process::abort();
    }
}

#[test]
fn the_watcher_wakes_when_a_processor_is_started_for_new_work() {
    in_child("the_watcher_wakes_when_a_processor_is_started_for_new_work", || {
        let rt = runtime(1);
        let (hog, second, end) = hog_and_second();
        rest(&rt);
        let (began, begins) = mpsc::channel();
        rt.go(move || {
            began.send(()).unwrap();
            hog.run();
        });
        begins.recv().unwrap();
        rt.go(second);
        ends(&end);
    })
    .succeeds();
}

#[test]
fn the_watcher_wakes_when_a_goroutine_gets_a_processor_back() {
    in_child("the_watcher_wakes_when_a_goroutine_gets_a_processor_back", || {
        let rt = runtime(1);
        let (hog, second, end) = hog_and_second();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let (began, begins) = mpsc::channel();
        rt.go(move || {
            goes_on.recv().unwrap(); // until its processor was taken
            yield_now();
            began.send(()).unwrap();
            hog.run();
        });
        rest(&rt);
        go_on.send(()).unwrap();
        begins.recv().unwrap();
        rt.go(second);
        ends(&end);
    })
    .succeeds();
}

#[test]
fn the_watcher_wakes_when_the_world_starts_with_work() {
    in_child("the_watcher_wakes_when_the_world_starts_with_work", || {
        let rt = runtime(1);
        let (hog, second, end) = hog_and_second();
        rest(&rt);
        rt.stop_the_world(|_| {
            rt.go(move || hog.run());
            rt.go(second);
        });
        ends(&end);
    })
    .succeeds();
}
