//! `gosched::check`: known kinds of bugs are found, told and run again.
//!
//! `GOSCHED_TABLE=1 cargo test --features shuttle --test check --test check_threads table` measures each of them anew,
//! with 100,000 random schedules for those that are hard to find, and writes `verify/results/check.md`.
#![cfg(all(feature = "shuttle", not(feature = "loom")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod bugs;
#[path = "harness/cpu.rs"]
mod cpu;
mod harness;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use bugs::{BUGS, HARD, PROGRAMS};
use cpu::cpu_s;
use gosched::check::{self, Checker, Explored, Failure, Net, Search};
use gosched::sync::{Condvar, Mutex};
use gosched::time::sleep;
use gosched::{chan, go, yield_now};
use harness::message_of;

const RANDOM: Search = Search::Random { schedules: 1_000 };

/// What every test uses: no pictures, and a fixed seed.
fn checker() -> Checker {
    Checker::new().seed(1).pictures(None)
}

fn find(search: &Search, f: impl Fn() + Send + Sync + 'static) -> Result<Explored, Box<Failure>> {
    checker().find(search, f)
}

#[track_caller]
fn failure(search: &Search, f: impl Fn() + Send + Sync + 'static) -> Box<Failure> {
    find(search, f).expect_err("no failure was found")
}

#[test]
fn each_bug_is_found_within_a_thousand_schedules() {
    let mut all: Vec<usize> = BUGS
        .iter()
        .map(|(name, kernel)| match find(&RANDOM, || kernel(false)) {
            Ok(_) => panic!("{name} was not found"),
            Err(failure) => failure.schedules(),
        })
        .collect();
    all.sort_unstable();
    assert!(all[all.len() / 2] < 50, "{all:?}");
}

#[test]
fn nothing_is_found_where_the_bug_is_mended() {
    let hard = HARD.iter().map(|(name, kernel, _)| (name, kernel));
    for (name, kernel) in BUGS.iter().map(|(name, kernel)| (name, kernel)).chain(hard) {
        for search in [RANDOM, Search::Pct { depth: 3, schedules: 300 }] {
            if let Err(failure) = find(&search, || kernel(true)) {
                panic!("{name}, mended: {failure}");
            }
        }
    }
}

#[test]
fn a_search_that_fits_finds_what_random_schedules_miss() {
    for (name, kernel, search) in HARD {
        assert!(find(&RANDOM, || kernel(false)).is_ok(), "{name} is not hard");
        assert!(find(search, || kernel(false)).is_err(), "{name} was not found");
    }
}

#[test]
fn larger_programs_are_checked_too() {
    for (name, kernel, net) in PROGRAMS {
        let checker = checker().net(net());
        assert!(checker.find(&RANDOM, || kernel(false)).is_err(), "{name} was not found");
        if let Err(failure) = checker.find(&RANDOM, || kernel(true)) {
            panic!("{name}, mended: {failure}");
        }
    }
}

#[test]
fn a_failure_comes_back_in_the_same_way_a_hundred_times() {
    for (name, kernel) in BUGS {
        let first = failure(&RANDOM, || kernel(false));
        for _ in 0..100 {
            let again = failure(&Search::Replay(first.schedule().into()), || kernel(false));
            assert_eq!((again.what(), again.lanes()), (first.what(), first.lanes()), "{name}");
            assert_eq!(again.schedule(), first.schedule(), "{name}");
        }
    }
}

#[test]
fn a_reduced_schedule_is_at_most_a_third_of_the_first() {
    let mut percents: Vec<usize> = BUGS
        .iter()
        .map(|(_, kernel)| {
            let (first, reduced) = failure(&RANDOM, || kernel(false)).lengths();
            assert!(reduced <= first);
            100 * reduced / first.max(1)
        })
        .collect();
    percents.sort_unstable();
    assert!(percents[percents.len() / 2] <= 33, "{percents:?}");
}

