//! `GOSCHED_DEBUG=schedtrace`: lines come, they are true, and nobody and nothing waits for them.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, bounded};
use gosched::goroutine::Builder;
use gosched::{Runtime, blocking, go, lock_os_thread, time};
use harness::{LATE, bound_time, in_child, in_child_alone, message_of, runtime, settle, start};

/// Asks for lines, in a child.
fn ask(value: &str) {
    // SAFETY: a child of this test's, whose other threads ask for no variable now.
    unsafe { std::env::set_var("GOSCHED_DEBUG", value) };
}

/// Standard error of this process, kept in memory until this is dropped.
struct Stderr {
    memory: File,
    before: OwnedFd,
}

impl Stderr {
    fn keep() -> Self {
        // SAFETY: makes a descriptor.
        let memory = unsafe { libc::memfd_create(c"stderr".as_ptr(), 0) };
        // SAFETY: the descriptor just made.
        let memory = unsafe { File::from_raw_fd(memory) };
        let before = std::io::stderr().as_fd().try_clone_to_owned().unwrap();
        become_stderr(memory.as_raw_fd());
        Self { memory, before }
    }

    fn text(&self) -> String {
        fs::read_to_string(format!("/proc/self/fd/{}", self.memory.as_raw_fd())).unwrap()
    }

    /// What was written each time by the runtime with that mark, without the mark; without the last, which
    /// may not be whole.
    fn blocks(&self, mark: &str) -> Vec<Vec<String>> {
        let mut blocks: Vec<Vec<String>> = Vec::new();
        for line in self.text().lines() {
            let (line, its) = line.split_once(" runtime=").unwrap_or((line, ""));
            if its != mark {
                continue;
            }
            if line.starts_with("SCHED ") {
                blocks.push(Vec::new());
            }
            if let Some(block) = blocks.last_mut() {
                block.push(line.into());
            }
        }
        blocks.pop();
        blocks
    }

    /// Waits for a block that is as wanted.
    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&[String]) -> bool) {
        self.until_of("", what, is_so);
    }

    #[track_caller]
    fn until_of(&self, mark: &str, what: &str, is_so: impl Fn(&[String]) -> bool) {
        let began = Instant::now();
        // Those from before do not count.
        let mut seen = self.blocks(mark).len();
        loop {
            let blocks = self.blocks(mark);
            if blocks[seen.min(blocks.len())..].iter().any(|block| is_so(block)) {
                return;
            }
            seen = blocks.len();
            assert!(began.elapsed() < Duration::from_secs(30), "{what}: {:#?}", blocks.last());
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        become_stderr(self.before.as_raw_fd());
        if thread::panicking() {
            let text = self.text();
            let last = text.len().saturating_sub(4_000);
            std::io::stderr().write_all(&text.as_bytes()[last..]).unwrap();
        }
    }
}

fn become_stderr(fd: i32) {
    // SAFETY: replaces a descriptor of this process.
    assert_eq!(unsafe { libc::dup2(fd, 2) }, 2);
}

/// What a line says of a name.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let mut words = line.split([' ', ':']);
    words
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("no {name} in {line}"))
}

fn number(line: &str, name: &str) -> u64 {
    field(line, name).parse().unwrap_or_else(|_| panic!("{name} in {line}"))
}

fn ms(line: &str) -> u64 {
    let rest = line.strip_prefix("SCHED ").unwrap();
    rest.split_once("ms: ").unwrap().0.parse().unwrap()
}

/// The numbers in brackets.
fn list(line: &str, name: &str) -> Vec<u64> {
    let (_, rest) = line.split_once(&format!(" {name}[ ")).unwrap();
    let (list, _) = rest.split_once(" ]").unwrap();
    list.split(' ').map(|number| number.parse().unwrap()).collect()
}

/// Something that goroutines compute or block until.
#[derive(Clone, Default)]
struct Signal(Arc<AtomicBool>);

impl Signal {
    fn give(&self) {
        self.0.store(true, SeqCst);
    }

    fn compute(&self) {
        while !self.0.load(SeqCst) {
            std::hint::spin_loop();
        }
    }

