//! Sleeping.

use core::panic::Location;
use std::time::{Duration, Instant};

use crate::api::deadline;
use crate::facade::news::Call;
use crate::sched::nap;
use crate::sched::step::step;

/// Waits for a duration (Go's `time.Sleep`).
///
/// Other goroutines run meanwhile, and no thread is held. The goroutine is ready again when the duration has
/// passed, never before.
///
/// May wait: a [switch point](crate#switch-points), even if the duration is zero. On an ordinary thread it
/// blocks the thread.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::time::{Duration, Instant, sleep};
/// rt.run(|| {
///     let start = Instant::now();
///     sleep(Duration::from_millis(2));
///     assert!(start.elapsed() >= Duration::from_millis(2));
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn sleep(duration: Duration) {
    sleep_to(deadline::after(duration));
}

/// Waits until an instant. If it is past, does not wait for it.
///
/// May wait: a [switch point](crate#switch-points), even if the instant is past. On an ordinary thread it
/// blocks the thread.
#[track_caller]
pub fn sleep_until(deadline: Instant) {
    sleep_to(deadline::at(deadline));
}

#[track_caller]
fn sleep_to(deadline_ns: u64) {
    step(Call::new("sleep", ""), core::ptr::null::<()>());
    nap::sleep(deadline_ns, Location::caller());
}