#[test]
fn the_same_seed_finds_the_same() {
    let of = |seed| {
        let found = checker().seed(seed).find(&RANDOM, || bugs::philosophers(false));
        let failure = found.unwrap_err();
        (failure.schedules(), failure.schedule().to_owned())
    };
    assert_eq!(of(5), of(5));
    assert!((1..20).any(|seed| of(seed).0 != of(5).0));
}

/// The picture of a deadlock, as a reader sees it.
#[test]
fn two_locks_in_two_orders_are_drawn_as_lanes() {
    let lanes = failure(&RANDOM, || bugs::lock_order(false)).lanes().to_owned();
    let words: Vec<String> = lanes
        .lines()
        .map(|line| line.split("lock_order.rs").next().unwrap_or_default().trim_end().to_owned())
        .collect();
    let expected = [
        "       goroutine 1           goroutine 2",
        "       the program           from",
        "    1  go 2 ─────────────────▶",
        "    2  lock mutex 1          │",
        ">   3  │                     lock mutex 2",
        "    4  │                     lock mutex 1, waits",
        "    5  lock mutex 2, waits   ┆",
        "x   6  waits for ever: goroutine 2 has mutex 2 since",
        "x   7  ┆                     waits for ever: goroutine 1 has mutex 1 since",
    ];
    assert_eq!(words, expected, "{lanes}");
}

#[test]
fn a_panic_is_told_with_its_place_and_its_goroutine() {
    let failure = failure(&RANDOM, || {
        let other = go(|| {
            yield_now();
            assert_eq!(1 + 1, 3, "numbers");
        });
        let _ = other.join();
    });
    let what = failure.what();
    assert!(what.starts_with("goroutine 2 panicked at tests/check.rs:"), "{what}");
    assert!(what.contains("numbers\n  left: 2\n right: 3"), "{what}");
    assert!(what.contains("(goroutine 2 was started at tests/check.rs:"), "{what}");
}

#[test]
fn a_check_panics_with_all_that_is_known() {
    let message = message_of(|| checker().check(&RANDOM, || bugs::lock_order(false)));
    for part in [
        "gosched::check: all goroutines are asleep - deadlock!\n  goroutine 1: waits for a mutex, at ",
        "Found in schedule 1 of 1000 random schedules (seed 1), and reduced from 3 choices to 1 choice:",
        "> the schedule is another than the plain one here",
        "to run it again:  gosched::check::replay(\"g2-",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_picture_is_written_where_it_was_asked_for() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("check-pictures");
    let found = checker().pictures(Some(folder)).find(&RANDOM, || bugs::lock_order(false));
    let svg = std::fs::read_to_string(found.unwrap_err().picture().unwrap()).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains(">waits for ever: goroutine 2 has mutex 2 since lock_order.rs:"));
}

#[test]
fn a_schedule_of_another_program_says_so() {
    let schedule = failure(&RANDOM, || bugs::lock_order(false)).schedule().to_owned();
    let message = message_of(|| check::replay(&schedule, || bugs::lock_order(true)));
    assert_eq!(
        message,
        "gosched::check: This schedule is of another program, or of another version of this one: the \
         goroutines made other calls than when it was found. It did not fail."
    );
    let other = failure(&Search::Replay(schedule), || bugs::early_return(false)).to_string();
    assert!(other.contains("This schedule is of another program"), "{other}");
}

#[test]
fn a_schedule_of_another_version_says_so() {
    let message = message_of(|| check::replay("g0-1234", || ()));
    assert!(
        message.contains("made by another version of gosched: it begins with \"g0\""),
        "{message}"
    );
}

#[test]
fn a_text_that_is_no_schedule_says_so() {
    let schedule = failure(&RANDOM, || bugs::lock_order(false)).schedule().to_owned();
    for text in ["", "hello", "g2-xyz", "g2--", &schedule[..schedule.len() - 1], "g2-é"] {
        let message = message_of(|| check::replay(text, || ()));
        assert!(message.contains("this is no schedule"), "{text:?}: {message}");
    }
}