    fn block(&self) {
        while !self.0.load(SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// One processor, which nobody takes from a goroutine that computes.
fn patient() -> Runtime {
    start(Runtime::builder().procs(1).quantum(LATE))
}

fn has_thread() -> bool {
    let names = fs::read_dir("/proc/self/task").unwrap().filter_map(|task| {
        fs::read_to_string(task.ok()?.path().join("comm")).ok() // it may have ended
    });
    names.into_iter().any(|name| name.trim_end() == "gosched-schedtr")
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn lines_come_as_often_as_was_asked_and_in_gos_form() {
    let child = in_child("lines_come_as_often_as_was_asked_and_in_gos_form", || {
        ask("schedtrace=20");
        let stderr = Stderr::keep();
        let rt = runtime(3);
        until("ten lines", || stderr.blocks("").len() >= 10);
        drop(rt);
        let blocks = stderr.blocks("");
        assert!(blocks.iter().all(|block| block.len() == 1), "{blocks:?}");
        let periods: Vec<u64> = blocks.iter().map(|block| ms(&block[0]) / 20).collect();
        assert!(periods.is_sorted_by(|a, b| a < b), "one line in each 20 ms: {blocks:#?}");
        for line in blocks.iter().flatten() {
            let (_, rest) = line.split_once(": ").unwrap();
            let names: Vec<&str> =
                rest.split(' ').filter_map(|word| Some(word.split_once('=')?.0)).collect();
            assert_eq!(
                names,
                [
                    "gomaxprocs",
                    "idleprocs",
                    "threads",
                    "spinningthreads",
                    "needspinning",
                    "idlethreads",
                    "runqueue",
                    "schedticks"
                ]
            );
            assert_eq!((list(line, "").len(), list(line, "schedticks=").len()), (3, 3));
            assert_eq!(number(line, "gomaxprocs"), 3);
        }
    });
    child.succeeds();
}

#[test]
fn the_numbers_fit_what_the_program_does() {
    let child = in_child("the_numbers_fit_what_the_program_does", || {
        ask("schedtrace=3");
        let stderr = Stderr::keep();
        let rt = patient();
        let is = |line: &str, idle, queued, shared| {
            (number(line, "idleprocs"), list(line, ""), number(line, "runqueue"))
                == (idle, vec![queued], shared)
        };
        stderr.until("nothing runs", |block| is(&block[0], 1, 0, 0));
        let (computed, block) = (Signal::default(), Signal::default());
        let computes = computed.clone();
        let first = rt.go(move || {
            let all: Vec<_> = (0..5).map(|_| go(|| ())).collect();
            computes.compute();
            all.into_iter().for_each(|g| g.join().unwrap());
        });
        stderr.until("one computes, five wait", |block| is(&block[0], 0, 5, 0));
        let others: Vec<_> = (0..3).map(|_| rt.go(|| ())).collect();
        stderr.until("three in the shared queue", |block| is(&block[0], 0, 5, 3));
        computed.give();
        first.join().unwrap();
        others.into_iter().for_each(|g| g.join().unwrap());
        stderr.until("all have ended", |block| {
            is(&block[0], 1, 0, 0) && list(&block[0], "schedticks=")[0] > 5
        });
        let blocks: Vec<_> = (0..4)
            .map(|_| {
                let block = block.clone();
                rt.go(move || blocking(|| block.block()))
            })
            .collect();
        stderr.until("four block their threads", |block| {
            let line = &block[0];
            number(line, "threads") >= number(line, "idlethreads") + 4 && is(line, 1, 0, 0)
        });
        block.give();
        blocks.into_iter().for_each(|g| g.join().unwrap());
        stderr.until("their threads idle", |block| {
            let line = &block[0];
            number(line, "idlethreads") >= 4 && number(line, "spinningthreads") == 0
        });
        rt.set_procs(2);
        stderr.until("two processors", |block| list(&block[0], "") == [0, 0]);
    });
    child.succeeds();
}

/// The line of the goroutine of that name.
fn named<'a>(block: &'a [String], name: &str) -> Option<&'a str> {
    let mark = format!(" name={name:?} ");
    block.iter().map(String::as_str).find(|line| line.starts_with("  G") && line.contains(&mark))
}

/// The line of a P, an M or a G.
fn line_of<'a>(block: &'a [String], kind: char, id: &str) -> &'a str {
    let begin = format!("  {kind}{id}: ");
    block
        .iter()
        .find(|line| line.starts_with(&begin))
        .unwrap_or_else(|| panic!("{begin}: {block:#?}"))
}

fn id_of(line: &str) -> &str {
    line.trim_start().split_once(':').unwrap().0.trim_start_matches(['P', 'M', 'G'])
}

/// Whether a named goroutine is there with that state.
fn is_in(block: &[String], name: &str, state: &str) -> bool {
    named(block, name).is_some_and(|line| line.contains(&format!(" status={state}")))
}

