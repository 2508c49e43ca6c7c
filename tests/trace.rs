//! Traces: they are whole, in order, and agree with what the program did; and what goes wrong is told.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;
#[path = "trace/memory.rs"]
mod memory;
#[path = "trace/picture.rs"]
mod picture;
#[path = "trace/writers.rs"]
mod writers;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gosched::chan::bounded;
use gosched::{Runtime, blocking, go, trace, yield_now};
use harness::{in_child_alone, pass_on, runtime, until};
use picture::{Picture, name};

/// A file in memory.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn picture(&self) -> Picture {
        Picture::parse(&self.0.lock().unwrap())
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Goroutines that are made, yield, wait for each other, block their threads and end.
fn work(rt: &Runtime, n: usize) {
    rt.run(move || {
        pass_on(n);
        blocking(|| thread::sleep(Duration::from_millis(3)));
        gosched::time::sleep(Duration::from_millis(3));
    });
}

#[test]
fn a_trace_is_in_order_and_agrees_with_what_was_done() {
    for procs in [1, 2, 4] {
        let rt = runtime(procs);
        let paper = Paper::default();
        let trace = rt.trace(paper.clone()).unwrap();
        let n = 500;
        work(&rt, n);
        let all_idle = || rt.stats().procs_idle == procs;
        // Who has been counted out, and even joined, still has to leave its stack.
        until("all have left", || all_idle() && rt.stats().threads_without_proc == 0 && all_idle());
        rt.stop_the_world(|_| ());
        let summary = trace.finish().unwrap();
        assert_eq!(summary.lost, 0);
        assert_eq!(summary.goroutines_started, n as u64 + 1);
        assert_eq!(
            summary.goroutines_started - summary.goroutines_ended,
            rt.stats().goroutines as u64
        );
        let picture = paper.picture();
        picture.check_order();
        assert!(picture.check_arrows() >= n);
        assert_eq!(picture.numbers["runs"], summary.runs);
        assert_eq!(picture.numbers["goroutines made"], n as u64 + 1);
        let ends = picture.slices.iter().filter(|slice| slice.then == "ends").count();
        assert_eq!(ends, n + 1, "each goroutine ends in a slice of its own");
        let yields = picture.slices.iter().filter(|slice| slice.then == "lets others run").count();
        assert!(yields >= n);
        assert!(picture.slices.iter().any(|slice| slice.row == (1, 0) && slice.name == "stopped"));
        assert!(picture.on_processors().len() <= procs);
    }
}

#[test]
fn a_goroutine_that_blocks_is_drawn_on_its_thread() {
    let rt = runtime(1);
    let paper = Paper::default();
    let trace = rt.trace(paper.clone()).unwrap();
    rt.run(|| {
        let other = go(|| (0..100).for_each(|_| yield_now()));
        blocking(|| thread::sleep(Duration::from_millis(20)));
        other.join().unwrap();
    });
    trace.finish().unwrap();
    let picture = paper.picture();
    picture.check_order();
    let long = |slice: &&picture::Slice| slice.to_ns - slice.from_ns > 10_000_000;
    let on_threads =
        picture.slices.iter().filter(|slice| slice.row.0 == 2 && slice.name.contains(".rs:"));
    assert_eq!(on_threads.filter(long).count(), 1);
}

#[test]
fn regions_and_messages_are_in_the_trace() {
    let rt = runtime(2);
    let paper = Paper::default();
    let trace = rt.trace(paper.clone()).unwrap();
    rt.run(|| {
        let _outer = trace::region("outer \"quoted\" \\ \n");
        let _inner = trace::region("inner");
        yield_now();
        trace::message("entries", 17);
    });
    trace::message("nobody hears a thread", 0);
    trace.finish().unwrap();
    let picture = paper.picture();
    let names = |phase| picture.of(phase).map(name).collect::<Vec<_>>();
    assert_eq!(names("b"), ["outer \"quoted\" \\ \n", "inner"]);
    assert_eq!(names("e"), ["inner", "outer \"quoted\" \\ \n"]);
    let messages: Vec<_> = picture.of("i").filter(|event| name(event) == "entries").collect();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].get("args").unwrap().get("number").unwrap().text(), Some("17"));
    assert!(!picture.of("i").any(|event| name(event).starts_with("nobody")));
}

