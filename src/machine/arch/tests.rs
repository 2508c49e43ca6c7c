//! What must hold of every `switch`. These tests need nothing but this folder, so that
//! `verify/aarch64/run` can compile it alone for the other instruction set.

use std::array;
use std::backtrace::Backtrace;
use std::hint::black_box;

use super::*;

#[cfg(target_arch = "aarch64")]
use super::aarch64::marked::{frame_pointer_at_entry, marked_call};
#[cfg(target_arch = "x86_64")]
use super::x86_64::marked::{frame_pointer_at_entry, marked_call};

const WORDS: usize = 256 * 1024;

/// In units of 16 bytes, which is also how a stack is aligned.
pub(super) type Block = u128;

/// Memory for a stack; heap memory, so without a guard.
pub(super) fn stack() -> Vec<Block> {
    vec![0; WORDS / 2]
}

/// What lies above a stack is not the stack's: here it looks like return addresses.
const ABOVE: usize = 8;

pub(super) fn prepared(stack: &mut [Block], entry: Entry) -> StackPointer {
    let (own, above) = stack.split_at_mut(WORDS / 2 - ABOVE);
    let address = (cross as *const () as usize + 4) as Block;
    above.fill(address << usize::BITS | address);
    // SAFETY: the stack is ours and unused, and its blocks keep its end aligned.
    unsafe { prepare(own.as_mut_ptr_range().end.cast(), entry) }
}

extern "C" fn doubler(from: StackPointer, word: usize) -> ! {
    let mut arrival = Arrival { from, word };
    loop {
        // SAFETY: whoever came is suspended and waits for the answer.
        arrival = unsafe { switch(arrival.from, arrival.word * 2) };
    }
}

#[test]
fn words_cross_both_ways_and_each_stack_keeps_its_own() {
    let mut memory = stack();
    let mut other = prepared(&mut memory, doubler);
    for word in [1, 5, 21, usize::MAX / 2] {
        // SAFETY: `other` is suspended in `prepare` or in its own switch.
        let arrival = unsafe { switch(other, word) };
        assert_eq!(arrival.word, word * 2);
        other = arrival.from;
    }
}

extern "C" fn alignment(from: StackPointer, _: usize) -> ! {
    #[repr(align(16))]
    struct Aligned([u8; 16]);
    let here = Aligned([0; 16]);
    let address = black_box(&here).0.as_ptr() as usize;
    // SAFETY: as in `doubler`.
    unsafe { switch(from, address % 16) };
    unreachable!("resumed after its answer")
}

#[test]
fn the_first_frame_is_aligned_as_a_call_leaves_it() {
    let mut memory = stack();
    let other = prepared(&mut memory, alignment);
    // SAFETY: `other` was just prepared.
    assert_eq!(unsafe { switch(other, 0) }.word, 0);
}

#[test]
fn the_stack_pointer_lies_on_the_running_stack() {
    let local = 0u8;
    assert!(stack_pointer().abs_diff(&raw const local as usize) < 64 * 1024);
}

/// A C function that goes to the stack in `*peer` and, once resumed, notes who came.
extern "C" fn cross(peer: *mut StackPointer) {
    // SAFETY: the test's own local, on the other stack or on this one.
    let to = unsafe { peer.read() };
    // SAFETY: the peer is suspended in its own `cross`, or was just prepared.
    let arrival = unsafe { switch(to, peer as usize) };
    let peer = arrival.word as *mut StackPointer;
    // SAFETY: as above; each side hands over the place that holds its peer.
    unsafe { peer.write(arrival.from) };
}

const ROUNDS: usize = 1000;

extern "C" fn marked_peer(from: StackPointer, word: usize) -> ! {
    let peer = word as *mut StackPointer;
    // SAFETY: the test's local.
    unsafe { peer.write(from) };
    let mut changed = 0;
    for round in 1.. {
        // SAFETY: `cross` is a C function that does not panic.
        changed |= unsafe { marked_call(!(round << 32), cross, peer) };
        assert_eq!(changed, 0, "a register of the peer changed");
    }
    unreachable!("an endless loop ended")
}

/// Each side fills every callee-saved register with marks of its own before each switch.
#[test]
fn callee_saved_registers_outlive_a_switch() {
    let mut memory = stack();
    let mut peer = prepared(&mut memory, marked_peer);
    for round in 1..=ROUNDS {
        // SAFETY: as in `marked_peer`.
        let changed = unsafe { marked_call(round << 32, cross, &raw mut peer) };
        assert_eq!(changed, 0, "a register changed in round {round}");
    }
}

