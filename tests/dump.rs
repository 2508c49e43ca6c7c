//! Dumps: what they say of each goroutine, wherever and whenever they are made, and that no goroutine
//! notices. With the feature `backtrace` they have stacks (`tests/stacks.rs` looks at these).
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
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, bounded};
use gosched::goroutine::Builder;
use gosched::sync::Mutex;
use gosched::{
    Dump, GoroutineInfo, GoroutineState as State, Runtime, go, lock_os_thread, stop_the_world,
    yield_now,
};
use harness::{in_child, message_of, once, runtime};

fn named(dump: &Dump, name: &str) -> GoroutineInfo {
    dump.goroutines().iter().find(|g| g.name() == Some(name)).unwrap().clone()
}

fn spin_until(is_over: &AtomicBool) {
    while !is_over.load(SeqCst) {
        std::hint::spin_loop();
    }
}

fn this_thread() -> u32 {
    // SAFETY: asks only.
    u32::try_from(unsafe { libc::gettid() }).unwrap()
}

/// A goroutine that receives from a channel to which nobody sends.
fn waiter(rt: &Runtime, name: &str) -> (gosched::chan::Sender<()>, gosched::JoinHandle<()>) {
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let handle = Builder::new().name(name).label("k", "v").go_on(rt, move || _ = rx.recv());
    once(rt, name, State::Waiting);
    (tx, handle)
}

