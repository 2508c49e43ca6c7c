//! Goroutines: starting, joining, yielding, ending; their stacks and their closures.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::backtrace::Backtrace;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use gosched::chan::{bounded, unbounded};
use gosched::{Exited, JoinHandle, Runtime, go, try_go, yield_now};
use harness::{in_child, message, message_of, runtime, start};

/// Adds one when dropped.
struct CountsDrop(Arc<AtomicUsize>);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn join_returns_what_the_goroutine_returned() {
    let rt = runtime(2);
    assert_eq!(rt.go(|| String::from("one")).join().unwrap(), "one");
    assert_eq!(rt.run(|| go(|| vec![1, 2, 3]).join().unwrap()), [1, 2, 3]);
    rt.run(|| go(|| ()).join().unwrap());
}

#[test]
fn thousands_of_goroutines_all_run_once() {
    for procs in [1, 2, 4] {
        let sum: usize = runtime(procs).run(|| {
            let handles: Vec<_> = (0..10_000)
                .map(|i| {
                    go(move || {
                        yield_now();
                        i
                    })
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).sum()
        });
        assert_eq!(sum, 49_995_000);
    }
}

fn fib(n: u32) -> u64 {
    if n < 2 {
        return u64::from(n);
    }
    let a = go(move || fib(n - 1));
    let b = fib(n - 2);
    a.join().unwrap() + b
}

#[test]
fn a_goroutine_may_start_others_and_wait_for_them() {
    for procs in [1, 2, 4] {
        assert_eq!(runtime(procs).run(|| fib(18)), 2_584);
    }
}

#[test]
fn a_chain_of_a_thousand_goroutines_each_waiting_for_the_next_ends() {
    fn chain(n: u32) -> u32 {
        if n == 0 { 0 } else { 1 + go(move || chain(n - 1)).join().unwrap() }
    }
    assert_eq!(runtime(2).run(|| chain(1_000)), 1_000);
}

#[test]
fn a_goroutine_goes_on_when_its_handle_is_dropped() {
    let rt = runtime(2);
    let (tx, rx) = bounded(0);
    drop(rt.go(move || tx.send(9).unwrap()));
    assert_eq!(rx.recv(), Ok(9));
}

#[test]
fn a_result_that_nobody_takes_is_dropped_once() {
    let rt = runtime(2);
    let drops = Arc::new(AtomicUsize::new(0));
    let value = CountsDrop(drops.clone());
    drop(rt.go(move || value));
    let value = CountsDrop(drops.clone());
    let handle = rt.go(move || value);
    while !handle.is_finished() {
        rt.run(yield_now);
    }
    drop(handle);
    drop(rt);
    assert_eq!(drops.load(SeqCst), 2);
}

#[test]
fn is_finished_tells_the_end_without_waiting() {
    let rt = runtime(2);
    let (tx, rx) = bounded::<()>(0);
    let handle = rt.go(move || rx.recv().unwrap_err());
    assert!(!handle.is_finished());
    drop(tx);
    while !handle.is_finished() {
        rt.run(yield_now);
    }
    handle.join().unwrap();
}

#[test]
fn a_goroutine_that_yields_lets_another_set_its_flag() {
    runtime(1).run(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let set = flag.clone();
        go(move || set.store(true, SeqCst));
        while !flag.load(SeqCst) {
            yield_now();
        }
    });
}

#[test]
fn a_goroutine_that_computes_for_ever_does_not_hold_up_the_others() {
    let rt = runtime(1);
    for _ in 0..3 {
        rt.run(|| {
            let flag = Arc::new(AtomicBool::new(false));
            let seen = flag.clone();
            let hog = go(move || {
                while !seen.load(SeqCst) {
                    std::hint::spin_loop();
                }
            });
            yield_now();
            go(move || flag.store(true, SeqCst)).join().unwrap();
            hog.join().unwrap();
        });
    }
}

#[test]
fn a_goroutine_that_blocks_its_thread_does_not_hold_up_the_others() {
    runtime(1).run(|| {
        let (tx, rx) = std::sync::mpsc::channel();
        let blocked = go(move || rx.recv().unwrap());
        yield_now();
        go(move || tx.send(4).unwrap()).join().unwrap();
        assert_eq!(blocked.join().unwrap(), 4);
    });
}