#[test]
fn a_program_that_never_ends_says_so() {
    let found = checker().max_steps(500).find(&RANDOM, || {
        loop {
            yield_now();
        }
    });
    let message = found.unwrap_err().what().to_owned();
    assert!(message.contains("the program has not ended after 500 steps"), "{message}");
}

/// A timer keeps time going, and nothing else ever happens.
#[test]
fn a_program_that_only_a_ticker_keeps_alive_never_ends() {
    let what = failure(&RANDOM, || {
        let _ticker = gosched::time::Ticker::new(Duration::from_millis(1));
        let (tx, rx) = chan::bounded::<()>(0);
        let _ = rx.recv();
        drop(tx);
    });
    assert!(what.what().contains("the program has not ended"), "{what}");
}

/// What stopping takes out of its channel is no step: a lock of ours is held.
#[test]
fn timers_and_tickers_are_stopped_beside_others() {
    let found = find(&RANDOM, || {
        let ticker = gosched::time::Ticker::new(Duration::from_millis(1));
        let timer = gosched::time::Timer::new(Duration::from_millis(1));
        let other = go(yield_now);
        yield_now();
        ticker.reset(Duration::from_millis(2));
        timer.reset(Duration::from_millis(2));
        sleep(Duration::from_millis(5));
        ticker.stop();
        timer.stop();
        other.join().unwrap();
    });
    assert!(found.is_ok(), "{}", found.unwrap_err());
}

#[test]
fn a_goroutine_that_is_locked_to_its_thread_is_searched_too() {
    let program = |fixed| {
        move || {
            let _guard = gosched::lock_os_thread();
            bugs::lock_order(fixed);
        }
    };
    assert!(failure(&RANDOM, program(false)).what().contains("deadlock"));
    assert!(find(&RANDOM, program(true)).is_ok());
}

#[test]
fn a_loop_that_waits_for_another_goroutine_lets_it_run() {
    for search in
        [RANDOM, Search::Pct { depth: 3, schedules: 300 }, Search::Exhaustive { bound: 1 }]
    {
        let found = find(&search, || {
            let (tx, rx) = chan::bounded(1);
            go(move || tx.send(1).unwrap());
            while rx.try_recv().is_err() {}
        });
        assert!(found.is_ok(), "{}", found.unwrap_err());
    }
}

#[test]
fn goroutines_that_are_left_over_are_a_failure_unless_they_may_be() {
    let leaks = || {
        let (tx, rx) = chan::bounded::<()>(0);
        go(move || (rx.recv(), tx));
    };
    let what = failure(&RANDOM, leaks).what().to_owned();
    assert!(
        what.starts_with("the program has returned, and 1 goroutine will wait for ever"),
        "{what}"
    );
    assert!(checker().may_leak(true).find(&RANDOM, leaks).is_ok());
}

#[test]
fn a_program_that_starts_a_runtime_is_told_that_it_has_one() {
    let what = failure(&RANDOM, || drop(harness::runtime(1))).what().to_owned();
    assert!(what.contains("a program that is checked started a runtime"), "{what}");
}

#[test]
fn a_program_that_uses_a_pipe_is_told_in_which_call() {
    let failure = failure(&RANDOM, || {
        let reader = gosched::io::Async::new(std::io::pipe().unwrap().0);
        assert!(reader.is_err(), "nobody tells of it");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let _ = gosched::net::TcpListener::from(listener).accept();
    });
    let what = failure.what();
    assert!(what.contains("a pipe, a child process, or a socket that was made of a"), "{what}");
    assert!(what.starts_with("goroutine 1 panicked at tests/check.rs:"), "{what}");
}

#[test]
fn a_program_that_the_check_cannot_repeat_is_told_so() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let failure = failure(&RANDOM, || assert!(RUNS.fetch_add(1, Relaxed) != 2, "the third time"));
    assert!(failure.to_string().contains("The same schedule did not fail again"), "{failure}");
    assert_eq!(failure.schedules(), 3);
}