/// The register test can fail: a callee that breaks the ABI is seen.
#[test]
fn a_changed_register_is_seen() {
    #[cfg(target_arch = "aarch64")]
    use super::aarch64::marked::careless;
    #[cfg(target_arch = "x86_64")]
    use super::x86_64::marked::careless;
    let mut nobody = StackPointer::NONE;
    for callee in careless() {
        // SAFETY: what `callee` changes, `marked_call` puts back.
        assert_ne!(unsafe { marked_call(7 << 32, callee, &raw mut nobody) }, 0);
    }
}

/// More integers and floats than there are registers, all live across `exchange`.
#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
#[inline(always)]
fn many_live_values(seed: u64, mut exchange: impl FnMut()) -> (u64, f64, f32) {
    let ints: [u64; 24] = array::from_fn(|i| black_box(seed * 31 + i as u64));
    let doubles: [f64; 24] = array::from_fn(|i| black_box(seed as f64 + i as f64 / 8.0));
    let floats: [f32; 24] = array::from_fn(|i| black_box(seed as f32 - i as f32 / 4.0));
    exchange();
    let mixed = ints.iter().fold(0, |sum: u64, &x| sum.rotate_left(5) ^ x);
    (mixed, doubles.iter().sum(), floats.iter().sum())
}

extern "C" fn busy_with_values(from: StackPointer, word: usize) -> ! {
    let mut arrival = Arrival { from, word };
    loop {
        let seed = arrival.word as u64;
        let kept = many_live_values(seed, || {
            // SAFETY: as in `doubler`.
            arrival = unsafe { switch(arrival.from, usize::MAX) };
        });
        let same = kept == many_live_values(seed, || {});
        // SAFETY: as in `doubler`.
        arrival = unsafe { switch(arrival.from, usize::from(same)) };
    }
}

#[test]
fn live_integers_and_floats_outlive_a_switch() {
    let mut memory = stack();
    let mut other = prepared(&mut memory, busy_with_values);
    for seed in 1..200usize {
        let mut answer = 0;
        let kept = many_live_values(seed as u64, || {
            // SAFETY: `other` was prepared, or answered and waits.
            let arrival = unsafe { switch(other, seed * 3) };
            // SAFETY: it keeps its values and waits.
            let arrival = unsafe { switch(arrival.from, 0) };
            (other, answer) = (arrival.from, arrival.word);
        });
        assert_eq!(kept, many_live_values(seed as u64, || {}));
        assert_eq!(answer, 1, "the other stack lost a value");
    }
}

const RING: usize = 3;
const SWITCHES: u64 = 30_000;

/// Where the stacks of one test are suspended; the test's own has the last place.
struct Places {
    suspended: [StackPointer; RING + 1],
    running: usize,
    switches: u64,
    chance: u64,
    visits: [u64; RING],
}

/// Goes from the running stack to stack `to`; returns when something comes back.
fn go_to(places: *mut Places, to: usize) {
    // SAFETY: one stack runs at a time, and no reference to the places lives across a switch.
    let all = unsafe { &mut *places };
    let me = all.running;
    all.running = to;
    let target = all.suspended[to];
    all.suspended[to] = StackPointer::NONE;
    // SAFETY: `to` is suspended: it is not the running one.
    let arrival = unsafe { switch(target, places as usize | me) };
    arrived(arrival.from, arrival.word);
}

/// Notes where the stack that was left waits. The word is the places' address, tagged with it.
fn arrived(from: StackPointer, word: usize) -> *mut Places {
    let places = (word & !RING) as *mut Places;
    // SAFETY: as in `go_to`.
    unsafe { (*places).suspended[word & RING] = from };
    places
}

extern "C" fn wanderer(from: StackPointer, word: usize) -> ! {
    let places = arrived(from, word);
    // SAFETY: as in `go_to`.
    let me = unsafe { (*places).running };
    for visits in 1.. {
        let all = places;
        // SAFETY: as in `go_to`.
        let all = unsafe { &mut *all };
        all.visits[me] += 1;
        assert_eq!((all.running, all.visits[me]), (me, visits), "a stack lost its own state");
        all.switches += 1;
        all.chance = all.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let step = 1 + (all.chance >> 33) as usize % (RING - 1);
        let to = if all.switches == SWITCHES { RING } else { (me + step) % RING };
        go_to(places, to);
    }
    unreachable!("an endless loop ended")
}