#[test]
fn the_detail_says_what_each_goroutine_processor_and_thread_does() {
    let child = in_child("the_detail_says_what_each_goroutine_processor_and_thread_does", || {
        ask("schedtrace=3,scheddetail=1");
        let stderr = Stderr::keep();
        let rt = patient();
        let over = Signal::default();
        let on = |name: &str| Builder::new().name(name);
        let (_tx, rx): (_, Receiver<()>) = bounded(0);
        on("receives").label("peer", "x y").go_on(&rt, {
            let rx = rx.clone();
            move || rx.recv()
        });
        on("locked").go_on(&rt, move || {
            let _guard = lock_os_thread();
            rx.recv()
        });
        on("sleeps").go_on(&rt, || time::sleep(LATE));
        let blocks = on("blocks").go_on(&rt, {
            let over = over.clone();
            move || blocking(|| over.block())
        });
        stderr.until("they wait", |block| {
            is_in(block, "receives", "4(waits to receive from a channel for ")
                && is_in(block, "locked", "4(waits to receive from a channel for ")
                && is_in(block, "sleeps", "4(sleeps for ")
                && is_in(block, "blocks", "3(blocks)")
                && number(&block[0], "nmidlelocked") == 1
                && field(&block[1], "status") == "0"
        });
        let computes = on("computes").go_on(&rt, {
            let over = over.clone();
            move || over.compute()
        });
        stderr.until("one computes", |block| is_in(block, "computes", "2(runs)"));
        let queued = on("queued").go_on(&rt, || ());
        stderr.until("all are there", |block| {
            is_in(block, "queued", "1(ready to run)") && fits(block)
        });
        over.give();
        [computes, queued].into_iter().for_each(|g| g.join().unwrap());
        blocks.join().unwrap();
        stderr.until("those that have ended are gone", |block| {
            named(block, "queued").is_none() && named(block, "receives").is_some()
        });
    });
    child.succeeds();
}