/// A goroutine keeps a lock of std's over a wait: nothing can be done from outside, but it is said.
#[test]
fn a_check_that_stands_still_says_so() {
    let child = harness::in_child("a_check_that_stands_still_says_so", || {
        let blocks = || {
            yield_now();
            std::thread::sleep(Duration::from_millis(500));
        };
        let checker = checker().silence(Duration::from_millis(100));
        checker.check(&Search::Random { schedules: 1 }, blocks);
    });
    child.succeeds();
    assert!(child.stderr.contains("gosched::check: no step for 100ms"), "{child:?}");
    assert!(child.stderr.contains("goroutine 1 at tests/check.rs:"), "{child:?}");
}

#[test]
fn a_panic_that_the_program_catches_is_none_of_ours() {
    let explored = find(&RANDOM, || {
        assert!(catch_unwind(AssertUnwindSafe(|| panic!("caught"))).is_err());
        assert!(go(|| gosched::exit()).join().is_err());
    });
    assert!(explored.is_ok(), "{}", explored.unwrap_err());
}

/// The destructors of a goroutine that panics may wait for others.
#[test]
fn a_panic_with_goroutines_in_a_scope_comes_to_its_end() {
    let failure = failure(&RANDOM, || {
        let mutex = Mutex::new(0);
        gosched::scope(|s| {
            s.spawn(|| *mutex.lock().unwrap() += 1);
            s.spawn(|| *mutex.lock().unwrap() += 1);
            yield_now();
            panic!("in the scope");
        });
    });
    assert!(failure.what().contains("in the scope"), "{failure}");
}

#[test]
fn an_exhaustive_search_says_whether_it_has_seen_all() {
    let program = || {
        let mutex = std::sync::Arc::new(Mutex::new(0));
        let theirs = mutex.clone();
        let other = go(move || *theirs.lock().unwrap() += 1);
        *mutex.lock().unwrap() += 1;
        other.join().unwrap();
    };
    let of = |bound| find(&Search::Exhaustive { bound }, program).unwrap();
    let counts: Vec<usize> = (0..4).map(|bound| of(bound).schedules()).collect();
    assert!(of(3).is_complete());
    assert_eq!(counts[0], 1, "{counts:?}");
    assert!(counts.is_sorted() && counts[1] < counts[2], "{counts:?}");
    let cut = checker().max_schedules(2).find(&Search::Exhaustive { bound: 3 }, program).unwrap();
    assert_eq!((cut.schedules(), cut.is_complete()), (2, false));
    assert!(!find(&RANDOM, program).unwrap().is_complete());
}

/// Each of these may come first, whatever the durations say: a goroutine may be slow.
#[test]
fn every_order_of_expiries_is_tried() {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let explored = find(&RANDOM, || {
        let (tx, rx) = chan::bounded(2);
        for n in [1, 2] {
            let tx = tx.clone();
            go(move || {
                sleep(Duration::from_secs(n));
                tx.send(n).unwrap();
            });
        }
        let first = rx.recv().unwrap();
        SEEN.fetch_or(1 << first, Relaxed);
        rx.recv().unwrap();
    });
    assert!(explored.is_ok());
    assert_eq!(SEEN.load(Relaxed), 0b110);
}

#[test]
fn every_case_of_a_select_is_tried() {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let explored = find(&Search::Exhaustive { bound: 0 }, || {
        let ends: Vec<_> = (0..3).map(|_| chan::bounded(1)).collect();
        ends.iter().for_each(|(tx, _)| tx.send(()).unwrap());
        let chosen = chan::select! {
            recv(ends[0].1) -> _ => 0,
            recv(ends[1].1) -> _ => 1,
            recv(ends[2].1) -> _ => 2,
        };
        SEEN.fetch_or(1 << chosen, Relaxed);
    });
    assert!(explored.unwrap().is_complete());
    assert_eq!(SEEN.load(Relaxed), 0b111);
}

