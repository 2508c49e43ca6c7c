//! Scenarios of `proto/powner`: a thread in and out of the runtime, others that want its processor.

use core::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::{Scenario, spawn};
use crate::facade::{AtomicU32, Cell, Ordering::Relaxed, spin_hint};
use crate::proto::powner::{Entered, Holder, Lease, Left, Take};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { powner:
            a_processor_has_one_owner = ONE_OWNER, loom All, shuttle cut(200, 20_000);
            a_taker_sees_what_the_runtime_section_did = SEES, loom All, shuttle cut(200, 20_000);
            two_takers_do_not_both_get_it = TWO_TAKERS_ALONE, loom All, shuttle cut(200, 20_000);
            one_who_was_asked_sees_what_for = WHAT_FOR, loom All, shuttle cut(200, 20_000);
            a_thread_whose_processor_was_taken_gets_another =
                REACQUIRES, loom Preemptions(4), shuttle cut(200, 20_000);
            a_stale_taker_does_not_take_another_processor =
                STALE, loom All, shuttle cut(200, 20_000);
            a_thread_that_went_back_without_a_processor_is_told_again =
                TOLD_AGAIN, loom Preemptions(4), shuttle cut(200, 20_000);
            a_taker_sees_a_thread_that_is_made = MADE, loom All, shuttle cut(200, 20_000);
        }
    };
}
pub(crate) use suite;

/// Who owns a processor, for the ghosts.
const THREAD: u32 = 1;
const TAKER: u32 = 2;
const NOBODY: u32 = 3;

/// A thread's lease and two processors.
struct House {
    lease: Lease,
    /// What only a processor's owner touches.
    procs: [Cell<u32>; 2],
    owners: [Ghost; 2],
    /// What the taker writes before it asks.
    request: AtomicU32,
}

// SAFETY: whoever touches a processor owns it; that it does is what the scenarios check.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

impl House {
    /// The thread runs user code with processor 0; processor 1 is nobody's.
    fn new() -> Arc<Self> {
        let house = Self {
            lease: Lease::new(),
            procs: [Cell::new(0), Cell::new(0)],
            owners: [Ghost::new(NOBODY), Ghost::new(NOBODY)],
            request: AtomicU32::new(0),
        };
        house.acquire(0);
        house.leave();
        Arc::new(house)
    }

    /// Becomes the owner of what was `from`'s.
    fn own(&self, p: u32, from: u32, to: u32) {
        let was = self.owners[p as usize].swap(to, SeqCst);
        assert_eq!(was, from, "processor {p} went from {from} to {to}, and was {was}'s");
    }

    fn touch(&self, p: u32, owner: u32) {
        assert_eq!(self.owners[p as usize].load(SeqCst), owner, "touched by another");
        // SAFETY: the caller owns the processor.
        self.procs[p as usize].with_mut(|data| unsafe { *data += 1 });
    }

    /// Whether a processor is nobody's; waits a little if not.
    fn is_free(&self, p: u32) -> bool {
        let free = self.owners[p as usize].load(SeqCst) == NOBODY;
        if !free {
            spin_hint();
        }
        free
    }

    fn acquire(&self, p: u32) {
        self.own(p, NOBODY, THREAD);
        self.lease.acquire(p);
    }

    fn release(&self, p: u32) {
        self.lease.release(p);
        self.own(p, THREAD, NOBODY);
    }

    /// Goes into user code; true if a processor was given up for that.
    fn leave(&self) -> bool {
        let Left::GaveUp(p) = self.lease.leave() else { return false };
        self.touch(p, THREAD);
        self.own(p, THREAD, NOBODY);
        true
    }

    /// A section with processor `p`; false if it was taken.
    fn section(&self, p: u32) -> bool {
        let with_p = self.lease.enter() == Entered::WithP;
        if with_p {
            self.touch(p, THREAD);
        }
        with_p
    }

    fn take(&self, p: u32) -> Take {
        let take = self.lease.take(p);
        if take == Take::Taken {
            self.own(p, THREAD, TAKER);
            self.touch(p, TAKER);
        }
        take
    }

    /// Who has processor `p` when all is over.
    fn owner(&self, p: u32) -> &'static str {
        match self.owners[p as usize].load(SeqCst) {
            THREAD => "kept",
            TAKER => "taken",
            _ => "given up",
        }
    }
}

