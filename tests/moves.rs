//! The detector of broken promises: what it reports, and what it leaves alone.
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
use std::collections::HashMap;
use std::hint::{black_box, spin_loop};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use gosched::chan::{Sender, bounded, unbounded};
use gosched::{Runtime, go, yield_now};
use harness::{Child, in_child, start};

thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static LIST: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static SHARED: Rc<Cell<u64>> = Rc::new(Cell::new(0));
}

#[inline(never)]
fn this_thread() -> i32 {
    // SAFETY: asks only. (std's handle is an Arc that a thread-local holds too.)
    unsafe { libc::gettid() }
}

/// Has goroutines wait in `waits` until some of them have moved.
fn until_some_move(reports: bool, waits: fn()) {
    let rt = start(Runtime::builder().procs(2).report_moves(reports));
    LazyLock::force(&WAKER);
    let mut moved = 0;
    for _ in 0..1_000 {
        let before_and_after = rt.run(move || {
            let one = move || {
                let before = this_thread();
                waits();
                (before, this_thread())
            };
            go(one).join().unwrap()
        });
        moved += u32::from(before_and_after.0 != before_and_after.1);
        if moved == 5 {
            return;
        }
    }
    panic!("too few have moved");
}

/// An ordinary thread, which ends each wait after a while. No goroutine starts it: std's `spawn` uses the
/// handle of its thread, and leaves that in the stack.
static WAKER: LazyLock<Sender<Sender<()>>> = LazyLock::new(|| {
    let (wakes, waits) = unbounded::<Sender<()>>();
    thread::spawn(move || {
        for wait in waits {
            thread::sleep(Duration::from_millis(1));
            wait.send(()).unwrap();
        }
    });
    wakes
});

/// Waits for an ordinary thread while another goroutine keeps this thread, most likely.
fn wait() {
    let over = Arc::new(AtomicBool::new(false));
    let seen = over.clone();
    go(move || {
        while !seen.load(SeqCst) {
            spin_loop();
        }
    });
    let (tx, rx) = bounded(0);
    WAKER.send(tx).unwrap();
    rx.recv().unwrap();
    over.store(true, SeqCst);
}

fn keeps_a_reference() {
    NUMBER.with(|number| {
        black_box(number).set(1);
        wait();
        black_box(number);
    });
}

fn keeps_a_borrow() {
    // A shared one: an exclusive one would panic where another goroutine has it on this thread.
    LIST.with(|list| {
        let borrowed = black_box(list).borrow();
        wait();
        black_box(&borrowed);
    });
}

/// Not inlined: its frame may hold the thread-local's address.
#[inline(never)]
fn a_clone() -> Rc<Cell<u64>> {
    SHARED.with(Rc::clone)
}

/// Overwrites what the frames of earlier calls have left in the stack, which is found too.
#[inline(never)]
fn wipe() {
    black_box([0_u8; 1024]);
}

fn keeps_a_clone() {
    let clone = a_clone();
    wipe();
    black_box(&clone);
    wait();
    // Nobody counts on this thread what was counted on another.
    let _ = std::mem::ManuallyDrop::new(black_box(clone));
}

/// Uses thread-locals, none of which holds a pointer that could be left over in the stack. Not inlined, as the contract wants it: the compiler, which knows nothing of
/// moves, may otherwise keep an address from before a wait for after it, and that is found too.
#[inline(never)]
fn uses_thread_locals() {
    // Not the list: its buffer's address may be left over in a frame that is live later, as the
    // documents say.
    NUMBER.with(|number| black_box(number).set(1));
}

/// What any program does with its thread's state, between waits.
fn is_clean() {
    uses_thread_locals();
    let map: HashMap<_, _> = (0..10).map(|i| (i, format!("{i}"))).collect();
    wait();
    uses_thread_locals();
    assert_eq!(black_box(&map).len(), 10);
    yield_now();
    uses_thread_locals();
    let error = std::fs::File::open("/nothing/there").unwrap_err();
    wait();
    black_box((error.kind(), map));
}

const BREAKS: &str =
    " and continues on a different thread, which may break the promise of Builder::start";

#[track_caller]
fn reported_once(child: &Child, what: &str) {
    child.succeeds();
    let mut lines: Vec<_> =
        child.stderr.lines().filter(|line| line.contains("gosched: ")).collect();
    assert!(!lines.is_empty(), "{child:#?}");
    for line in &lines {
        assert!(line.starts_with("gosched: goroutine "), "{child:#?}");
        assert!(line.contains(", started at tests/moves.rs:"), "{child:#?}");
        assert!(line.contains(&format!(", keeps {what} while it ")), "{child:#?}");
        assert!(line.ends_with(BREAKS), "{child:#?}");
    }
    // Each wait once: it waits to receive, and may be made to let others run.
    lines.iter_mut().for_each(|line| *line = line.split_once(" while it ").unwrap().1);
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), all, "{child:#?}");
}

const REFERENCE: &str = "a pointer into a thread-local of its thread";

#[test]
fn a_reference_into_a_thread_local_is_reported_once() {
    let name = "a_reference_into_a_thread_local_is_reported_once";
    let child = in_child(name, || {
        until_some_move(true, keeps_a_reference);
    });
    reported_once(&child, REFERENCE);
}

#[test]
fn a_borrow_of_a_thread_local_is_reported_once() {
    let name = "a_borrow_of_a_thread_local_is_reported_once";
    let child = in_child(name, || until_some_move(true, keeps_a_borrow));
    reported_once(&child, REFERENCE);
}

#[test]
fn an_rc_that_a_thread_local_shares_is_reported_once() {
    let name = "an_rc_that_a_thread_local_shares_is_reported_once";
    let child = in_child(name, || until_some_move(true, keeps_a_clone));
    reported_once(&child, "a pointer that a thread-local of its thread holds too");
}

#[test]
fn one_that_keeps_nothing_is_not_reported() {
    let child = in_child("one_that_keeps_nothing_is_not_reported", || {
        for _ in 0..20 {
            until_some_move(true, is_clean);
        }
    });
    child.succeeds();
    assert_eq!(child.stderr.matches("gosched: ").count(), 0, "{child:#?}");
}

#[test]
fn nothing_is_reported_unless_it_is_asked_for() {
    let child = in_child("nothing_is_reported_unless_it_is_asked_for", || {
        until_some_move(false, keeps_a_reference);
    });
    child.succeeds();
    assert_eq!(child.stderr.matches("gosched: ").count(), 0, "{child:#?}");
}

#[test]
fn one_that_has_a_thread_of_its_own_breaks_no_promise() {
    let child = in_child("one_that_has_a_thread_of_its_own_breaks_no_promise", || {
        let rt = Runtime::builder().procs(2).report_moves(true).start_threaded().unwrap();
        rt.run(|| {
            let all: Vec<_> = (0..20).map(|_| go(keeps_a_borrow)).collect();
            all.into_iter().for_each(|one| one.join().unwrap());
        });
    });
    child.succeeds();
    assert_eq!(child.stderr.matches("gosched: ").count(), 0, "{child:#?}");
}