#[test]
fn a_program_on_more_processors_is_searched_too() {
    let lost_wakeup = || {
        let shared = std::sync::Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = shared.clone();
        let setter = go(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        if !*shared.0.lock().unwrap() {
            drop(shared.1.wait(shared.0.lock().unwrap()).unwrap());
        }
        setter.join().unwrap();
        assert_eq!(gosched::procs(), 3);
    };
    let failure = checker().procs(3).find(&RANDOM, lost_wakeup).unwrap_err();
    assert!(failure.what().contains("deadlock"), "{failure}");
}

/// A line of the table. The columns of the checker's own threads are for `check_threads`.
fn row(name: &str, kernel: fn(bool), search: &Search, net: Net) -> String {
    let checker = checker().net(net);
    let start = cpu_s();
    let failure = checker.find(search, move || kernel(false)).unwrap_err();
    let found_s = cpu_s() - start;
    let (first, reduced) = failure.lengths();
    let what = failure.what().lines().next().unwrap_or_default().to_owned();
    let kind = ["deadlock", "wait for ever"].into_iter().find(|kind| what.contains(kind));
    let kind = kind.map_or("assertion", |kind| if kind == "deadlock" { kind } else { "leak" });
    let n = 2_000;
    let start = cpu_s();
    assert!(checker.find(&Search::Random { schedules: n }, move || kernel(true)).is_ok());
    let rate = n as f64 / (cpu_s() - start);
    format!(
        "| `{name}` | {kind} | {} | {:.0} | {first} | {reduced} | {rate:.0} | - | - | - |",
        failure.schedules(),
        found_s * 1e3
    )
}

const HEAD: &str = "\
# What `gosched::check` finds

Written by `GOSCHED_TABLE=1 cargo test --features shuttle --test check --test check_threads table`, seed 1. The
programs are in `tests/bugs`; each has a twin without the bug, in which nothing is found.

Random schedules. *Choices* is in how many places the schedule that was found first departs from the plain one,
and the reduced one. Times are CPU time, that of reducing included; the rate is that of the program without the bug.

The last columns are those of shuttle's own imitation of std's threads, locks and channels, for programs that it can
express: the same sources, where `gosched::go` is `shuttle::thread::spawn`. It does not reduce what it finds.

| program | failure | schedules | ms | choices | reduced to | schedules/s | shuttle: schedules | ms | schedules/s |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// The last lines of it, for another table.
const COLUMNS: &str = "\
| program | failure | schedules | ms | choices | reduced to | schedules/s | shuttle: schedules | ms | schedules/s |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// How many schedules find each, and at what rate.
#[test]
fn table() {
    let is_wanted = std::env::var_os("GOSCHED_TABLE").is_some();
    if !is_wanted {
        return;
    }
    let mut text = String::from(HEAD);
    for (name, kernel) in BUGS {
        text.push_str(&row(name, *kernel, &RANDOM, Net::new()));
        text.push('\n');
    }
    text.push_str("\nLarger programs, with what the network does, or time-outs.\n\n");
    text.push_str(COLUMNS);
    for (name, kernel, net) in PROGRAMS {
        text.push_str(&row(name, *kernel, &RANDOM, net()));
        text.push('\n');
    }
    text.push_str("\nNot found in 100,000 random schedules, and the search that finds each.\n\n");
    text.push_str(&COLUMNS.replacen('|', "| search |", 1).replacen("|---|", "|---|---|", 1));
    for (name, kernel, search) in HARD {
        let random = find(&Search::Random { schedules: 100_000 }, || kernel(false));
        assert!(random.is_ok(), "{name} is not hard: {}", random.unwrap_err().schedules());
        let search_words = match search {
            Search::Pct { depth, .. } => format!("`pct`, depth {depth}"),
            Search::Exhaustive { bound } => format!("`exhaustive`, bound {bound}"),
            Search::Random { .. } | _ => String::from("random"),
        };
        let line = row(name, *kernel, search, Net::new());
        text.push_str(&format!("| {search_words} {line}\n"));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/results/check.md");
    std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    eprintln!("{text}");
}
