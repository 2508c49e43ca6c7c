//! The script for gdb, on a process that gdb starts. Where gdb is not installed this says so, and tests
//! nothing.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::hint::black_box;
use std::process::Command;

use gosched::chan::{Receiver, bounded};
use gosched::goroutine::Builder;
use gosched::yield_now;
use harness::runtime;

/// Set in the process that gdb looks at.
const INFERIOR: &str = "GOSCHED_GDB_INFERIOR";

#[inline(never)]
fn inner(rx: &Receiver<()>) {
    black_box(rx.recv()).unwrap_err();
    black_box(());
}

#[inline(never)]
fn outer(rx: &Receiver<()>) {
    inner(rx);
    black_box(());
}

/// Where gdb stops: a goroutine waits, another is ready to run, a third runs this.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn gosched_gdb_stops_here() {
    black_box(());
}

/// What gdb looks at.
fn inferior() {
    let rt = runtime(1);
    let (tx, rx): (_, Receiver<()>) = bounded(0);
    let waits = Builder::new().name("waits").go_on(&rt, move || outer(&rx));
    let runs = Builder::new().name("runs").go_on(&rt, || {
        let ready = Builder::new().name("ready").go(|| ());
        yield_now();
        let next = Builder::new().name("next").go(|| ());
        gosched_gdb_stops_here();
        [ready, next].into_iter().for_each(|handle| handle.join().unwrap());
    });
    runs.join().unwrap();
    drop(tx);
    waits.join().unwrap();
}

fn has_gdb() -> bool {
    let found = Command::new("gdb").args(["-nx", "-batch", "-ex", "python print(1)"]).output();
    found.is_ok_and(|output| output.status.success())
}

/// What gdb says to these commands when the process has stopped.
fn gdb(commands: &[&str]) -> String {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off"]);
    gdb.args(["-ex", "set print thread-events off"]);
    gdb.args(["-ex", "source tools/gosched-gdb.py", "-ex", "break gosched_gdb_stops_here"]);
    gdb.args(["-ex", "run"]);
    commands.iter().for_each(|command| {
        gdb.args(["-ex", command]);
    });
    gdb.arg("--args").arg(std::env::current_exe().unwrap());
    gdb.args(["--exact", "goroutines_are_listed_and_their_stacks_are_shown"]);
    let output = gdb.env(INFERIOR, "1").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn goroutines_are_listed_and_their_stacks_are_shown() {
    if std::env::var_os(INFERIOR).is_some() {
        return inferior();
    }
    if !has_gdb() {
        println!("gdb with Python is not installed: its script is not tested");
        return;
    }
    let before = ["echo \\n[list]\\n", "info goroutines", "echo \\n[bt]\\n", "goroutine 1"];
    let after = ["echo \\n[next]\\n", "goroutine 4 bt 1", "echo \\n[me]\\n", "goroutine 2 bt 3"];
    let rest = ["echo \\n[end]\\n", "goroutine 99", "echo \\n[on]\\n", "continue"];
    let said = gdb(&[&before[..], &after, &rest].concat());
    let part = |begin: &str, end: &str| {
        let (_, rest) = said.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {said}"));
        rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {said}")).0.to_owned()
    };
    let list = part("[list]", "[bt]");
    assert_eq!(list.matches("goroutine ").count(), 3, "{said}");
    let waits = "goroutine 1 \"waits\": waits to receive from a channel, at tests/gdb.rs:";
    assert!(list.contains(waits), "{said}");
    assert!(list.contains("goroutine 2 \"runs\": runs on thread "), "{said}");
    assert!(
        list.contains("goroutine 4 \"next\": is ready to run; started at tests/gdb.rs:"),
        "{said}"
    );
    let stack = part("[bt]", "[next]");
    let places = ["gdb::inner", "gdb::outer", "goroutine_main"].map(|name| stack.find(name));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    assert!(part("[next]", "[me]").contains("first_frame"), "{said}");
    assert!(part("[me]", "[end]").contains("gosched_gdb_stops_here"), "{said}");
    assert!(said.contains("gosched: there is no goroutine 99"), "{said}");
    // Its registers are as they were: it comes to its end.
    assert!(said.contains("exited normally"), "{said}");
}