/// Whether the lines fit each other, while one goroutine computes, one blocks, and one is locked.
fn fits(block: &[String]) -> bool {
    let g = |name| named(block, name).unwrap();
    let (m, blocked_m) = (field(g("computes"), "m"), field(g("blocks"), "m"));
    let locked_m = field(g("locked"), "lockedm");
    assert_eq!(field(g("receives"), "m"), "nil");
    assert_eq!(field(g("receives"), "lockedm"), "nil");
    assert!(g("receives").contains(" at=tests/schedtrace.rs:"), "{}", g("receives"));
    assert!(g("receives").contains(r#" name="receives" "peer"="x y" at="#), "{}", g("receives"));
    assert!(g("computes").contains(" started=tests/schedtrace.rs:"), "{}", g("computes"));
    if [m, blocked_m, locked_m].contains(&"nil") {
        return false; // on the way
    }
    let p = line_of(block, 'P', "0");
    let [runs, blocks, waits] = [m, blocked_m, locked_m].map(|m| line_of(block, 'M', m));
    let shared = number(&block[0], "runqueue") + number(p, "runqsize");
    // A noisy neighbour may have the thread that computes sleep in no call of its own: it does not.
    field(p, "m") == m
        && field(p, "status") == "1"
        && shared == 1
        && number(p, "timerslen") == 1
        && (field(runs, "p"), field(runs, "curg")) == ("0", id_of(g("computes")))
        && (field(runs, "blocked"), field(runs, "spinning")) == ("false", "false")
        && (field(blocks, "p"), field(blocks, "curg")) == ("nil", id_of(g("blocks")))
        && field(blocks, "blocked") == "true"
        && (field(waits, "lockedg"), field(waits, "curg")) == (id_of(g("locked")), "nil")
        && field(waits, "blocked") == "true"
}

#[test]
fn a_stopped_world_and_a_pause_hold_no_line_back() {
    let child = in_child("a_stopped_world_and_a_pause_hold_no_line_back", || {
        ask("schedtrace=3,scheddetail=1");
        let stderr = Stderr::keep();
        let rt = runtime(2);
        rt.stop_the_world(|_| {
            stderr.until("the world is stopped", |block| {
                field(&block[0], "gcwaiting") == "true"
                    && block[1..3].iter().all(|p| field(p, "status") == "3")
            });
        });
        stderr.until("it is not", |block| field(&block[0], "gcwaiting") == "false");
        let pause = rt.pause();
        Builder::new().name("held").go_on(&rt, || ());
        stderr.until("one is held back", |block| is_in(block, "held", "1(held back by a pause)"));
        drop(pause);
        stderr.until("it has ended", |block| named(block, "held").is_none());
    });
    child.succeeds();
}

#[test]
fn what_is_not_understood_is_told_once_and_the_rest_holds() {
    let child = in_child("what_is_not_understood_is_told_once_and_the_rest_holds", || {
        ask("gctrace=1,schedtrace=2,scheddetail=yes");
        let stderr = Stderr::keep();
        let (_first, _second) = (runtime(1), runtime(1));
        stderr.until_of("2", "lines come", |block| block.len() == 1);
        let told: Vec<_> = stderr
            .text()
            .lines()
            .filter(|line| !line.starts_with("SCHED "))
            .map(String::from)
            .collect();
        assert_eq!(
            told,
            [
                "gosched: GOSCHED_DEBUG: \"gctrace\" is ignored: there are schedtrace and scheddetail; \
              scheddetail=\"yes\" is ignored: write 0 or 1"
            ]
        );
    });
    child.succeeds();
}

#[test]
fn without_a_period_there_are_no_lines_and_no_thread() {
    let child = in_child("without_a_period_there_are_no_lines_and_no_thread", || {
        ask("");
        let stderr = Stderr::keep();
        let rt = runtime(1);
        ask("schedtrace=1"); // too late: it is read once
        let other = runtime(1);
        rt.run(settle);
        other.run(settle);
        assert!(!has_thread());
        assert_eq!(stderr.text(), "");
    });
    child.succeeds();
}

#[test]
fn a_period_of_zero_is_told() {
    let child = in_child("a_period_of_zero_is_told", || {
        ask("schedtrace=0");
        let rt = runtime(1);
        rt.run(settle);
        assert!(!has_thread());
    });
    child.succeeds();
    let told = "gosched: GOSCHED_DEBUG: schedtrace=\"0\" is ignored: write a number of milliseconds above zero\n";
    assert_eq!(child.stderr, told);
}

#[test]
fn a_deadlock_is_found_beside_lines() {
    let child = in_child_alone("a_deadlock_is_found_beside_lines", || {
        ask("schedtrace=1,scheddetail=1");
        for _ in 0..2 {
            let rt = runtime(1);
            for _ in 0..2 {
                let text = message_of(|| rt.run(wait_for_ever));
                assert!(text.contains("deadlock"), "{text}");
            }
        }
    });
    child.succeeds();
    assert!(child.stderr.contains("SCHED ") && child.stderr.contains(" runtime=2\n"), "{child:#?}");
}

fn wait_for_ever() -> bool {
    let (_tx, rx) = bounded::<bool>(0);
    rx.recv().is_ok()
}

#[test]
fn nothing_is_said_to_be_a_deadlock_while_a_thread_is_awake() {
    const NAME: &str = "nothing_is_said_to_be_a_deadlock_while_a_thread_is_awake";
    let child = in_child_alone(NAME, || {
        ask("schedtrace=1");
        // Each that has ended must have been taken out of the count.
        (0..20).for_each(|_| drop(runtime(1)));
        let rt = runtime(1);
        let (tx, rx) = bounded(0);
        let sender = thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            tx.send(7)
        });
        assert_eq!(rt.run(move || rx.recv()), Ok(7));
        sender.join().unwrap().unwrap();
    });
    child.succeeds();
}

#[test]
fn a_closed_standard_error_harms_nobody() {
    let child = in_child("a_closed_standard_error_harms_nobody", || {
        ask("schedtrace=1,scheddetail=1");
        let before = Stderr::keep();
        // SAFETY: a descriptor of this process.
        unsafe { libc::close(2) };
        let rt = runtime(2);
        assert_eq!(rt.run(|| (settle(), go(|| 4).join().unwrap()).1), 4);
        drop((rt, before));
    });
    child.succeeds();
}

#[test]
fn a_pipe_without_a_reader_harms_nobody() {
    let child = in_child("a_pipe_without_a_reader_harms_nobody", || {
        ask("schedtrace=1");
        // SAFETY: what the signal does unless somebody says otherwise, as Rust's main does.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        let before = Stderr::keep();
        let (reader, writer) = std::io::pipe().unwrap();
        become_stderr(writer.as_raw_fd());
        drop(reader);
        let rt = runtime(2);
        assert_eq!(rt.run(|| (settle(), go(|| 4).join().unwrap()).1), 4);
        drop((rt, before));
    });
    child.succeeds();
}

