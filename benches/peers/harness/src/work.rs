//! What a task does when it does not wait: compute, pass the time, stay in the kernel.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The state from which `xorshift` begins where no other is given. It never becomes zero.
pub(crate) const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

pub(crate) fn xorshift(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ (x << 17)
}

/// Computes so many steps, each of which needs the one before: as long in every language.
pub fn compute(steps: u64) {
    black_box((0..steps).fold(black_box(SEED), |x, _| xorshift(x)));
}

/// Touches each fourth of the words.
pub fn touch(words: &mut [u64]) {
    words.iter_mut().step_by(4).for_each(|word| *word += 1);
    black_box(words);
}

/// Looks at the clock until so much time is over.
pub fn spin(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {}
}

/// Blocks in the kernel, and tells no runtime.
pub fn nanosleep(time: Duration) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    // SAFETY: it reads a timespec, and is not asked to write how much time was left.
    unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) };
}