#[test]
fn three_stacks_run_in_changing_order() {
    let mut memory: [_; RING] = array::from_fn(|_| stack());
    let mut suspended = [StackPointer::NONE; RING + 1];
    for (place, memory) in suspended.iter_mut().zip(&mut memory) {
        *place = prepared(memory, wanderer);
    }
    let mut places = Places { suspended, running: RING, switches: 0, chance: 1, visits: [0; RING] };
    go_to(&raw mut places, 0);
    assert_eq!(places.switches, SWITCHES);
    assert_eq!(places.visits.iter().sum::<u64>(), SWITCHES);
    assert!(places.visits.iter().all(|&n| n > SWITCHES / 10), "{:?}", places.visits);
}

const DEPTH: usize = 1000;

/// Goes down `DEPTH` calls, switching home on the way down and on the way up.
fn descend(depth: usize, home: &mut Arrival) -> usize {
    let frame: [usize; 8] = array::from_fn(|i| black_box(depth * 8 + i));
    // SAFETY: as in `doubler`.
    *home = unsafe { switch(home.from, depth) };
    let below = if depth < DEPTH { descend(depth + 1, home) } else { 0 };
    // SAFETY: as in `doubler`.
    *home = unsafe { switch(home.from, depth) };
    below.wrapping_mul(31) + black_box(frame).iter().sum::<usize>() % 1009
}

extern "C" fn diver(from: StackPointer, word: usize) -> ! {
    let mut home = Arrival { from, word };
    let sum = descend(1, &mut home);
    // SAFETY: as in `doubler`.
    unsafe { switch(home.from, sum) };
    unreachable!("resumed after its answer")
}

#[test]
fn a_deep_recursion_switches_at_every_level() {
    let mut memory = stack();
    let mut other = prepared(&mut memory, diver);
    for depth in (1..=DEPTH).chain((1..=DEPTH).rev()) {
        // SAFETY: `other` was prepared, or waits in `descend`.
        let arrival = unsafe { switch(other, 0) };
        assert_eq!(arrival.word, depth);
        other = arrival.from;
    }
    let sum = (1..=DEPTH).rev().fold(0usize, |below, depth| {
        below.wrapping_mul(31) + (0..8).map(|i| depth * 8 + i).sum::<usize>() % 1009
    });
    // SAFETY: it waits at the end of `descend`.
    assert_eq!(unsafe { switch(other, 0) }.word, sum);
}

extern "C" fn tracer(from: StackPointer, word: usize) -> ! {
    let place = word as *mut Option<Backtrace>;
    let trace = Backtrace::force_capture();
    // SAFETY: the test's own local, which it does not touch until we answer.
    unsafe { place.write(Some(trace)) };
    // SAFETY: as in `doubler`.
    unsafe { switch(from, 0) };
    unreachable!("resumed after its answer")
}

#[test]
fn a_backtrace_ends_at_the_first_frame() {
    let mut memory = stack();
    let other = prepared(&mut memory, tracer);
    let mut place: Option<Backtrace> = None;
    // SAFETY: `other` was just prepared.
    unsafe { switch(other, &raw mut place as usize) };
    let trace = place.expect("the tracer answered").to_string();
    let is_frame = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let frames: Vec<_> = trace.lines().filter(is_frame).collect();
    let [.., entry, last] = frames[..] else { panic!("no frames in {trace}") };
    assert!(entry.ends_with("::tracer"), "{trace}");
    assert!(last.ends_with("::first_frame"), "{trace}");
}

/// Answers with `word`: where [`frame_pointer_at_entry`] goes on to.
pub(super) extern "C" fn answer(from: StackPointer, word: usize) -> ! {
    // SAFETY: as in `doubler`.
    unsafe { switch(from, word) };
    unreachable!("resumed after its answer")
}

#[test]
fn a_chain_of_frame_pointers_ends_at_the_first_frame() {
    let mut memory = stack();
    let other = prepared(&mut memory, frame_pointer_at_entry);
    // SAFETY: `other` was just prepared.
    assert_eq!(unsafe { switch(other, 1) }.word, 0);
}