#[test]
fn a_pipe_that_nobody_reads_keeps_nobody() {
    let child = in_child("a_pipe_that_nobody_reads_keeps_nobody", || {
        ask("schedtrace=1,scheddetail=1");
        let before = Stderr::keep();
        let (mut reader, writer) = std::io::pipe().unwrap();
        become_stderr(writer.as_raw_fd());
        // SAFETY: makes the pipe as short as can be.
        unsafe { libc::fcntl(2, libc::F_SETPIPE_SZ, 4096) };
        let rt = runtime(2);
        until("the pipe is full", || !can_write());
        assert_eq!(rt.run(|| (settle(), go(|| 4).join().unwrap()).1), 4);
        drop(rt);
        drop((writer, before));
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap(); // the thread ends, too
        assert!(text.starts_with(b"SCHED "));
        until("the thread is gone", || !has_thread());
    });
    child.succeeds();
}

/// Whether standard error is a pipe with room.
fn can_write() -> bool {
    let mut fd = libc::pollfd { fd: 2, events: libc::POLLOUT, revents: 0 };
    // SAFETY: looks at one descriptor.
    unsafe { libc::poll(&raw mut fd, 1, 0) == 1 }
}

#[test]
fn an_end_does_not_wait_for_the_next_line() {
    let child = in_child("an_end_does_not_wait_for_the_next_line", || {
        ask("schedtrace=18446744073709551615");
        let stderr = Stderr::keep();
        for _ in 0..3 {
            let rt = runtime(1);
            until("there is a thread", has_thread);
            rt.shutdown_timeout(Duration::from_secs(1_000));
            until("the thread has ended", || !has_thread());
        }
        assert!(stderr.text().lines().count() <= 3, "one line each: {}", stderr.text());
    });
    child.succeeds();
}

#[test]
fn lines_go_on_while_an_end_waits() {
    let child = in_child("lines_go_on_while_an_end_waits", || {
        ask("schedtrace=3,scheddetail=1");
        let stderr = Stderr::keep();
        let rt = runtime(1);
        let over = Signal::default();
        Builder::new().name("last").go_on(&rt, {
            let over = over.clone();
            move || over.compute()
        });
        stderr.until("it computes", |block| is_in(block, "last", "2(runs)"));
        let end = thread::spawn(move || drop(rt));
        stderr.until("the end has the world stopped", |block| {
            field(&block[0], "gcwaiting") == "true"
        });
        stderr.until("it computes", |block| is_in(block, "last", "2(runs)"));
        over.give();
        end.join().unwrap();
        until("the thread has ended", || !has_thread());
    });
    child.succeeds();
}

#[test]
fn two_runtimes_say_which_is_which() {
    let child = in_child("two_runtimes_say_which_is_which", || {
        ask("schedtrace=3,scheddetail=1");
        let stderr = Stderr::keep();
        let (first, second) = (runtime(1), runtime(2));
        let (_tx, rx): (_, Receiver<()>) = bounded(0);
        Builder::new().name("of the first").go_on(&first, {
            let rx = rx.clone();
            move || rx.recv()
        });
        Builder::new().name("of the second").go_on(&second, move || rx.recv());
        let is_its = |block: &[String], name: &str, other: &str, procs| {
            named(block, name).is_some()
                && named(block, other).is_none()
                && number(&block[0], "gomaxprocs") == procs
        };
        let (one, two) = ("of the first", "of the second");
        stderr.until("the first", |block| is_its(block, one, two, 1));
        stderr.until_of("2", "the second", |block| is_its(block, two, one, 2));
        drop(first);
        stderr.until_of("2", "the second goes on", |block| is_its(block, two, one, 2));
    });
    child.succeeds();
}

#[test]
fn a_child_of_fork_begins_anew() {
    let child = in_child_alone("a_child_of_fork_begins_anew", || {
        ask("schedtrace=2");
        let rt = runtime(1);
        // SAFETY: the child calls only what a child may.
        let child = unsafe { libc::fork() };
        if child == 0 {
            bound_time(60); // that of the parent is the parent's
            drop(rt);
            let stderr = Stderr::keep();
            let rt = runtime(1);
            stderr.until_of("2", "lines", |block| block.len() == 1);
            let text = message_of(|| rt.run(wait_for_ever));
            let is_right = text.contains("deadlock");
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!is_right)) };
        }
        let mut status = 0;
        // SAFETY: waits for the child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        assert_eq!(rt.run(|| go(|| 4).join().unwrap()), 4);
    });
    child.succeeds();
}