#[test]
fn exit_runs_the_destructors_and_join_says_so() {
    let drops = Arc::new(AtomicUsize::new(0));
    runtime(2).run({
        let drops = drops.clone();
        move || {
            let value = CountsDrop(drops);
            let handle: JoinHandle<u32> = go(move || {
                let _value = value;
                gosched::exit()
            });
            assert_eq!(handle.join().unwrap_err().downcast_ref(), Some(&Exited));
            assert_eq!(go(|| 5).join().unwrap(), 5);
        }
    });
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn run_says_when_its_main_goroutine_exits() {
    let rt = runtime(1);
    let text = message_of(|| rt.run(|| -> u32 { gosched::exit() }));
    assert_eq!(text, "gosched: the main goroutine called exit");
    assert_eq!(rt.run(|| 1), 1);
}

#[test]
fn a_panic_is_the_result_of_join_and_of_nothing_else() {
    runtime(2).run(|| {
        let others: Vec<_> = (0..10).map(|i| go(move || i)).collect();
        let panic = go(|| -> u32 { panic!("number {}", 7) }).join().unwrap_err();
        assert_eq!(message(&*panic), "number 7");
        let payload = go(|| std::panic::panic_any(42_u64)).join().unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&42_u64));
        assert_eq!(others.into_iter().map(|other| other.join().unwrap()).sum::<i32>(), 45);
    });
}

#[test]
fn run_raises_the_panic_of_its_goroutine_again() {
    let rt = runtime(2);
    assert_eq!(message_of(|| rt.run(|| panic!("from within"))), "from within");
    assert_eq!(rt.run(|| 3), 3);
}

#[test]
fn a_goroutine_may_catch_its_own_panic_and_wait_meanwhile() {
    let rt = runtime(2);
    let (tx, rx) = bounded(0);
    let handle = rt.go(move || {
        let text = message_of(|| -> () { panic!("caught") });
        tx.send(text).unwrap();
        yield_now();
        1
    });
    assert_eq!(rx.recv().unwrap(), "caught");
    assert_eq!(handle.join().unwrap(), 1);
}

#[test]
fn what_needs_a_goroutine_says_so_on_a_thread() {
    let outside = "was called outside a goroutine";
    assert!(message_of(|| go(|| ())).contains(&format!("gosched: go {outside}")));
    assert!(message_of(|| try_go(|| ())).contains(&format!("gosched: try_go {outside}")));
    assert!(message_of(yield_now).contains(&format!("gosched: yield_now {outside}")));
    assert!(message_of(|| gosched::exit()).contains(&format!("gosched: exit {outside}")));
    assert!(message_of(gosched::procs).contains(&format!("gosched: procs {outside}")));
    assert!(message_of(gosched::num_goroutines).contains("num_goroutines"));
}

#[test]
fn a_goroutine_that_joins_itself_panics_with_a_sentence() {
    let rt = runtime(2);
    let (give, take) = bounded::<JoinHandle<()>>(1);
    let (tell, told) = bounded(1);
    let handle = rt.go(move || {
        let me = take.recv().unwrap();
        tell.send(message_of(|| me.join())).unwrap();
    });
    give.send(handle).unwrap();
    assert_eq!(told.recv().unwrap(), "gosched: a goroutine joins itself");
    assert_eq!(rt.run(|| 2), 2);
}

#[test]
fn goroutines_are_counted_from_start_to_end() {
    let rt = runtime(2);
    let inside = rt.run(|| {
        let (tx, rx) = bounded::<()>(0);
        let handles: Vec<_> = (0..10)
            .map(|_| {
                let rx = rx.clone();
                go(move || rx.recv())
            })
            .collect();
        let most = gosched::num_goroutines();
        drop(tx);
        handles.into_iter().for_each(|handle| assert!(handle.join().unwrap().is_err()));
        most
    });
    assert_eq!(inside, 11);
    while rt.num_goroutines() != 0 {
        std::thread::yield_now(); // a joined goroutine may still be on its way out
    }
}

#[test]
fn procs_is_what_was_asked_for() {
    let rt = runtime(3);
    assert_eq!(rt.procs(), 3);
    assert_eq!(rt.run(gosched::procs), 3);
}

#[test]
fn a_closure_larger_than_a_page_arrives_whole() {
    fn check<const N: usize>() {
        let mut bytes = [0_u8; N];
        bytes.iter_mut().enumerate().for_each(|(i, byte)| *byte = i as u8);
        let handle = go(move || bytes.iter().enumerate().all(|(i, &byte)| byte == i as u8));
        assert!(handle.join().unwrap(), "{N} bytes");
    }
    runtime(2).run(|| {
        check::<0>();
        check::<2_000>();
        check::<2_047>();
        check::<2_048>();
        check::<2_049>();
        check::<4_096>();
        check::<20_000>();
    });
}

#[test]
fn captured_values_keep_their_alignment() {
    #[derive(Clone, Copy)]
    #[repr(align(64))]
    struct Line(u8);
    #[derive(Clone, Copy)]
    #[repr(align(1024))]
    struct Kib(u8);
    #[derive(Clone, Copy)]
    #[repr(align(4096))]
    struct Page(u8);
    #[derive(Clone, Copy)]
    #[repr(align(16384))]
    struct Pages(u8);
    fn address<T>(value: &T) -> usize {
        black_box(std::ptr::from_ref(value)) as usize
    }
    runtime(2).run(|| {
        let (line, kib, page, pages) = (Line(1), Kib(2), Page(3), Pages(4));
        let small = go(move || (address(&line) % 64, line.0));
        let middle = go(move || (address(&kib) % 1_024, kib.0));
        let large = go(move || (address(&page) % 4_096, page.0));
        let huge = go(move || (address(&pages) % 16_384, pages.0));
        assert_eq!(small.join().unwrap(), (0, 1));
        assert_eq!(middle.join().unwrap(), (0, 2));
        assert_eq!(large.join().unwrap(), (0, 3));
        assert_eq!(huge.join().unwrap(), (0, 4));
    });
}

