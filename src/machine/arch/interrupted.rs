//! A signal handler that unwinds the stack finds all its frames, whichever instruction of a switch
//! it interrupts.
//!
//! The handler here is SIGTRAP's, and it runs at every instruction of two stacks that switch to each
//! other. x86-64 has a flag that traps after each instruction; for aarch64 a breakpoint goes over
//! the code, one instruction at a time.

use std::cell::RefCell;
use std::hint::black_box;

#[cfg(target_arch = "aarch64")]
use super::aarch64::first_frame;
use super::tests::{Block, prepared, stack};
#[cfg(target_arch = "x86_64")]
use super::x86_64::first_frame;
use super::*;

#[cfg(target_arch = "aarch64")]
use super::aarch64::interrupts::{at_each_instruction, go_on};
#[cfg(target_arch = "x86_64")]
use super::x86_64::interrupts::{at_each_instruction, go_on};

/// An unwinder's view of one frame; ours to hand back only.
type Context = *mut u8;
const GO_ON: i32 = 0;
const STOP: i32 = 4;
/// What the unwinder answers if it has seen the outermost frame.
const END_OF_STACK: i32 = 5;

unsafe extern "C" {
    fn _Unwind_Backtrace(each: extern "C" fn(Context, *mut Trace) -> i32, to: *mut Trace) -> i32;
    fn _Unwind_GetIP(frame: Context) -> usize;
    fn _Unwind_GetCFA(frame: Context) -> usize;
    fn _Unwind_GetRegionStart(frame: Context) -> usize;
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

const SIGTRAP: i32 = 5;
const MOST_FRAMES: usize = 200;

/// What is kept of a walk over the stack's frames.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Trace {
    frames: usize,
    /// The outermost frame: its instruction, and where it lies.
    at: usize,
    lies: usize,
    /// Whether a frame is that of [`cross`] on the test's own stack, or on the other.
    is_at_home: bool,
    is_at_peer: bool,
    /// What the unwinder answered.
    answer: i32,
}

extern "C" fn each_frame(frame: Context, trace: *mut Trace) -> i32 {
    // SAFETY: the walk's own local.
    let trace = unsafe { &mut *trace };
    // SAFETY: the unwinder's frame.
    let at = unsafe { _Unwind_GetIP(frame) };
    // SAFETY: the unwinder's frame.
    let lies = unsafe { _Unwind_GetCFA(frame) };
    // SAFETY: the unwinder's frame.
    let function = unsafe { _Unwind_GetRegionStart(frame) };
    trace.is_at_home |= function == address_of(cross::<HOME>);
    trace.is_at_peer |= function == address_of(cross::<PEER>);
    // Some unwinders show the caller of the outermost frame, at no instruction.
    if at != 0 {
        *trace = Trace { frames: trace.frames + 1, at, lies, ..*trace };
    }
    if trace.frames < MOST_FRAMES { GO_ON } else { STOP }
}

fn unwind() -> Trace {
    let mut trace = Trace::default();
    // SAFETY: the trace lives until the walk is over.
    trace.answer = unsafe { _Unwind_Backtrace(each_frame, &raw mut trace) };
    trace
}

/// Room for the traces of one test, so that the handler need not allocate.
const TRACES: usize = 20_000;

thread_local! {
    static TAKEN: RefCell<Vec<Trace>> = const { RefCell::new(Vec::new()) };
}

extern "C" fn on_trap(_: i32) {
    let trace = unwind();
    TAKEN.with_borrow_mut(|taken| {
        assert!(taken.len() < TRACES, "more instructions than expected");
        taken.push(trace);
    });
    go_on();
}

type Cross = extern "C" fn(*mut StackPointer) -> usize;

fn address_of(function: Cross) -> usize {
    function as *const () as usize
}

/// Goes to the stack in `*place`, and notes there who came back. The test's stack and the other
/// each have a copy of this function, so that a breakpoint is met on the one or on the other.
#[inline(never)]
extern "C" fn cross<const SIDE: usize>(place: *mut StackPointer) -> usize {
    // SAFETY: the place is a local on this stack.
    let to = unsafe { place.read() };
    // SAFETY: the other stack was just prepared, or waits in its own `cross`.
    let arrival = unsafe { switch(to, SIDE) };
    // SAFETY: as above.
    unsafe { place.write(arrival.from) };
    black_box(SIDE)
}

const HOME: usize = 1;
const PEER: usize = 2;

extern "C" fn peer(from: StackPointer, _: usize) -> ! {
    let mut home = from;
    loop {
        cross::<PEER>(&raw mut home);
    }
}

/// All that the handler saw while two stacks switched to each other, one of them for the first time.
fn traces_of_switches(memory: &mut [Block]) -> Vec<Trace> {
    // SAFETY: the handler only reads the stack, and writes to its thread's own list.
    unsafe { signal(SIGTRAP, on_trap) };
    TAKEN.set(Vec::with_capacity(TRACES));
    let mut switches = || {
        let mut other = prepared(memory, peer);
        for _ in 0..3 {
            cross::<HOME>(&raw mut other);
        }
    };
    let callers = [cross::<HOME>, cross::<PEER>].map(address_of);
    // SAFETY: both have one switch, and SIGTRAP has a handler that goes on.
    unsafe { at_each_instruction(callers, &mut switches) };
    TAKEN.take()
}

/// The first frame is a call and a trap.
const FIRST_FRAME_LEN: usize = 8;

#[test]
fn every_instruction_of_a_switch_can_be_unwound() {
    let mut memory = stack();
    let home = unwind();
    let taken = traces_of_switches(&mut memory);
    let other = memory.as_ptr_range();
    let other = other.start as usize..other.end as usize;
    let first = first_frame as *const () as usize;
    let first = first..first + FIRST_FRAME_LEN;
    let mut ends = [0; 2];
    for (step, trace) in taken.iter().enumerate() {
        let ends_at_home = (trace.at, trace.lies) == (home.at, home.lies);
        let ends_at_peer = first.contains(&trace.at) && other.contains(&trace.lies);
        let is_right = trace.answer == END_OF_STACK
            && ends_at_home != ends_at_peer
            && !(ends_at_home && trace.is_at_peer || ends_at_peer && trace.is_at_home);
        assert!(is_right, "step {step} of {}: {trace:x?}, {home:x?}", taken.len());
        ends[usize::from(ends_at_home)] += 1;
    }
    assert!(ends.iter().all(|&traces| traces > 10), "{ends:?}");
}