fn told(take: Take) -> &'static str {
    match take {
        Take::Taken => "taken",
        Take::Asked => "asked",
        Take::Refused => "refused",
    }
}

fn report(sections: u32, takes: &[Take]) -> String {
    let takes: Vec<_> = takes.iter().map(|&take| told(take)).collect();
    format!("sections={sections}, {}", takes.join(", "))
}

/// So many sections against one taker.
fn sections_and_a_taker(wanted: u32) -> String {
    let house = House::new();
    let sections = Arc::new(Ghost::new(0));
    let thread = spawn({
        let (house, sections) = (house.clone(), sections.clone());
        move || {
            for _ in 0..wanted {
                if !house.section(0) {
                    return;
                }
                sections.fetch_add(1, SeqCst);
                if house.leave() {
                    return;
                }
            }
        }
    });
    let taken = house.take(0);
    thread.join();
    assert!(taken == Take::Refused || house.owner(0) != "kept", "asked for in vain");
    report(sections.load(SeqCst), &[taken])
}

/// Two sections against one taker.
pub(crate) const ONE_OWNER: Scenario = Scenario {
    threads: 2,
    run: || sections_and_a_taker(2),
    outcomes: &[
        "sections=0, taken",
        "sections=1, asked",
        "sections=1, taken",
        "sections=2, asked",
        "sections=2, taken",
    ],
};

/// One section against one taker, who touches what the section touched; if it was told to wait, it has
/// the processor in the end, though the thread does not come back.
pub(crate) const SEES: Scenario = Scenario {
    threads: 2,
    run: || sections_and_a_taker(1),
    outcomes: &["sections=0, taken", "sections=1, asked", "sections=1, taken"],
};

/// Two takers, while the thread stays in user code.
pub(crate) const TWO_TAKERS_ALONE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let other_took = Arc::new(Ghost::new(0));
        let other = spawn({
            let (house, other_took) = (house.clone(), other_took.clone());
            move || other_took.store(u32::from(house.take(0) == Take::Taken), SeqCst)
        });
        let takes = u32::from(house.take(0) == Take::Taken);
        other.join();
        assert_eq!(takes + other_took.load(SeqCst), 1);
        String::from(if takes == 1 { "main" } else { "the other" })
    },
    outcomes: &["main", "the other"],
};

/// One section against two takers.
pub(crate) const TWO_TAKERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        let other_took = Arc::new(Ghost::new(0));
        let other = spawn({
            let (house, other_took) = (house.clone(), other_took.clone());
            move || other_took.store(u32::from(house.take(0) == Take::Taken), SeqCst)
        });
        let thread = spawn({
            let house = house.clone();
            move || {
                if house.section(0) {
                    house.leave();
                }
            }
        });
        let takes = u32::from(house.take(0) == Take::Taken);
        other.join();
        thread.join();
        let times = takes + other_took.load(SeqCst);
        format!("taken {times} times, {}", house.owner(0))
    },
    outcomes: &["taken 0 times, given up", "taken 1 times, taken"],
};

/// The taker writes what it wants before it asks. The thread reads it when it finds the mark, on
/// either of its ways.
pub(crate) const WHAT_FOR: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        assert!(house.section(0));
        let heard = Arc::new(Ghost::new(0));
        let thread = spawn({
            let (house, heard) = (house.clone(), heard.clone());
            move || {
                let hear = || heard.fetch_add(house.request.load(Relaxed), SeqCst);
                if house.lease.is_wanted() {
                    house.lease.answer(0);
                    hear();
                }
                if house.leave() {
                    hear();
                }
            }
        });
        house.request.store(7, Relaxed);
        let take = house.take(0);
        thread.join();
        format!("{}, {}, heard {}", told(take), house.owner(0), heard.load(SeqCst))
    },
    outcomes: &["asked, given up, heard 7", "asked, kept, heard 7", "taken, taken, heard 0"],
};