#[test]
fn each_state_is_told_with_where_and_for_how_long() {
    let rt = runtime(2);
    let (_tx, _handle) = waiter(&rt, "receives");
    thread::sleep(Duration::from_millis(60));
    let g = once(&rt, "receives", State::Waiting);
    let (what, age) = g.waits_for().unwrap();
    assert_eq!((what, g.thread()), ("waits to receive from a channel", None));
    assert!(Duration::from_millis(20) < age && age < Duration::from_secs(10), "{age:?}");
    assert_eq!((g.waits_at().unwrap().file(), g.started_at().file()), (file!(), file!()));
    assert_eq!(g.waits_at().unwrap().line(), g.started_at().line());
    assert!(g.to_string().contains(r#" "receives" ["k"="v"]: waits to receive"#), "{g}");

    let is_over = Arc::new(AtomicBool::new(false));
    let (tell, told) = bounded(1);
    let spins = is_over.clone();
    let spinning = Builder::new().name("computes").go_on(&rt, move || {
        tell.send(this_thread()).unwrap();
        spin_until(&spins);
    });
    let thread = told.recv().unwrap();
    let g = once(&rt, "computes", State::Running);
    assert_eq!((g.thread(), g.waits_for(), g.stack().is_none()), (Some(thread), None, true));
    assert!(g.to_string().contains(&format!(": runs on thread {thread}; started at ")), "{g}");
    is_over.store(true, SeqCst);
    spinning.join().unwrap();

    let sleeps = Builder::new().name("blocks").go_on(&rt, || {
        thread::sleep(Duration::from_millis(500));
    });
    let g = once(&rt, "blocks", State::Blocking);
    assert!(g.to_string().contains(": blocks thread "), "{g}");
    sleeps.join().unwrap();
}

#[test]
fn one_that_is_locked_to_a_thread_is_told_with_it() {
    let rt = runtime(2);
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let (tell, told) = bounded(1);
    let handle = Builder::new().name("locked").go_on(&rt, move || {
        let _guard = lock_os_thread();
        tell.send(this_thread()).unwrap();
        _ = rx.recv();
    });
    let thread = told.recv().unwrap();
    let g = once(&rt, "locked", State::Waiting);
    assert_eq!(g.thread(), Some(thread));
    assert!(g.to_string().contains(&format!(", locked to thread {thread}; started at ")), "{g}");
    drop(tx);
    handle.join().unwrap();
}

#[test]
fn one_that_a_pause_holds_back_is_told() {
    let rt = runtime(2);
    let pause = rt.pause();
    let handle = Builder::new().name("held").go_on(&rt, || ());
    let g = once(&rt, "held", State::HeldBack);
    assert!(g.to_string().contains(": is ready to run, held back by a pause; started"), "{g}");
    drop(pause);
    handle.join().unwrap();
}

#[test]
fn one_that_sleeps_with_its_thread_while_it_unwinds_is_told() {
    struct WaitsInDrop(Receiver<()>);
    impl Drop for WaitsInDrop {
        fn drop(&mut self) {
            _ = self.0.recv();
        }
    }
    let rt = runtime(2);
    let (tx, rx) = bounded(0);
    let handle = Builder::new().name("unwinds").go_on(&rt, move || {
        let _waits = WaitsInDrop(rx);
        gosched::exit();
    });
    let g = once(&rt, "unwinds", State::WaitingWithThread);
    assert!(g.thread().is_some() && g.stack().is_none(), "{g}");
    assert!(g.to_string().contains("asleep with its thread while it unwinds (thread "), "{g}");
    drop(tx);
    assert!(handle.join().is_err());
}

#[test]
fn in_a_goroutine_the_dump_lists_the_goroutine_itself_as_running() {
    let rt = runtime(1);
    rt.run(|| {
        let dump = gosched::dump();
        let [me] = dump.goroutines() else { panic!("{dump}") };
        assert_eq!((me.state(), me.thread()), (State::Running, Some(this_thread())));
        assert_eq!(Some(me.id()), gosched::goroutine::id());
    });
    let text = message_of(gosched::dump);
    assert_eq!(text, "gosched: dump was called outside a goroutine; use Runtime::dump there");
}

#[test]
fn in_a_stopped_world_and_beside_one_it_does_not_wait() {
    let rt = Arc::new(runtime(2));
    let (_tx, _handle) = waiter(&rt, "waits");
    let there = rt.clone();
    rt.run(move || {
        stop_the_world(|_| {
            assert_eq!(named(&there.dump(), "waits").state(), State::Waiting);
            assert_eq!(named(&gosched::dump(), "waits").state(), State::Waiting);
            let beside = there.clone();
            let other = thread::spawn(move || named(&beside.dump(), "waits").state());
            assert_eq!(other.join().unwrap(), State::Waiting);
        });
        drop(there); // not the last
    });
}

#[test]
fn beside_a_runtime_that_ends_it_does_not_wait() {
    let rt = runtime(2);
    let (tell, told) = bounded(1);
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    Builder::new().name("left").go_on(&rt, move || _ = rx.recv());
    once(&rt, "left", State::Waiting);
    rt.go(move || {
        tell.send(()).unwrap();
        thread::sleep(Duration::from_millis(200)); // the runtime ends meanwhile
        let dump = gosched::dump();
        assert_eq!(named(&dump, "left").state(), State::Waiting, "{dump}");
        OVER.store(true, SeqCst);
    });
    static OVER: AtomicBool = AtomicBool::new(false);
    told.recv().unwrap();
    drop(rt);
    assert!(OVER.load(SeqCst), "the goroutine came to the end of its dump");
    drop(tx);
}

#[test]
fn in_a_child_of_fork_it_shows_the_parents_goroutines() {
    let child = in_child("in_a_child_of_fork_it_shows_the_parents_goroutines", || {
        let rt = runtime(2);
        let (_tx, _handle) = waiter(&rt, "waits");
        // SAFETY: the child looks, and ends.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let dump = rt.dump();
            let is_so = named(&dump, "waits").state() == State::Waiting
                && dump.to_string().contains("as they were in the parent process when it forked");
            // SAFETY: ends the process.
            unsafe { libc::_exit(if is_so { 0 } else { 1 }) };
        }
        let mut status = -1;
        // SAFETY: waits for the child just made.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((waited, status), (pid, 0));
        assert!(!rt.dump().to_string().contains("parent"));
    });
    child.succeeds();
}

#[test]
fn without_the_feature_the_text_says_how_to_get_stacks() {
    let rt = runtime(1);
    let (_tx, _handle) = waiter(&rt, "waits");
    let dump = rt.dump();
    let says = dump.to_string().contains("to see their stacks, build with the feature `backtrace`");
    assert_eq!(says, !cfg!(feature = "backtrace"));
    assert_eq!(named(&dump, "waits").stack().is_some(), cfg!(feature = "backtrace"));
}

/// How long the next test goes on; `GOSCHED_STRESS_SECONDS` says.
fn stress_time() -> Duration {
    let seconds = std::env::var("GOSCHED_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

#[test]
fn dumps_of_a_busy_runtime_change_nothing_and_fail_never() {
    let rt = runtime(4);
    let is_over = Arc::new(AtomicBool::new(false));
    let sum = Arc::new(AtomicU64::new(0));
    let mutex = Arc::new(Mutex::new(0_u64));
    let mut workers = Vec::new();
    for i in 0..50_u64 {
        let (is_over, sum, mutex) = (is_over.clone(), sum.clone(), mutex.clone());
        workers.push(Builder::new().name(format!("w{i}")).label("i", i.to_string()).go_on(
            &rt,
            move || {
                let mut mine = 0;
                while !is_over.load(SeqCst) {
                    let (tx, rx) = bounded(0);
                    go(move || tx.send(i)); // is born and ends
                    // What lies on the stack is there afterwards.
                    let before = std::hint::black_box([i; 64]);
                    assert_eq!(rx.recv(), Ok(i));
                    *mutex.lock().unwrap() += 1;
                    yield_now();
                    assert_eq!(std::hint::black_box(before), [i; 64]);
                    mine += 1;
                }
                sum.fetch_add(mine, SeqCst);
            },
        ));
    }
    let (begin, mut dumps) = (Instant::now(), 0);
    while begin.elapsed() < stress_time() {
        let dump = rt.dump();
        let ids: Vec<u64> = dump.goroutines().iter().map(GoroutineInfo::id).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        for i in 0..50 {
            let g = named(&dump, &format!("w{i}"));
            assert_eq!(g.labels().collect::<Vec<_>>(), [("i", &*i.to_string())]);
        }
        dumps += 1;
        thread::sleep(Duration::from_millis(if dumps % 2 == 0 { 10 } else { 0 }));
    }
    is_over.store(true, SeqCst);
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    assert_eq!(*mutex.lock().unwrap(), sum.load(SeqCst));
    assert!(dumps > 0);
}

/// Has standard error go to a pipe from now on; to be used in a child only.
fn stderr_as_a_pipe() -> std::io::PipeReader {
    use std::os::fd::AsRawFd;
    let (reader, writer) = std::io::pipe().unwrap();
    // SAFETY: both are open.
    assert_eq!(unsafe { libc::dup2(writer.as_raw_fd(), 2) }, 2);
    reader
}

#[test]
fn a_signal_has_a_thread_of_the_runtime_write_a_dump() {
    let child = in_child("a_signal_has_a_thread_of_the_runtime_write_a_dump", || {
        let reader = std::io::BufReader::new(stderr_as_a_pipe());
        let rt = harness::start(Runtime::builder().procs(1).dump_on(gosched::signal::USR1));
        let (_tx, _handle) = waiter(&rt, "waits");
        // The only processor is busy, the world is stopped: the dump needs neither.
        let is_over = Arc::new(AtomicBool::new(false));
        let there = is_over.clone();
        let (tell, told) = bounded(1);
        let stopper = rt.go(move || {
            stop_the_world(|_| {
                tell.try_send(()).unwrap();
                spin_until(&there);
            })
        });
        told.recv().unwrap();
        let mut lines = std::io::BufRead::lines(reader);
        for _ in 0..3 {
            // SAFETY: a signal that this process handles.
            unsafe { libc::raise(libc::SIGUSR1) };
            let head = lines.next().unwrap().unwrap();
            assert!(head.starts_with("gosched: 2 goroutines"), "{head}");
            let line = lines.find(|line| line.as_ref().unwrap().contains(": runs on thread "));
            assert!(line.is_some());
        }
        is_over.store(true, SeqCst);
        stopper.join().unwrap();
        drop(rt);
        // Now it does what it did before: it ends the process.
        thread::sleep(Duration::from_millis(100));
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGUSR1) };
        thread::sleep(Duration::from_secs(20));
    });
    assert_eq!(child.signal, Some(libc::SIGUSR1), "{child:#?}");
}

#[test]
fn a_signal_that_cannot_be_received_is_refused_at_the_start() {
    let builder = Runtime::builder().dump_on(gosched::signal::Signal::from_raw(libc::SIGKILL));
    // SAFETY: it does not start.
    let error = unsafe { builder.start() }.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

/// Who reads through std waits in a function of std's, whose path says nothing about this program.
#[test]
fn a_wait_that_std_began_is_shown_without_the_place_of_stds_sources() {
    let rt = runtime(1);
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let handle = Builder::new().name("reads").go_on(&rt, move || {
        let mut line = String::new();
        let ours = gosched::net::UnixStream::from(ours);
        std::io::BufRead::read_line(&mut std::io::BufReader::new(ours), &mut line)
    });
    once(&rt, "reads", State::Waiting);
    // std calls `go` itself here.
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let closure = move || rx.recv().is_err();
    let started = rt.run(move || std::iter::once(closure).map(go).next().unwrap());
    let text = rt.dump().to_string();
    drop((tx, theirs));
    assert!(started.join().unwrap() && text.contains("; started at core/src/"), "{text}");
    assert_eq!(handle.join().unwrap().unwrap(), 0);
    let line = text.lines().find(|line| line.contains("reads")).unwrap();
    assert!(line.contains(", at std/src/io/") && !line.contains("/rustc/"), "{text}");
}
