//! The watcher's deep sleep: it sleeps while every processor is idle, and a starter of one wakes
//! it.
//!
//! # In short
//!
//! The watcher sleeps while every processor is idle, and a thread that starts one (a starter) wakes
//! it. If the watcher fell asleep just then, nobody would take processors from goroutines that keep
//! them. So the watcher writes that it sleeps, fences, and then looks whether a processor is busy.
//! A starter makes the processor busy, fences, and then reads whether the watcher sleeps. One of
//! the two fences comes first: either the watcher sees the busy processor, or the starter sees the
//! sleeping watcher and wakes it.
//!
//! # Words
//!
//! `state`, RMW-only:
//!
//! | state | meaning |
//! |---|---|
//! | AWAKE | the watcher runs, or naps for one tick |
//! | ASLEEP | it sleeps until it is poked or its time is up, or is about to |
//! | STOPPED | it must end |
//!
//! # Handshake (SB, asymmetric)
//!
//! The watcher writes ASLEEP, fences, and looks whether anything is busy. A starter makes something
//! busy, fences, and reads `state`. Either the watcher sees the busy one, or the starter sees it
//! asleep and wakes it. Starting is the more common, so its fence is the light one. A thread that
//! is wanted and cannot be had counts as busy too, because the watcher tries again.
//!
//! # Invariants
//!
//! - I1: while something is busy, the watcher is awake or its wake-up is under way.
//! - I2: after STOPPED no sleep begins.
//!
//! # Source
//!
//! Go's `sysmon` and `sysmonwait` (runtime/proc.go), there under `sched.lock`.

use crate::facade::{Futex, Ordering::Relaxed, Slept, fence_heavy, fence_light, now_ns};

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const STOPPED: u32 = 2;

/// Whether the watcher continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Watch {
    /// It has another round to do.
    On,
    /// It must end.
    Over,
}

/// Where the watcher sleeps.
pub(crate) struct SysmonSleep {
    state: Futex,
}

impl SysmonSleep {
    pub(crate) fn new() -> Self {
        Self { state: Futex::new(AWAKE) }
    }

    fn watch(&self) -> Watch {
        // Relaxed: nothing comes with it.
        if self.state.word().load(Relaxed) == STOPPED { Watch::Over } else { Watch::On }
    }

    /// Sleeps one tick. Blocks the watcher.
    pub(crate) fn nap(&self, tick_ns: u64) -> Watch {
        if self.watch() == Watch::On {
            let _ = self.state.wait_until(AWAKE, now_ns() + tick_ns);
        }
        self.watch()
    }

    /// Ends the nap that is under way, if one is. If it comes too early, nothing is lost: the next
    /// nap is short anyway, or the caller only wished for it.
    pub(crate) fn hurry(&self) {
        self.state.wake_one();
    }

    /// Sleeps until something is busy. Blocks the watcher, which alone calls it.
    pub(crate) fn sleep(&self, is_busy: impl FnOnce() -> bool) -> Watch {
        self.sleep_by(is_busy, || self.state.wait(ASLEEP))
    }

    /// Sleeps until something is busy, or the time is up.
    pub(crate) fn doze(&self, at_most_ns: u64, is_busy: impl FnOnce() -> bool) -> Watch {
        let deadline_ns = now_ns() + at_most_ns;
        self.sleep_by(is_busy, || {
            if self.state.wait_until(ASLEEP, deadline_ns) == Slept::TimedOut {
                self.awake();
            }
        })
    }

    /// The watcher wakes by itself.
    fn awake(&self) {
        // Relaxed: a poke or a stop may have come first, and then there is nothing to undo.
        let _ = self.state.word().compare_exchange(ASLEEP, AWAKE, Relaxed, Relaxed);
    }

    fn sleep_by(&self, is_busy: impl FnOnce() -> bool, wait: impl Fn()) -> Watch {
        // Relaxed: the fence orders it.
        if self.state.word().compare_exchange(AWAKE, ASLEEP, Relaxed, Relaxed).is_err() {
            return Watch::Over;
        }
        // ORDER fence (SB with sysmonsleep.poke.fence).
        //   mine   write state, then look for something busy
        //   other  make something busy, then read state
        //   Mine first: the starter sees us asleep. Other first: we see it busy.
        //   checked  loom sysmonsleep::a_starter_finds_the_watcher_awake_or_wakes_it
        fence_heavy();
        if is_busy() {
            self.awake();
        }
        // Progress: a poke, a stop, or the end of the time.
        while self.state.word().load(Relaxed) == ASLEEP {
            wait();
        }
        self.watch()
    }

    /// Called after something became busy.
    #[inline]
    pub(crate) fn poke(&self) {
        // ORDER fence (SB with sysmonsleep.sleep.fence).
        //   mine   make something busy, then read state
        //   other  write state, then look for something busy
        //   Mine first: the watcher sees it. Other first: we see it asleep and wake it.
        //   checked  loom sysmonsleep::a_starter_finds_the_watcher_awake_or_wakes_it
        fence_light();
        if self.state.word().load(Relaxed) == ASLEEP {
            self.poke_slow();
        }
    }

    #[cold]
    fn poke_slow(&self) {
        if self.state.word().compare_exchange(ASLEEP, AWAKE, Relaxed, Relaxed).is_ok() {
            self.state.wake_one();
        }
    }

    /// Ends the watch for good.
    pub(crate) fn stop(&self) {
        self.state.word().swap(STOPPED, Relaxed);
        self.state.wake_one();
    }
}