/// The thread finds its processor taken, gets the other one, and goes on; the taker wants the other
/// one too, and later has a second look for the first.
pub(crate) const REACQUIRES: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let sections = Arc::new(Ghost::new(0));
        let thread = spawn({
            let (house, sections) = (house.clone(), sections.clone());
            move || {
                if house.section(0) {
                    house.leave();
                    return;
                }
                house.acquire(1);
                house.touch(1, THREAD);
                if !house.leave() && house.section(1) {
                    sections.fetch_add(1, SeqCst);
                }
            }
        });
        let takes = [house.take(0), house.take(1)];
        thread.join();
        report(sections.load(SeqCst), &takes)
    },
    outcomes: &[
        "sections=0, asked, refused",
        "sections=0, taken, asked",
        "sections=0, taken, refused",
        "sections=0, taken, taken",
        "sections=1, taken, asked",
        "sections=1, taken, refused",
    ],
};

/// The thread changes its processor for the other one while a taker wants the old one.
pub(crate) const STALE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let sections = Arc::new(Ghost::new(0));
        let thread = spawn({
            let (house, sections) = (house.clone(), sections.clone());
            move || {
                if !house.section(0) {
                    return;
                }
                house.release(0);
                house.acquire(1);
                assert!(!house.leave(), "nobody wanted this one");
                assert!(house.section(1), "nor this one");
                sections.fetch_add(1, SeqCst);
            }
        });
        let taken = house.take(0);
        thread.join();
        report(sections.load(SeqCst), &[taken])
    },
    outcomes: &["sections=0, taken", "sections=1, asked", "sections=1, refused"],
};

/// The thread is told that it has no processor, cannot wait for one, and goes back; it is told again.
pub(crate) const TOLD_AGAIN: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let sections = Arc::new(Ghost::new(0));
        let thread = spawn({
            let (house, sections) = (house.clone(), sections.clone());
            move || {
                if house.section(0) {
                    house.leave();
                    return;
                }
                house.lease.leave_without_p();
                assert_eq!(house.lease.enter(), Entered::WithoutP);
                house.acquire(1);
                house.touch(1, THREAD);
                sections.fetch_add(1, SeqCst);
            }
        });
        let takes = [house.take(0), house.take(0)];
        thread.join();
        report(sections.load(SeqCst), &takes)
    },
    outcomes: &[
        "sections=0, asked, asked",
        "sections=0, asked, refused",
        "sections=0, asked, taken",
        "sections=0, taken, refused",
        "sections=1, taken, refused",
    ],
};

/// A thread that was just made gets the processor of another, and a taker asks it.
pub(crate) const MADE: Scenario = Scenario {
    threads: 2,
    run: || {
        let holder = Arc::new(Holder::nobody());
        let maker = spawn({
            let holder = holder.clone();
            move || {
                let lease = Box::leak(Box::new(Lease::new()));
                holder.set(NonNull::from_mut(lease));
                lease.acquire(0);
            }
        });
        let take = holder.get().map(|lease| {
            // SAFETY: it is leaked until the end.
            let lease = unsafe { lease.as_ref() };
            (lease.take(0), told(lease.take(1)))
        });
        maker.join();
        if let Some(lease) = holder.get() {
            // SAFETY: (leaked above) (exclusive) both are done with it.
            drop(unsafe { Box::from_raw(lease.as_ptr()) });
        }
        match take {
            None => String::from("not made"),
            Some((take, other)) => format!("{}, the other {other}", told(take)),
        }
    },
    outcomes: &["asked, the other refused", "not made", "refused, the other refused"],
};

/// A thread with many sections, which gets the first processor back each time that it was taken,
/// against three takers.
pub(crate) fn siege() {
    const SECTIONS: u32 = 8;
    let house = House::new();
    let takers: Vec<_> = (0..3)
        .map(|_| {
            let house = house.clone();
            spawn(move || {
                for i in 0..4 {
                    let p = i % 2;
                    if house.take(p) == Take::Taken {
                        house.own(p, TAKER, NOBODY);
                    }
                }
            })
        })
        .collect();
    let mut now = 0;
    for _ in 0..SECTIONS {
        if !house.section(now) {
            // Another one, if this one is not given up yet.
            while !house.is_free(now) {
                now = 1 - now;
            }
            house.acquire(now);
            house.touch(now, THREAD);
        }
        house.leave();
    }
    takers.into_iter().for_each(super::JoinHandle::join);
}