#[test]
fn a_second_trace_is_refused_until_the_first_has_ended() {
    let rt = runtime(1);
    let first = rt.trace(io::sink()).unwrap();
    let refused = "gosched: this runtime is traced already, by a trace, a flight recorder or GOSCHED_TRACE; end that first";
    let error = rt.trace(io::sink()).err().unwrap();
    assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::ResourceBusy, refused));
    assert_eq!(rt.flight_recorder(1 << 20).err().unwrap().to_string(), refused);
    let other = runtime(1);
    drop(other.trace(io::sink()).unwrap());
    first.finish().unwrap();
    for _ in 0..20 {
        let paper = Paper::default();
        let trace = rt.trace(paper.clone()).unwrap();
        work(&rt, 20);
        let summary = trace.finish().unwrap();
        assert_eq!((summary.goroutines_started, summary.lost), (21, 0));
        paper.picture().check_order();
    }
}

#[test]
fn a_trace_begins_and_ends_in_the_middle_of_what_goes_on() {
    let rt = Arc::new(runtime(2));
    let over = Arc::new(AtomicBool::new(false));
    let busy = thread::spawn({
        let (rt, over) = (rt.clone(), over.clone());
        move || {
            while !over.load(Relaxed) {
                work(&rt, 50);
            }
        }
    });
    for _ in 0..30 {
        let paper = Paper::default();
        let trace = rt.trace(paper.clone()).unwrap();
        rt.stop_the_world(|_| thread::sleep(Duration::from_micros(100)));
        let was = rt.set_procs(3);
        thread::sleep(Duration::from_millis(3));
        rt.set_procs(was);
        let summary = trace.finish().unwrap();
        assert_eq!(summary.lost, 0);
        paper.picture().check_order();
        paper.picture().check_arrows();
    }
    over.store(true, Relaxed);
    busy.join().unwrap();
}

#[test]
fn a_trace_ends_with_its_runtime_and_is_whole() {
    let paper = Paper::default();
    let rt = runtime(2);
    let trace = rt.trace(paper.clone()).unwrap();
    work(&rt, 20);
    drop(rt);
    let picture = paper.picture(); // before it is finished
    picture.check_order();
    assert_eq!(picture.numbers["goroutines ended"], 21);
    let summary = trace.finish().unwrap();
    assert_eq!((summary.goroutines_started, summary.lost), (21, 0));
}

/// Writes so much and then fails, or panics.
struct Fails {
    room: usize,
    panics: bool,
}

