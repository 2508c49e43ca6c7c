//! The one thread that waits for time, and how it learns of an earlier deadline.
//!
//! # In short
//!
//! One idle thread, the sleeper, sleeps until the earliest deadline of all processors. Somebody may add an
//! earlier deadline while the sleeper falls asleep. The sleeper says until when it will sleep, fences, and
//! reads all deadlines once more. Who adds a deadline writes it, fences, and reads until when the sleeper
//! sleeps. One of the two fences comes first: either the sleeper sees the deadline, or who adds it sees the
//! sleeper and breaks its sleep. If there is no sleeper, who adds a deadline makes sure that a thread looks.
//!
//! The sleeper also hears the kernel's events, with open ears, while goroutines wait for descriptors and a
//! processor is idle. While all processors work they look for events themselves, and the sleeper sleeps with
//! its ears shut: it could do nothing with an event but to disturb. Who gives up a processor while goroutines
//! wait for descriptors does as one who adds a deadline does: writes that, fences, and reads how the sleeper
//! sleeps. A goroutine that begins to wait tells nobody, because its thread still has the processor: the
//! thread looks for events itself, or finds something else to run, and then the watcher looks.
//!
//! # Words
//!
//! `until`, RMW-only:
//!
//! ```text
//!            begin            sleep_until
//!   NOBODY ---------> AWAKE <=============> a deadline, and whether its ears are shut (the lowest bit)
//!     ^                 |
//!     +----- end -------+
//! ```
//!
//! | state | who writes next |
//! |---|---|
//! | `NOBODY` | any thread that has no processor and sees a deadline: it becomes the sleeper |
//! | else | the sleeper |
//!
//! `bed`, RMW-only: `QUIET`, or `BROKEN` by anybody who wants the sleeper to look; the sleeper makes it
//! `QUIET`.
//!
//! # Invariants
//!
//! - I1: there is one sleeper at most.
//! - I2: while it sleeps, no deadline is earlier than the one that it sleeps until, or its sleep is broken.
//! - I3: while a deadline is pending or a goroutine waits for a descriptor, and no processor works, there is
//!   a sleeper.
//! - I4: while a goroutine waits for a descriptor and a processor is idle, the sleeper's ears are open, or its
//!   sleep is broken, or some processor has been busy since the goroutine began to wait. The watcher looks for
//!   events at each tick of such a time.
//!
//! # Handshakes
//!
//! SB between [`Sleeper::sleep_until`] and [`Sleeper::added`]: each writes its word, fences, and reads the
//! other's. A sleeper that is `AWAKE` has not told yet until when, and will read all deadlines after it has:
//! who sees `AWAKE` needs to do nothing.
//!
//! SB between [`Sleeper::sleep_until`] and [`Sleeper::awaited`], in the same way: the ears, and that somebody
//! waits for a descriptor or that a processor is idle.
//!
//! SB between [`Sleeper::end`] and [`Sleeper::added`]: a sleeper that ends reads all deadlines once more.
//! Either it sees the new one, or who adds it sees `NOBODY`.
//!
//! MP on `bed`: a break is never lost, because `bed` stays `BROKEN` until the sleeper has seen it. A sleeper
//! that saw it and ends passes on what it saw, by `until`, to the next one.
//!
//! # Source
//!
//! Go's `pollUntil`, `lastpoll` and `wakeNetPoller` (`runtime/proc.go`), `netpollBreak`
//! (`runtime/netpoll_epoll.go`). Go's poller stops when it finds no idle processor. Its break lies in the same
//! queue as the events, so a poll that does not wait must not take it (golang/go#42515); here it has a
//! descriptor of its own, and only the sleeper looks there.
//!
//! # Suites
//!
//! `verify/loom/pollbreak.rs`, `verify/shuttle/pollbreak.rs`: a deadline is added beside a sleeper that falls
//! asleep, sleeps, ends. Mutants TM1 (the sleeper does not look again), TM2 (who adds does not break the
//! sleep), NP4 (a break is lost), NP5 (the sleeper says too late until when), NP7 (who waits for a descriptor
//! does not open the sleeper's ears). Of the scheduler's use of it: NP8 (an idle thread does not wait for
//! events), NP9 (what the sleeper heard of is left), NP10 (a P becomes idle by another's hand, and the sleeper
//! stays deaf), TM4 (the end of a runtime wakes no sleeper), TM5 (thieves leave timers).

use super::timers::{NEVER, word};
use crate::facade::{
    AtomicUsize, Ears, Event,
    Ordering::{Acquire, Relaxed, Release},
    events::Bed,
    fence_heavy, fence_light,
};

const NOBODY: usize = 0;
const AWAKE: usize = 1;
/// In a deadline: the ears are shut.
const SHUT: usize = 1;

const QUIET: u32 = 0;
const BROKEN: u32 = 1;

/// Until when the sleeper sleeps, and where.
pub(crate) struct Sleeper {
    until: AtomicUsize,
    bed: Bed,
}

/// How the sleeper sleeps, as a word.
fn asleep(deadline: u64, ears: Ears) -> usize {
    let even = word(deadline).max(AWAKE + 1) & !SHUT;
    if ears == Ears::Open { even } else { even | SHUT }
}

/// What who added a deadline must do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub(crate) enum Added {
    /// Nothing: the sleeper knows, or was told.
    Known,
    /// Make sure that a thread looks: nobody sleeps until a deadline.
    Nobody,
}

impl Sleeper {
    pub(crate) fn new() -> Self {
        Self { until: AtomicUsize::new(NOBODY), bed: Bed::new(QUIET) }
    }

