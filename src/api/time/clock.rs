//! The clock that a goroutine goes by, and virtual time.

use core::panic::Location;
use std::time::{Duration, Instant};

use crate::api::deadline;
use crate::sched::schedt::SchedRef;
use crate::sched::{idling, virtually};

/// Returns the current moment of the clock that this goroutine's deadlines go by.
///
/// This is [`Instant::now`], except in a goroutine of a runtime with [virtual
/// time](crate::time#virtual-time). There it is the moment that the runtime's clock shows; [`Instant::now`]
/// remains the real clock. Does not wait.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().virtual_time(true).start()? };
/// use gosched::time::{Duration, now, sleep_until};
/// rt.run(|| {
///     let deadline = now() + Duration::from_secs(3_600);
///     sleep_until(deadline); // a moment, by the clock on the wall
///     assert_eq!(now(), deadline);
/// });
/// # std::io::Result::Ok(())
/// ```
pub fn now() -> Instant {
    virtually::now()
}

/// Moves the virtual clock on while this goroutine runs, as if it had computed for `duration`.
///
/// Timers that come due meanwhile fire afterwards: they are late, as they are beside a goroutine that
/// computes on every processor. To let all goroutines do what is due until a moment, each at its own time,
/// use [`sleep`](super::sleep). Does not wait.
///
/// # Panics
///
/// If the caller is not a goroutine of a runtime with [virtual time](crate::time#virtual-time).
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().virtual_time(true).start()? };
/// use gosched::time::{Duration, advance, now, wait_idle, Timer};
/// rt.run(|| {
///     let (start, second) = (now(), Duration::from_secs(1));
///     let timer = Timer::new(second);
///     advance(5 * second);
///     assert_eq!(timer.receiver().recv(), Ok(start + 5 * second)); // four seconds late
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn advance(duration: Duration) {
    virtually::advance(current("advance"), deadline::ns(duration));
}

/// Waits until all other goroutines of this runtime wait. The virtual clock stands still meanwhile.
///
/// Then everything has happened that can happen at this moment. If several goroutines call `wait_idle`, each
/// of them waits, and they return together.
///
/// This is Go's `synctest.Wait`. Its name says what it waits for, as in Vulkan's `vkDeviceWaitIdle` and
/// Android's `waitForIdle`.
///
/// May wait: a [switch point](crate#switch-points), even if all other goroutines wait already.
///
/// # Panics
///
/// If the caller is not a goroutine of a runtime with [virtual time](crate::time#virtual-time): nobody counts
/// there who waits.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().virtual_time(true).start()? };
/// use gosched::time::{Duration, sleep, wait_idle};
/// rt.run(|| {
///     let worker = gosched::go(|| sleep(Duration::from_secs(5)));
///     sleep(Duration::from_secs(5));
///     wait_idle(); // both were due at this moment
///     assert!(worker.is_finished());
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn wait_idle() {
    idling::wait_idle(current("wait_idle"), Location::caller());
}

/// The runtime of the goroutine that calls.
#[track_caller]
fn current(what: &str) -> SchedRef {
    virtually::here().unwrap_or_else(|| {
        panic!(
            "gosched: time::{what} was called outside a goroutine of a runtime with virtual time; \
             start one with Builder::virtual_time"
        )
    })
}