#[test]
fn floating_point_values_survive_every_switch() {
    let sum: f64 = runtime(2).run(|| {
        let handles: Vec<_> = (1..=8)
            .map(|i| {
                go(move || {
                    let (mut a, mut b) = (f64::from(i), 1.0 / f64::from(i));
                    for _ in 0..1_000 {
                        yield_now();
                        (a, b) = (a + b, b);
                    }
                    a - 1_000.0 * b
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).sum()
    });
    assert!((sum - 36.0).abs() < 1e-6, "{sum}");
}

/// Touches about `kib` KiB of stack.
#[inline(never)]
fn descend(kib: usize) -> usize {
    let frame = black_box([kib as u8; 1_024]);
    if kib == 0 { 0 } else { descend(kib - 1) + 1 + usize::from(frame[7]) * 0 }
}

#[test]
fn a_goroutine_can_use_the_stack_that_it_was_given() {
    let small = start(Runtime::builder().procs(1).stack_size(64 * 1024));
    assert_eq!(small.run(|| descend(32)), 32);
    let large = start(Runtime::builder().procs(1).stack_size(4 << 20));
    assert_eq!(large.run(|| descend(2_048)), 2_048);
    assert_eq!(runtime(1).run(|| descend(128)), 128);
}

#[inline(never)]
fn the_function_of_the_user() -> String {
    black_box(Backtrace::force_capture().to_string())
}

#[test]
fn a_backtrace_names_the_users_function_and_ends_at_the_goroutines_entry() {
    let text = runtime(2).run(|| go(the_function_of_the_user).join().unwrap());
    let frames: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start().split_once(": "))
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|(_, name)| name)
        .collect();
    let at = |name: &str| frames.iter().position(|frame| frame.contains(name));
    assert!(at("the_function_of_the_user").is_some(), "{text}");
    let entry = at("goroutine_main").unwrap_or_else(|| panic!("{text}"));
    assert!(at("the_function_of_the_user") < Some(entry), "{text}");
    // Below the entry there is the frame that called it, and nothing else.
    assert!(frames.len() - entry <= 2, "{text}");
    assert!(frames.iter().all(|frame| !frame.contains("unknown")), "{text}");
}

#[test]
fn a_backtrace_of_a_goroutine_that_has_moved_to_another_thread_ends_as_well() {
    let text = runtime(2).run(|| {
        let (tx, rx) = bounded::<()>(0);
        let handle = go(move || {
            for () in rx {}
            the_function_of_the_user()
        });
        for _ in 0..1_000 {
            tx.send(()).unwrap();
        }
        drop(tx);
        handle.join().unwrap()
    });
    assert!(text.contains("the_function_of_the_user"), "{text}");
    assert!(text.contains("goroutine_main"), "{text}");
}

#[test]
fn a_hundred_thousand_goroutines_wait_at_once_and_are_released() {
    const N: usize = 100_000;
    let sum: usize = runtime(2).run(|| {
        let (tx, rx) = unbounded::<usize>();
        let (arrive, arrived) = unbounded::<()>();
        let handles: Vec<_> = (0..N)
            .map(|_| {
                let (rx, arrive) = (rx.clone(), arrive.clone());
                go(move || {
                    arrive.send(()).unwrap();
                    rx.recv().unwrap()
                })
            })
            .collect();
        arrived.iter().take(N).for_each(drop);
        assert_eq!(gosched::num_goroutines(), N + 1);
        (0..N).for_each(|i| tx.send(i).unwrap());
        handles.into_iter().map(|handle| handle.join().unwrap()).sum()
    });
    assert_eq!(sum, N * (N - 1) / 2);
}

#[test]
fn a_panic_with_a_full_backtrace_fits_the_smallest_stack() {
    let child = in_child("a_panic_with_a_full_backtrace_fits_the_smallest_stack", || {
        // SAFETY: the other thread, the harness's, only waits.
        unsafe { std::env::set_var("RUST_BACKTRACE", "full") };
        let rt = start(Runtime::builder().procs(2).stack_size(64 * 1024));
        let panic = rt.go(|| -> () { panic!("with a backtrace") }).join().unwrap_err();
        assert_eq!(message(&*panic), "with a backtrace");
    });
    child.succeeds();
    assert!(child.stderr.contains("goroutine_main"), "{}", child.stderr);
}
