//! A profiler's signal handler, which unwinds whatever stack it interrupts.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gosched::chan::bounded;
use gosched::{Runtime, go, yield_now};
use harness::{in_child, start};

/// An unwinder's view of one frame.
type Context = *mut u8;
const GO_ON: i32 = 0;
const STOP: i32 = 4;
/// What the unwinder answers if it has seen the outermost frame.
const END_OF_STACK: i32 = 5;
const MOST_FRAMES: usize = 200;

unsafe extern "C" {
    fn _Unwind_Backtrace(
        each: extern "C" fn(Context, *mut usize) -> i32,
        frames: *mut usize,
    ) -> i32;
}

static WALKS: AtomicUsize = AtomicUsize::new(0);
static BROKEN: AtomicUsize = AtomicUsize::new(0);

extern "C" fn each_frame(_: Context, frames: *mut usize) -> i32 {
    // SAFETY: the walk's own local.
    let frames = unsafe { &mut *frames };
    *frames += 1;
    if *frames < MOST_FRAMES { GO_ON } else { STOP }
}

fn walk() -> i32 {
    let mut frames = 0;
    // SAFETY: the count lives until the walk is over.
    unsafe { _Unwind_Backtrace(each_frame, &raw mut frames) }
}

extern "C" fn on_profile(_: i32) {
    WALKS.fetch_add(1, Relaxed);
    if walk() != END_OF_STACK {
        BROKEN.fetch_add(1, Relaxed);
    }
}

fn handle(signal: i32, flags: i32) {
    assert_eq!(walk(), END_OF_STACK, "the unwinder is loaded before a handler needs it");
    // SAFETY: all zeros is a valid sigaction.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = on_profile as *const () as usize;
    action.sa_flags = libc::SA_RESTART | flags;
    // SAFETY: the handler only reads the stack and counts.
    assert_eq!(unsafe { libc::sigaction(signal, &raw const action, null_mut()) }, 0);
}

/// The timer that profilers use. The kernel looks at it a few hundred times a second.
fn start_profile_timer() {
    let time = libc::timeval { tv_sec: 0, tv_usec: 100 };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: reads the timer.
    assert_eq!(unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, null_mut()) }, 0);
}

/// One signal to each thread of this process but the caller's.
fn signal_all(signal: i32) {
    // SAFETY: asks for a number.
    let (process, me) = (std::process::id(), unsafe { libc::gettid() });
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let thread: i32 = task.file_name().to_str().unwrap().parse().unwrap();
        if thread != me {
            // SAFETY: a thread of this process, or none: the kernel looks.
            unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) };
        }
    }
}

/// Goroutines that do little but switch, and that are made and end.
fn round_of_switches(rt: &Runtime) {
    let received = rt.run(|| {
        let (tx, rx) = bounded(0);
        for i in 0..20 {
            let tx = tx.clone();
            go(move || {
                for k in 0..100 {
                    tx.send(i * k).unwrap();
                    yield_now();
                }
            });
        }
        drop(tx);
        rx.iter().count()
    });
    assert_eq!(received, 2000);
}

const ENOUGH: usize = 6000;

fn storm(flags: i32) {
    let rt = start(Runtime::builder().procs(3).stack_size(64 * 1024));
    handle(libc::SIGPROF, flags);
    start_profile_timer();
    std::thread::spawn(|| {
        while WALKS.load(Relaxed) < ENOUGH {
            signal_all(libc::SIGPROF);
        }
    });
    while WALKS.load(Relaxed) < ENOUGH {
        round_of_switches(&rt);
    }
    assert_eq!(BROKEN.load(Relaxed), 0, "of {} walks", WALKS.load(Relaxed));
}

#[test]
fn a_handler_on_a_stack_of_its_own_unwinds_goroutines_that_switch() {
    let name = "a_handler_on_a_stack_of_its_own_unwinds_goroutines_that_switch";
    in_child(name, || storm(libc::SA_ONSTACK)).succeeds();
}

#[test]
fn a_handler_on_the_goroutines_stack_unwinds_it() {
    in_child("a_handler_on_the_goroutines_stack_unwinds_it", || storm(0)).succeeds();
}
