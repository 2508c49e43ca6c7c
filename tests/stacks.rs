//! The stacks in dumps: whose frames they show, and that they are those of one moment.
#![cfg(all(feature = "backtrace", not(any(feature = "loom", feature = "shuttle"))))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, bounded};
use gosched::goroutine::Builder;
use gosched::{GoroutineInfo, GoroutineState as State, yield_now};
use harness::{once, runtime};

/// The names of all functions on a stack.
fn names(g: &GoroutineInfo) -> Vec<String> {
    let frames = g.stack().unwrap();
    let functions = frames.iter().flat_map(|frame| frame.functions());
    functions.map(|function| function.name().unwrap_or("?").to_owned()).collect()
}

/// Where the names of functions of this file lie in a stack.
fn positions(names: &[String], wanted: &[&str]) -> Vec<Option<usize>> {
    let find = |wanted: &&str| names.iter().position(|name| name.contains(wanted));
    wanted.iter().map(find).collect()
}

#[inline(never)]
fn inner(rx: &Receiver<()>) {
    black_box(rx.recv()).unwrap_err();
    black_box(());
}

#[inline(never)]
fn middle(rx: &Receiver<()>, depth: u32) {
    let frame = black_box([depth; 16]);
    if depth == 0 {
        inner(rx)
    } else {
        middle(rx, depth - 1)
    }
    assert_eq!(black_box(frame), [depth; 16]);
}

#[inline(never)]
fn outer(rx: &Receiver<()>) {
    middle(rx, 3);
    black_box(());
}

#[test]
fn a_suspended_goroutine_is_shown_from_its_wait_to_its_first_function() {
    let rt = runtime(2);
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let handle = Builder::new().name("waits").go_on(&rt, move || outer(&rx));
    let g = once(&rt, "waits", State::Waiting);
    let names = names(&g);
    let found = positions(
        &names,
        &["Receiver", "stacks::inner", "stacks::middle", "stacks::outer", "goroutine_main"],
    );
    assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{found:?} {names:#?}");
    assert_eq!(names.iter().filter(|name| name.contains("stacks::middle")).count(), 4);
    let text = rt.dump().to_string();
    let (first, last) = (text.find("stacks::inner").unwrap(), text.find("stacks::outer").unwrap());
    assert!(
        first < last && !text.contains("goroutine_main") && !text.contains("gosched::sched::"),
        "{text}"
    );
    assert!(text.contains("tests/stacks.rs:") && !text.contains("catch_unwind"), "{text}");
    assert_eq!(text.matches("gosched::api::").count(), 1, "{text}");
    let all = format!("{:#}", rt.dump());
    assert!(all.contains("goroutine_main"), "{all}");
    drop(tx);
    handle.join().unwrap();
}

#[test]
fn one_that_has_not_begun_has_an_empty_stack_of_its_own() {
    let rt = runtime(1);
    let pause = rt.pause();
    let handle = Builder::new().name("new").go_on(&rt, || ());
    let g = once(&rt, "new", State::HeldBack);
    assert_eq!(g.stack().unwrap().len(), 1, "{:?}", names(&g));
    assert!(!rt.dump().to_string().contains("\n    "), "{}", rt.dump());
    drop(pause);
    handle.join().unwrap();
}

#[test]
fn a_stack_that_is_deeper_than_what_is_looked_for_is_cut() {
    let rt = runtime(1);
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let handle = Builder::new().name("deep").go_on(&rt, move || middle(&rx, 500));
    let g = once(&rt, "deep", State::Waiting);
    assert_eq!(g.stack().unwrap().len(), 128);
    assert!(rt.dump().to_string().ends_with("\n    ..."), "{}", rt.dump());
    drop(tx);
    handle.join().unwrap();
}

/// Two ways down to a yield, which never mix on one stack.
#[inline(never)]
fn left(depth: u32) {
    let frame = black_box([depth; 9]);
    if depth == 0 {
        yield_now()
    } else {
        left(depth - 1)
    }
    black_box(frame);
}

#[inline(never)]
fn right(depth: u32) {
    let frame = black_box([depth; 5]);
    if depth == 0 {
        yield_now()
    } else {
        right(depth - 1)
    }
    black_box(frame);
}

#[test]
fn a_stack_is_that_of_one_moment_however_fast_it_changes() {
    let rt = runtime(2);
    let is_over = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..4)
        .map(|i| {
            let is_over = is_over.clone();
            Builder::new().name("w").go_on(&rt, move || {
                let mut depth = i;
                while !is_over.load(SeqCst) {
                    depth = (depth + 7) % 23;
                    if depth % 2 == 0 { left(depth) } else { right(depth) }
                }
            })
        })
        .collect();
    // What each address is, found once.
    let mut kinds = std::collections::HashMap::new();
    let (begin, mut whole) = (Instant::now(), [0; 2]);
    while begin.elapsed() < Duration::from_secs(1) {
        for g in rt.dump().goroutines() {
            let Some(stack) = g.stack() else { continue };
            let mut kind = |address: usize, frame: &gosched::Frame| -> &'static str {
                kinds.entry(address).or_insert_with(|| {
                    let names = format!("{:?}", frame.functions());
                    match () {
                        () if names.contains("stacks::left") => "left",
                        () if names.contains("stacks::right") => "right",
                        () if names.contains("first_frame") => "end",
                        () => "other",
                    }
                })
            };
            let found: Vec<_> = stack.iter().map(|frame| kind(frame.address(), frame)).collect();
            let count = |what| found.iter().filter(|&&kind| kind == what).count();
            let (left, right) = (count("left"), count("right"));
            assert!(left == 0 || right == 0, "{found:?}");
            assert!(left % 2 == 1 || left == 0, "an odd number of frames go left: {found:?}");
            assert!(right % 2 == 0, "an even number of frames go right: {found:?}");
            whole[usize::from(right > 0)] += usize::from(left + right > 0);
            assert_eq!(found.last(), Some(&"end"), "{found:?}");
        }
    }
    is_over.store(true, SeqCst);
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    assert!(whole.iter().all(|&n| n > 100), "{whole:?}");
}

#[test]
fn a_deadlock_report_shows_the_stacks() {
    let rt = harness::start(gosched::Runtime::builder().procs(1).isolated(true));
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let text = harness::message_of(|| rt.run(move || outer(&rx)));
    drop(tx);
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let small = harness::message_of(|| rt.run(move || rx.recv()));
    drop(tx);
    assert!(small.contains("stacks::a_deadlock_report_shows_the_stacks::{{closure}}"), "{small}");
    assert!(!small.contains("__rust_try") && !small.contains("start_as"), "{small}");
    let (line, stack) = text.split_once("; started at ").unwrap();
    assert!(line.contains("waits to receive from a channel"), "{text}");
    let (first, last) =
        (stack.find("stacks::inner").unwrap(), stack.find("stacks::outer").unwrap());
    assert!(first < last && !stack.contains("gosched::sched::"), "{text}");
}