    /// Makes the caller the sleeper, if there is none.
    #[must_use]
    pub(crate) fn begin(&self) -> bool {
        // ORDER Acquire: receives what the last sleeper was woken for, and has not done.
        //   pairs    pollbreak.end.until
        //   checked  loom pollbreak::a_deadline_that_is_added_beside_a_sleeper_is_kept
        self.until.compare_exchange(NOBODY, AWAKE, Acquire, Relaxed).is_ok()
    }

    /// The sleeper is none any more. It must look at all deadlines once more.
    pub(crate) fn end(&self) {
        // ORDER Release: publishes what it was woken for.
        //   pairs    pollbreak.begin.until
        //   checked  loom pollbreak::a_deadline_that_is_added_beside_a_sleeper_is_kept
        self.until.swap(NOBODY, Release);
        // ORDER fence (SB with pollbreak.added.fence).
        //   mine   write until,      then read every deadline
        //   other  write a deadline, then read until
        //   Mine first: who adds sees nobody. Other first: we see the deadline.
        //   checked  loom pollbreak::a_deadline_that_is_added_beside_the_end_of_a_sleeper_is_seen
        fence_heavy();
    }

    /// Whether somebody waits for time; a hint.
    pub(crate) fn is_there(&self) -> bool {
        // Relaxed: hint.
        self.until.load(Relaxed) != NOBODY
    }

    /// Whether events are heard by somebody who sleeps; a hint.
    pub(crate) fn hears(&self) -> bool {
        // Relaxed: hint.
        let until = self.until.load(Relaxed);
        until > AWAKE && until & SHUT == 0
    }

    /// Whether somebody sleeps and hears no events; a hint.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn is_deaf(&self) -> bool {
        // Relaxed: hint.
        let until = self.until.load(Relaxed);
        until > AWAKE && until & SHUT != 0
    }

    /// Whether it sleeps beyond the earliest deadline, for what is gone by now; a hint.
    pub(crate) fn sleeps_in_vain(&self, earliest: u64, is_awaited: bool) -> bool {
        // Relaxed: hint.
        let until = self.until.load(Relaxed);
        let is_gone = until | SHUT == word(NEVER) || until | SHUT < word(earliest);
        until > AWAKE && is_gone && !(until & SHUT == 0 && is_awaited)
    }

    /// Whether the kernel's events can be heard at all.
    pub(crate) fn can_hear(&self) -> bool {
        self.bed.can_hear()
    }

    /// Sleeps until `deadline`, until there are events if the ears are open, until something is told, or for
    /// no reason at all. `has_news` reads every deadline, and what the ears depend on. Only the sleeper calls
    /// it. Blocks the thread.
    pub(crate) fn sleep_until(&self, deadline: u64, ears: Ears, has_news: impl FnOnce() -> bool) {
        // Relaxed: see the fence.
        self.until.swap(asleep(deadline, ears), Relaxed);
        // ORDER fence (SB with pollbreak.added.fence, pollbreak.awaited.fence).
        //   mine   write until,      then read every deadline, who waits and what is idle
        //   other  write one of these, then read until
        //   Mine first: the other breaks our sleep. Other first: we see what is new.
        //   checked  loom pollbreak::a_deadline_that_is_added_beside_a_sleeper_is_kept
        fence_heavy();
        if !has_news() {
            self.sleep(deadline, ears);
        }
        // Relaxed: who reads the old value breaks once too often.
        self.until.swap(AWAKE, Relaxed);
    }

    fn sleep(&self, deadline: u64, ears: Ears) {
        if !self.was_broken() {
            self.bed.sleep_until(QUIET, deadline, ears);
        }
    }

    /// Takes what was heard in the last sleep. Only the sleeper calls it. Says whether there may be more.
    pub(crate) fn take_heard(&self, each: impl FnMut(Event)) -> bool {
        self.bed.take_heard(each)
    }

    /// Makes the bed quiet; says whether it was broken.
    fn was_broken(&self) -> bool {
        // ORDER Acquire: receives why.
        //   pairs    pollbreak.wake.bed
        //   checked  loom pollbreak::a_sleeper_that_is_woken_sees_why
        self.bed.word().swap(QUIET, Acquire) == BROKEN
    }

    /// Called after a deadline was written.
    pub(crate) fn added(&self, deadline: u64) -> Added {
        // ORDER fence (SB with pollbreak.sleep_until.fence, pollbreak.end.fence).
        //   mine   write a deadline, then read until
        //   other  write until,      then read every deadline
        //   Mine first: the sleeper sees the deadline. Other first: we see the sleeper.
        //   unchecked: the lock under which the deadline was written ends with the same fence.
        fence_light();
        match self.until.load(Relaxed) {
            NOBODY => Added::Nobody,
            until => {
                if until as u64 > deadline {
                    self.wake();
                }
                Added::Known
            }
        }
    }

    /// Called after a processor became idle while somebody waits for a descriptor.
    pub(crate) fn awaited(&self) -> Added {
        // ORDER fence (SB with pollbreak.sleep_until.fence, pollbreak.end.fence).
        //   mine   write that,  then read until
        //   other  write until, then read who waits and what is idle
        //   Mine first: the sleeper sees it. Other first: we see the sleeper.
        //   checked  loom pollbreak::one_who_waits_for_an_event_beside_a_sleeper_gets_it
        fence_light();
        match self.until.load(Relaxed) {
            NOBODY => Added::Nobody,
            AWAKE => Added::Known,
            until => {
                if until & SHUT != 0 {
                    self.wake();
                }
                Added::Known
            }
        }
    }

    /// Has the sleeper look at everything again.
    pub(crate) fn wake(&self) {
        // ORDER Release: publishes what the sleeper is to see.
        //   pairs    pollbreak.was_broken.bed
        //   checked  loom pollbreak::a_sleeper_that_is_woken_sees_why
        if self.bed.word().swap(BROKEN, Release) == QUIET {
            self.bed.wake();
        }
    }
}
