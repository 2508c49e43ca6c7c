//! Names and labels of goroutines: who has them, and where they are shown.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::mem_forget,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use gosched::chan::bounded;
use gosched::goroutine::{self, Builder};
use gosched::{GoroutineInfo, JoinHandle, Runtime, go, stop_the_world};
use harness::{in_child, in_child_alone, message_of, runtime, start};

/// The calling goroutine as the list has it.
fn me() -> GoroutineInfo {
    let id = goroutine::id().unwrap();
    stop_the_world(|world| world.goroutines().find(|g| g.id() == id).unwrap())
}

fn labels(g: &GoroutineInfo) -> Vec<(String, String)> {
    g.labels().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn joined<T>(handle: JoinHandle<T>) -> T {
    handle.join().unwrap()
}

#[test]
fn a_goroutine_has_the_name_and_the_labels_it_was_given_and_no_other_has() {
    let rt = runtime(1);
    rt.run(|| {
        let given = Builder::new().name("fetch").label("user", "anna").label("kind", "a");
        let named = joined(given.go(me));
        assert_eq!(named.name(), Some("fetch"));
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(labels(&named), [pair("kind", "a"), pair("user", "anna")]);
        let says =
            format!("goroutine {} \"fetch\" [\"kind\"=\"a\", \"user\"=\"anna\"]: runs", named.id());
        assert!(named.to_string().starts_with(&says), "{named}");
        // The next life of the same stack.
        let plain = joined(go(me));
        assert_eq!((plain.name(), labels(&plain)), (None, vec![]));
        assert_eq!(joined(go(goroutine::name)), None);
    });
}

#[test]
fn labels_are_inherited_and_names_are_not() {
    let rt = runtime(2);
    rt.run(|| {
        let given = Builder::new().name("parent").label("k", "old").label("user", "anna");
        let [child, grandchild, relabelled] = joined(given.go(|| {
            let deeper = go(|| (me(), joined(go(me))));
            let (child, grandchild) = joined(deeper);
            [child, grandchild, joined(Builder::new().label("k", "new").go(me))]
        }));
        for heir in [&child, &grandchild] {
            assert_eq!((heir.name(), labels(heir).len()), (None, 2), "{heir}");
        }
        assert_eq!(relabelled.labels().collect::<Vec<_>>(), [("k", "new"), ("user", "anna")]);
    });
}

#[test]
fn a_goroutine_of_another_runtime_inherits_nothing() {
    let (one, other) = (runtime(1), Arc::new(runtime(1)));
    let there = other.clone();
    let given = Builder::new().label("k", "v");
    let g = joined(given.go_on(&one, move || {
        let g = joined(there.go(me));
        drop(there); // not the last
        g
    }));
    assert_eq!(labels(&g), []);
    assert_eq!((goroutine::id(), goroutine::name()), (None, None));
}

#[test]
fn every_way_to_start_one_starts_it() {
    let rt = runtime(2);
    let named = || Builder::new().name("n");
    assert_eq!(joined(named().go_on(&rt, goroutine::name)).as_deref(), Some("n"));
    assert_eq!(joined(named().try_go_on(&rt, goroutine::name).unwrap()).as_deref(), Some("n"));
    rt.run(move || {
        assert_eq!(joined(named().go(goroutine::name)).as_deref(), Some("n"));
        assert_eq!(joined(named().try_go(goroutine::name).unwrap()).as_deref(), Some("n"));
    });
}

#[test]
fn what_std_refuses_is_refused() {
    let text = message_of(|| Builder::new().name("a\0b"));
    assert_eq!(text, "gosched: the name of a goroutine holds no NUL byte");
    let text = message_of(|| Builder::new().go(|| ()));
    assert!(text.contains("goroutine::Builder::go was called outside a goroutine"), "{text}");
}

#[test]
fn names_come_and_go_while_they_are_read() {
    let rt = runtime(2);
    rt.run(|| {
        let is_over = Arc::new(AtomicBool::new(false));
        let reader = go({
            let is_over = is_over.clone();
            move || {
                let mut seen = 0;
                while !is_over.load(SeqCst) {
                    seen += stop_the_world(|world| {
                        let all = world.goroutines();
                        all.filter(|g| g.name().is_some_and(|name| name.starts_with("short-")))
                            .count()
                    });
                    gosched::yield_now();
                }
                seen
            }
        });
        for i in 0..2_000 {
            let named = Builder::new().name(format!("short-{i}")).label("i", i.to_string());
            let all: Vec<_> = (0..8).map(|_| named.clone().go(gosched::yield_now)).collect();
            all.into_iter().for_each(joined);
        }
        is_over.store(true, SeqCst);
        assert!(joined(reader) > 0, "no name was ever read");
    });
}

#[test]
fn the_deadlock_report_names_goroutines() {
    let child = in_child_alone("the_deadlock_report_names_goroutines", || {
        let rt = runtime(1);
        let text = message_of(|| {
            rt.run(|| {
                let waits = Builder::new().name("the \"one\"\n").label("k", "v");
                joined(waits.go(|| bounded::<u32>(0).1.recv().ok()));
                bounded::<u32>(0).1.recv().ok();
            })
        });
        assert!(text.contains(r#" "the \"one\"\n" ["k"="v"]: waits to receive"#), "{text}");
    });
    child.succeeds();
}

#[test]
fn a_panic_hook_learns_whose_panic_it_is_and_nothing_else_is_said() {
    let child = in_child("a_panic_hook_learns_whose_panic_it_is_and_nothing_else_is_said", || {
        std::panic::set_hook(Box::new(|_| eprintln!("hook: {:?}", gosched::goroutine::name())));
        let rt = runtime(1);
        assert!(Builder::new().name("worker").go_on(&rt, || panic!("no")).join().is_err());
        assert!(Builder::new().name("leaver").go_on(&rt, || gosched::exit()).join().is_err());
        assert!(rt.go(|| panic!("unnamed")).join().is_err());
    });
    child.succeeds();
    assert_eq!(child.stderr, "hook: Some(\"worker\")\nhook: None\n");
}

#[test]
fn an_overflow_and_a_shutdown_name_goroutines() {
    #[expect(unconditional_recursion, reason = "the stack is to overflow")]
    fn overflow(n: u64) -> u64 {
        let frame = std::hint::black_box([n; 16]);
        overflow(n + 1) + frame[3]
    }
    let child = in_child("an_overflow_and_a_shutdown_name_goroutines", || {
        let rt = runtime(1);
        let (said, hears) = bounded(1);
        Builder::new().name("stubborn").go_on(&rt, move || {
            said.send(()).unwrap();
            let begin = std::time::Instant::now();
            while begin.elapsed() < Duration::from_millis(1_500) {}
        });
        hears.recv().unwrap();
        drop(rt);
        let rt = start(Runtime::builder().procs(1).stack_size(128 * 1024));
        let long = "é".repeat(300);
        let _ = Builder::new().name(long).go_on(&rt, || overflow(0)).join();
    });
    assert!(child.stderr.contains(" \"stubborn\": computes; started at "), "{child:#?}");
    assert!(child.stderr.contains("\"éééé"), "{child:#?}");
    assert!(child.stderr.contains("é has overflowed its stack of 128 KiB"), "{child:#?}");
    assert!(child.stderr.contains("Builder::stack_size"), "{child:#?}");
}