impl Write for Fails {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room < bytes.len() {
            assert!(!self.panics, "the writer's own");
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.room -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_ends_its_trace_and_the_program_goes_on() {
    const NAME: &str = "a_writer_that_fails_ends_its_trace_and_the_program_goes_on";
    let child = in_child_alone(NAME, || {
        for panics in [false, true] {
            let rt = runtime(2);
            let trace = rt.trace(Fails { room: 1 << 17, panics }).unwrap();
            (0..40).for_each(|_| work(&rt, 100));
            thread::sleep(Duration::from_millis(100));
            let next = rt.trace(io::sink()).expect("the failed one has ended");
            let error = trace.finish().err().unwrap();
            let wanted = if panics { io::ErrorKind::Other } else { io::ErrorKind::StorageFull };
            assert_eq!(error.kind(), wanted);
            work(&rt, 10);
            next.finish().unwrap();
        }
    });
    child.succeeds();
    let told = "gosched: a trace ends, because it cannot be written: ";
    assert_eq!(child.stderr.matches(told).count(), 2, "{}", child.stderr);
    assert!(child.stderr.contains("the writer panicked"), "{}", child.stderr);
}

#[test]
fn a_closed_pipe_ends_a_trace() {
    let (read, write) = io::pipe().unwrap();
    drop(read);
    let rt = runtime(1);
    let trace = rt.trace(write).unwrap();
    work(&rt, 100);
    assert_eq!(trace.finish().err().unwrap().kind(), io::ErrorKind::BrokenPipe);
    work(&rt, 10);
}

#[test]
fn a_full_disk_ends_a_trace() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return };
    let rt = runtime(1);
    let trace = rt.trace(full).unwrap();
    work(&rt, 100);
    assert_eq!(trace.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
    work(&rt, 10);
}

#[test]
fn a_flight_recorder_keeps_the_last_bytes() {
    let rt = runtime(2);
    let recorder = rt.flight_recorder(20_000).unwrap();
    let early = rt.go(|| trace::message("early", 1));
    early.join().unwrap();
    for _ in 0..40 {
        work(&rt, 100);
    }
    rt.run(|| trace::message("late", 2));
    let mut bytes = Vec::new();
    let summary = recorder.snapshot(&mut bytes).unwrap();
    let picture = Picture::parse(&bytes);
    picture.check_order();
    picture.check_arrows();
    assert!(picture.of("i").any(|event| name(event) == "late"));
    assert!(!picture.of("i").any(|event| name(event) == "early"));
    assert!((100..20_000).contains(&summary.events), "{summary:?}");
    let mut again = Vec::new();
    recorder.snapshot(&mut again).unwrap();
    Picture::parse(&again);
    drop(rt);
    let mut none = Vec::new();
    assert_eq!(recorder.snapshot(&mut none).unwrap().events, 0);
    Picture::parse(&none);
}

#[test]
fn the_environment_asks_for_a_trace() {
    const NAME: &str = "the_environment_asks_for_a_trace";
    let path = std::env::temp_dir().join(format!("gosched-trace-{}.json", std::process::id()));
    if std::env::var_os("GOSCHED_TRACE").is_some() {
        let (first, second) = (runtime(1), runtime(1));
        work(&first, 10);
        work(&second, 20);
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture", "--test-threads=1"])
        .env("GOSCHED_TRACE", &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    for (path, n) in [(path.clone(), 11), (path.with_extension("json.2"), 21)] {
        let picture = Picture::parse(&std::fs::read(&path).unwrap());
        picture.check_order();
        assert_eq!(picture.numbers["goroutines ended"], n);
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_child_of_fork_does_not_wait_for_the_trace() {
    let child = in_child_alone("a_child_of_fork_does_not_wait_for_the_trace", || {
        let rt = runtime(1);
        let trace = rt.trace(io::sink()).unwrap();
        // SAFETY: the child calls only what a child may.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let finished = trace.finish().err().unwrap().to_string();
            let begun = rt.trace(io::sink()).err().unwrap().to_string();
            let forked = "gosched: this process was forked from";
            let is_right = finished.starts_with(forked) && begun.starts_with(forked);
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!is_right)) };
        }
        let mut status = 0;
        // SAFETY: waits for the child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        trace.finish().unwrap();
    });
    child.succeeds();
}

/// The report of `run`, if there is a deadlock.
fn deadlock(rt: &Runtime) -> String {
    harness::message_of(|| {
        rt.run(|| {
            let (_tx, rx) = bounded::<u32>(0);
            rx.recv().is_ok()
        })
    })
}

#[test]
fn a_deadlock_is_found_beside_a_flight_recorder() {
    const NAME: &str = "a_deadlock_is_found_beside_a_flight_recorder";
    let child = in_child_alone(NAME, || {
        let rt = runtime(1);
        for _ in 0..3 {
            let recorder = rt.flight_recorder(1 << 20).unwrap();
            assert!(deadlock(&rt).contains("deadlock"));
            assert_ne!(recorder.snapshot(io::sink()).unwrap().events, 0);
            assert!(deadlock(&rt).contains("deadlock"));
        }
        // A thread that ended without a word would be counted for ever.
        rt.go(|| gosched::time::sleep(Duration::from_millis(200)));
        assert!(deadlock(&rt).contains("deadlock"));
        assert_eq!(
            rt.num_goroutines(),
            3 + 3 + 1,
            "those in a deadlock, and not the one that slept"
        );
    });
    child.succeeds();
}

#[test]
fn a_deadlock_is_found_while_the_environment_traces_and_after_a_trace() {
    const NAME: &str = "a_deadlock_is_found_while_the_environment_traces_and_after_a_trace";
    let child = in_child_alone(NAME, || {
        // SAFETY: there is no other thread.
        unsafe { std::env::set_var("GOSCHED_TRACE", "/dev/null") };
        assert!(deadlock(&runtime(1)).contains("deadlock"));
        // SAFETY: as above: the runtime has ended.
        unsafe { std::env::remove_var("GOSCHED_TRACE") };
        let rt = runtime(1);
        let trace = rt.trace(io::sink()).unwrap();
        work(&rt, 10);
        trace.finish().unwrap();
        assert!(deadlock(&rt).contains("deadlock"));
    });
    child.succeeds();
}
