//! Floating-point control bits: each goroutine has its own.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::arch::asm;
use std::hint::black_box;

use gosched::chan::bounded;
use gosched::{go, yield_now};
use harness::runtime;

/// The control bits, without the flags that say what happened.
#[cfg(target_arch = "x86_64")]
fn control() -> u64 {
    let mut word = 0_u32;
    // SAFETY: stores a register into the local.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut word) };
    u64::from(word & !0x3f)
}

#[cfg(target_arch = "x86_64")]
fn set_control(word: u64) {
    let word = word as u32;
    // SAFETY: loads bits that trap nothing; no floating-point code is near.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const word) };
}

#[cfg(target_arch = "x86_64")]
const FLUSH_TO_ZERO: u64 = 0x8040;

#[cfg(target_arch = "aarch64")]
fn control() -> u64 {
    let word;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, fpcr", out(reg) word) };
    word
}

#[cfg(target_arch = "aarch64")]
fn set_control(word: u64) {
    // SAFETY: loads bits that trap nothing; no floating-point code is near.
    unsafe { asm!("msr fpcr, {}", in(reg) word) };
}

#[cfg(target_arch = "aarch64")]
const FLUSH_TO_ZERO: u64 = 1 << 24;

/// Whether a tiny number stays what it is.
fn keeps_tiny() -> bool {
    black_box(black_box(1.0e-310_f64) * 1.0) != 0.0
}

#[test]
fn flush_to_zero_stays_with_the_goroutine_that_sets_it() {
    let rt = runtime(1);
    let usual = rt.run(control);
    let (tx, rx) = bounded(0);
    let setter = rt.go(move || {
        set_control(usual | FLUSH_TO_ZERO);
        for round in 0..100 {
            yield_now();
            tx.send(round).unwrap();
            assert_eq!(control(), usual | FLUSH_TO_ZERO, "round {round}");
        }
        assert!(!keeps_tiny());
        let made = go(move || (control(), keeps_tiny())).join().unwrap();
        assert_eq!(made, (usual, true), "a new goroutine has not its maker's");
    });
    let other = rt.go(move || {
        for _ in rx {
            assert_eq!(control(), usual);
            assert!(keeps_tiny());
            yield_now();
        }
    });
    setter.join().unwrap();
    other.join().unwrap();
    assert_eq!(rt.run(control), usual, "a goroutine that comes later");
}

#[test]
fn control_bits_go_with_a_goroutine_from_thread_to_thread() {
    let rt = runtime(2);
    let usual = rt.run(control);
    let goroutines: Vec<_> = (0..8)
        .map(|i| {
            rt.go(move || {
                let mine = if i % 2 == 0 { usual | FLUSH_TO_ZERO } else { usual };
                set_control(mine);
                for _ in 0..2000 {
                    yield_now();
                    assert_eq!(control(), mine);
                }
            })
        })
        .collect();
    goroutines.into_iter().for_each(|g| g.join().unwrap());
}

#[test]
fn goroutines_begin_with_the_default_whatever_the_runtimes_threads_began_with() {
    let usual = control();
    set_control(usual | FLUSH_TO_ZERO);
    let rt = runtime(1);
    let began = rt.run(control);
    set_control(usual);
    assert_eq!(began, usual);
}
