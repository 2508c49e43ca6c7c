//! Scenarios of `proto/idle`.
//!
//! The queues are one word, or real rings; the threads' ways between the steps of the protocol
//! mirror `src/sched` (`find_runnable`, `last_look`, `wakep`, `startm`, `stopm`). A goroutine once
//! run keeps its processor to the end, so that each one that is queued needs a processor of its own.
//! When all is quiet, no processor may be idle while a goroutine is queued.

use core::ptr::NonNull;
use std::sync::{Arc, Mutex as Ghost};

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::base::list::Linked;
use crate::facade::{AtomicU32, Cell, Ordering::Relaxed};
use crate::proto::handoff::Handoff;
use crate::proto::idle::{Claim, Dropped, Idle, Lists, Parked, Spinning, Submitted, Unclaimed};
use crate::proto::lock::Exclude;
use crate::proto::runq::{Next, Runq};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { idle:
            work_submitted_while_the_last_spinner_stops_is_found =
                LAST_SPINNER_STOPS, loom All, shuttle cut(1_000, 20_000);
            work_put_into_a_ring_while_the_last_thief_stops_is_stolen =
                THIEF_STOPS, loom Preemptions(4), shuttle cut(1_000, 20_000);
            work_submitted_before_a_thread_gives_up_without_a_look_is_found =
                NO_LAST_LOOK, loom All, shuttle depth_first;
            a_spinner_that_finds_work_has_the_rest_looked_for =
                BATCH, loom Preemptions(3), shuttle cut(1_000, 20_000);
            work_submitted_while_two_spinners_stop_is_found =
                TWO_SPINNERS_STOP, loom Preemptions(3), shuttle cut(1_000, 20_000);
            work_seen_in_the_last_look_without_a_processor_is_found =
                PROCESSOR_IS_GONE, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_thread_that_falls_asleep_is_woken_for_work =
                SLEEPER, loom Preemptions(4), shuttle cut(1_000, 20_000);
            work_left_to_a_thread_that_could_not_be_made_is_found =
                FAILED_START, loom Preemptions(3), shuttle cut(1_000, 20_000);
            work_for_a_thread_that_never_parks_is_found_without_others =
                NEVER_PARKS, loom All, shuttle depth_first;
            work_left_to_a_spinner_that_stops_for_the_world_is_found =
                STOPS_FOR_THE_WORLD, loom All, shuttle depth_first;
            a_look_is_owed_as_long_as_work_waits =
                FORGIVEN, loom Preemptions(3), shuttle cut(1_000, 20_000);
            whoever_tries_again_finds_what_was_left =
                RETRY, loom Preemptions(4), shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// A processor given to a thread.
type Orders = Option<(u32, Spinning)>;
type Thread = Handoff<Orders>;
type Lock = OneStep<Lists<Thread>>;

/// Where goroutines wait.
trait Queues: Send + Sync + 'static {
    /// Takes one, for the owner of `p`.
    fn take(&self, p: u32) -> bool;
    /// One look at every queue.
    fn has_work(&self) -> bool;
}

/// A number of goroutines. RMW-only.
struct Count(AtomicU32);

impl Count {
    fn put(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Queues for Count {
    fn take(&self, _: u32) -> bool {
        let mut n = self.0.load(Relaxed);
        while n != 0 {
            match self.0.compare_exchange(n, n - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => n = now,
            }
        }
        false
    }

    fn has_work(&self) -> bool {
        self.0.load(Relaxed) != 0
    }
}

struct G(Option<NonNull<G>>);

// SAFETY: the field lies at a fixed place.
unsafe impl Linked for G {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: a field of a live goroutine.
        unsafe { NonNull::new_unchecked(&raw mut (*this.as_ptr()).0) }
    }
}

/// Two processors' rings.
struct Rings([Runq<G, 2>; 2]);

impl Queues for Rings {
    fn take(&self, p: u32) -> bool {
        let [own, other] = [p as usize, 1 - p as usize].map(|i| &self.0[i]);
        own.get().is_some() || other.grab(own, Next::Yes).is_some()
    }

    fn has_work(&self) -> bool {
        self.0.iter().any(|runq| !runq.is_empty())
    }
}

/// When a spinner that found work stops spinning and wakes another.
#[derive(PartialEq, Eq)]
enum Found {
    AtOnce,
    /// It is slow: after all else (so the others have fewer steps to be explored against).
    Late,
}

/// A scheduler, reduced to what the dance needs.
struct House<Q> {
    idle: Idle<Thread, Lock>,
    queues: Q,
    /// What only a processor's owner touches: who gets it must see all that was done.
    procs: Vec<Cell<u32>>,
    /// Of the one thread that sleeps for real.
    letters: Thread,
    /// Processors that run a goroutine to the end.
    held: Ghost<Vec<u32>>,
    /// When a spinner that found work says so.
    found: Found,
    /// Spinners that will.
    late: Ghost<u32>,
    /// Who found goroutines, in the order of finding.
    found_by: Ghost<Vec<&'static str>>,
}

// SAFETY: whoever touches a processor owns it; that it does is what the scenarios check.
unsafe impl<Q: Sync> Sync for House<Q> {}
// SAFETY: as above.
unsafe impl<Q: Send> Send for House<Q> {}

impl<Q: Queues> House<Q> {
    fn new(procs: u32, queues: Q, found: Found) -> Arc<Self> {
        Arc::new(Self {
            idle: Idle::new(procs),
            queues,
            procs: (0..procs).map(|_| Cell::new(0)).collect(),
            letters: Thread::new(),
            held: Ghost::default(),
            found,
            late: Ghost::default(),
            found_by: Ghost::default(),
        })
    }

    fn procs(&self) -> u32 {
        u32::try_from(self.procs.len()).expect("few")
    }

    /// Takes a processor before the others begin.
    fn boot(&self, spinning: Spinning) -> u32 {
        match self.idle.take_p(Spinning::No).expect("idle at first") {
            p if spinning == Spinning::No => p,
            p => {
                assert_eq!(self.idle.start_spinning(self.procs()), Spinning::Yes);
                p
            }
        }
    }

    /// A goroutine that runs from the beginning to the end.
    fn boot_running(&self) -> u32 {
        let p = self.boot(Spinning::No);
        self.held.lock().unwrap().push(p);
        p
    }

    fn touch(&self, p: u32) {
        // SAFETY: the caller owns the processor.
        self.procs[p as usize].with_mut(|data| unsafe { *data += 1 });
    }

    /// `wakep` and `startm`: the thread that is started is played by the caller, next.
    fn wakep(&self) {
        if self.idle.submitted() == Submitted::Wake
            && let Some(claim) = self.idle.claim()
        {
            self.worker("new", claim.p, Spinning::Yes);
        }
    }

    /// `find_runnable`: returns when it has run a goroutine or may park.
    fn worker(&self, name: &'static str, p: u32, spinning: Spinning) {
        let mut now = Some((p, spinning));
        while let Some((p, spinning)) = now {
            self.touch(p);
            if self.queues.take(p) {
                return self.run(name, p, spinning);
            }
            now = match spinning {
                Spinning::No => match self.idle.start_spinning(self.procs()) {
                    Spinning::Yes => Some((p, Spinning::Yes)),
                    Spinning::No => self.last_look(p, Spinning::No),
                },
                Spinning::Yes => self.last_look(p, Spinning::Yes),
            };
        }
    }

    /// A thread that has found nothing, from its giving up on.
    fn quit(&self, name: &'static str, p: u32, spinning: Spinning) {
        if let Some((p, spinning)) = self.last_look(p, spinning) {
            self.worker(name, p, spinning);
        }
    }

    fn run(&self, name: &'static str, p: u32, spinning: Spinning) {
        self.found_by.lock().unwrap().push(name);
        self.held.lock().unwrap().push(p);
        if spinning == Spinning::Yes && self.found == Found::AtOnce {
            self.reset_spinning();
        } else if spinning == Spinning::Yes {
            *self.late.lock().unwrap() += 1;
        }
    }

    fn reset_spinning(&self) {
        self.idle.found_work();
        self.wakep();
    }

    /// Gives the processor up; a spinner then looks once more.
    fn last_look(&self, p: u32, spinning: Spinning) -> Orders {
        self.touch(p);
        if self.idle.drop_p(p, || false) == Dropped::LookAgain {
            return Some((p, Spinning::Yes));
        }
        if spinning == Spinning::No {
            return None;
        }
        self.idle.stop_spinning();
        if !self.queues.has_work() {
            return None;
        }
        self.idle.take_p(Spinning::Yes).map(|p| (p, Spinning::Yes))
    }

    /// All but the late is quiet. Then checks I1, then has the held processors given up and checks I2, I3 and I4.
    fn end(&self) -> String {
        loop {
            let late = std::mem::take(&mut *self.late.lock().unwrap());
            (0..late).for_each(|_| self.reset_spinning());
            if late == 0 {
                break;
            }
        }
        let (work, idle) = (self.queues.has_work(), self.idle.procs_idle());
        assert!(!work || idle == 0, "I1: a goroutine is queued and {idle} processors are idle");
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        for &p in &held {
            self.touch(p);
            if self.idle.drop_p(p, || false) == Dropped::LookAgain {
                assert_eq!(self.idle.drop_p(p, || false), Dropped::Idle, "I4");
                self.idle.stop_spinning();
            }
        }
        assert!(self.idle.quiescent(self.procs()).is_some(), "I2, I4: all gave up, none spins");
        let listed = std::iter::from_fn(|| self.idle.take_p(Spinning::No)).count();
        assert_eq!(listed, self.procs.len(), "I3");
        let found_by = std::mem::take(&mut *self.found_by.lock().unwrap());
        format!("found by {}", found_by.join(", "))
    }
}

impl House<Count> {
    /// A thread without a processor queues a goroutine (`go` and `ready`).
    fn submit(&self) {
        self.queues.put();
        self.wakep();
    }
}

/// The last spinner stops while a thread without a processor submits.
pub(crate) const LAST_SPINNER_STOPS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let p = house.boot(Spinning::Yes);
        let spinner = spawn({
            let house = house.clone();
            move || house.quit("spinner", p, Spinning::Yes)
        });
        house.submit();
        spinner.join();
        house.end()
    },
    outcomes: &["found by new", "found by spinner"],
};

/// The same with real rings, where a queue's own Release store is all that the fence could be
/// confused with: the submitter's goroutine runs on, so that only a thief can help.
pub(crate) const THIEF_STOPS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2, Rings([Runq::new(), Runq::new()]), Found::Late);
        let own = house.boot_running();
        let p = house.boot(Spinning::Yes);
        let thief = spawn({
            let house = house.clone();
            move || house.quit("thief", p, Spinning::Yes)
        });
        let g = NonNull::from(Box::leak(Box::new(G(None))));
        assert!(house.queues.0[own as usize].put(g, Next::No).is_none());
        house.wakep();
        thief.join();
        // SAFETY: it came from a box, and nobody dereferences it any more.
        let _: Box<G> = unsafe { Box::from_raw(g.as_ptr()) };
        house.end()
    },
    outcomes: &["found by new", "found by thief"],
};

/// A thread that was not let spin gives up the only processor, without a last look, while another
/// submits.
pub(crate) const NO_LAST_LOOK: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let p = house.boot(Spinning::No);
        let quitter = spawn({
            let house = house.clone();
            move || house.quit("quitter", p, Spinning::No)
        });
        house.submit();
        quitter.join();
        house.end()
    },
    outcomes: &["found by new", "found by quitter"],
};

/// Two goroutines are submitted to one spinner, and each needs a processor.
pub(crate) const BATCH: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2, Count(AtomicU32::new(0)), Found::AtOnce);
        let p = house.boot(Spinning::Yes);
        let spinner = spawn({
            let house = house.clone();
            move || house.quit("spinner", p, Spinning::Yes)
        });
        for _ in 0..2 {
            house.submit();
        }
        spinner.join();
        house.end()
    },
    outcomes: &["found by new, new", "found by new, spinner", "found by spinner, new"],
};

/// Two spinners stop while a third thread submits: only the last of them fences.
pub(crate) const TWO_SPINNERS_STOP: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(4, Count(AtomicU32::new(0)), Found::Late);
        house.boot_running();
        house.boot_running();
        let spinners = ["first", "second"].map(|name| {
            let p = house.boot(Spinning::Yes);
            let house = house.clone();
            spawn(move || house.quit(name, p, Spinning::Yes))
        });
        house.submit();
        spinners.into_iter().for_each(super::JoinHandle::join);
        house.end()
    },
    outcomes: &["found by first", "found by new", "found by second"],
};

/// A spinner stops, and another thread takes the processor that it gave up and gives it up again
/// without a look, while a third submits: the spinner saw the goroutine, and no processor.
pub(crate) const PROCESSOR_IS_GONE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let p = house.boot(Spinning::Yes);
        let spinner = spawn({
            let house = house.clone();
            move || house.quit("spinner", p, Spinning::Yes)
        });
        let returner = spawn({
            let house = house.clone();
            move || {
                if let Some(p) = house.idle.take_p(Spinning::No) {
                    house.quit("returner", p, Spinning::No);
                }
            }
        });
        house.submit();
        spinner.join();
        returner.join();
        house.end()
    },
    outcomes: &["found by new", "found by returner", "found by spinner"],
};

/// A thread that sleeps between its processors.
fn sleeper(house: &House<Count>, first: Orders) {
    let mut orders = first;
    loop {
        if let Some((p, spinning)) = orders {
            house.worker("sleeper", p, spinning);
            if !house.held.lock().unwrap().is_empty() {
                return;
            }
        }
        orders = match house.idle.put_m(NonNull::from(&house.letters)) {
            Parked::Idle => house.letters.take(),
            Parked::LookAgain(p) => Some((p, Spinning::Yes)),
            Parked::GoHome => return,
        };
    }
}

/// Gives a claimed processor back, or names the thread to hand it to.
fn unclaim<M, L: Exclude<Lists<M>>>(idle: &Idle<M, L>, p: u32) -> Option<NonNull<M>> {
    match idle.unclaim(p, Spinning::Yes, || false) {
        Unclaimed::HandTo(m) => Some(m),
        Unclaimed::Idle(_) | Unclaimed::Asked => None,
    }
}

/// `startm` where no thread can be made.
fn start_without_threads(house: &House<Count>) {
    if let Some(claim) = house.idle.claim()
        && let Some(m) = claim.m.or_else(|| unclaim(&house.idle, claim.p))
    {
        // SAFETY: the letter box lives as long as the house.
        unsafe { m.as_ref() }.give(Some((claim.p, Spinning::Yes)));
    }
}

/// The only thread stops spinning and goes to sleep for real; no other can be made. Lost work is a
/// deadlock.
pub(crate) const SLEEPER: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let p = house.boot(Spinning::Yes);
        let thread = spawn({
            let house = house.clone();
            move || sleeper(&house, Some((p, Spinning::Yes)))
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_without_threads(&house);
        }
        thread.join();
        house.end()
    },
    outcomes: &["found by sleeper"],
};

/// A wake-up whose goroutine somebody has taken covers another one; then no thread can be made for
/// it, while the only one there is is about to park.
pub(crate) const FAILED_START: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let thread = spawn({
            let house = house.clone();
            move || sleeper(&house, None)
        });
        let waker = spawn({
            let house = house.clone();
            move || start_without_threads(&house)
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_without_threads(&house);
        }
        waker.join();
        thread.join();
        house.end()
    },
    outcomes: &["found by sleeper"],
};

/// `newm::undo`: no thread can be made, and all there are keep to work of their own: whoever fails
/// to start one hands the processor to the thread that the work waits for, which runs it.
fn start_who_never_parks(house: &House<Count>, name: &'static str) {
    let mut claim = house.idle.claim();
    while let Some(Claim { p, .. }) = claim {
        house.touch(p);
        if house.queues.take(p) {
            return house.run(name, p, Spinning::Yes);
        }
        let Unclaimed::Idle(debt) = house.idle.unclaim(p, Spinning::Yes, || false) else {
            panic!("none parks, and nobody asks");
        };
        claim = if house.queues.has_work() {
            house.idle.claim_owed()
        } else {
            house.idle.forgive(debt);
            None
        };
    }
}

/// A wake-up whose goroutine somebody has taken covers another one; then no thread can be made for
/// it, and none parks.
pub(crate) const NEVER_PARKS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let waker = spawn({
            let house = house.clone();
            move || start_who_never_parks(&house, "waker")
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_who_never_parks(&house, "submitter");
        }
        waker.join();
        house.end()
    },
    outcomes: &["found by submitter", "found by waker"],
};

/// A spinner gives its processor up because the world is stopped; whoever starts that knows of it,
/// and looks. One thread plays both.
pub(crate) const STOPS_FOR_THE_WORLD: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let p = house.boot(Spinning::Yes);
        let submitter = spawn({
            let house = house.clone();
            move || {
                house.queues.put();
                house.wakep();
            }
        });
        house.idle.found_work();
        match house.idle.drop_p(p, || false) {
            Dropped::LookAgain => house.worker("starter", p, Spinning::Yes),
            Dropped::Idle => {
                house.idle.take_on_looks();
                if house.queues.has_work()
                    && let Some(p) = house.idle.take_p(Spinning::Yes)
                {
                    house.worker("starter", p, Spinning::Yes);
                }
            }
            Dropped::Asked => unreachable!("nobody asks"),
        }
        submitter.join();
        house.end()
    },
    outcomes: &["found by new", "found by starter"],
};

/// `newm::undo`, where nobody could run the work: the look stays owed if there is any.
fn start_in_vain(house: &House<Count>) {
    let Some(claim) = house.idle.claim() else { return };
    house.touch(claim.p);
    let Unclaimed::Idle(debt) = house.idle.unclaim(claim.p, Spinning::Yes, || false) else {
        panic!("none parks, and nobody asks");
    };
    if !house.queues.has_work() {
        house.idle.forgive(debt);
    }
}

/// Two wake-ups fail one after the other, and only the first saw that nothing waits.
pub(crate) const FORGIVEN: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let others = [(); 2].map(|()| {
            let house = house.clone();
            spawn(move || start_in_vain(&house))
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_in_vain(&house);
        }
        others.into_iter().for_each(super::JoinHandle::join);
        let claim = house.idle.claim_owed().expect("work waits");
        house.worker("retry", claim.p, Spinning::Yes);
        house.end()
    },
    outcomes: &["found by retry"],
};

/// No thread can be made for a wake-up that covers another one; then one can, for whoever tries again.
pub(crate) const RETRY: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count(AtomicU32::new(0)), Found::Late);
        let p = house.idle.claim().expect("idle at first").p;
        let submitter = spawn({
            let house = house.clone();
            move || {
                house.queues.put();
                house.wakep();
            }
        });
        assert!(unclaim(&house.idle, p).is_none(), "none parks");
        if let Some(claim) = house.idle.claim_owed() {
            house.worker("retry", claim.p, Spinning::Yes);
        }
        submitter.join();
        house.end()
    },
    outcomes: &["found by new", "found by retry"],
};

/// Several threads that sleep for real, over the real lock.
struct Town {
    idle: Idle<Thread>,
    queue: Count,
    letters: Vec<Thread>,
    ran: Ghost<u32>,
}

impl Town {
    const PROCS: u32 = 3;
    const THREADS: usize = 4;
    const SUBMITTERS: u32 = 2;
    /// Goroutines of each submitter; each of them starts another.
    const EACH: u32 = 3;
    const ALL: u32 = 2 * Self::SUBMITTERS * Self::EACH;

    fn submit(&self) {
        self.queue.put();
        self.wakep();
    }

    fn wakep(&self) {
        if self.idle.submitted() == Submitted::Wake
            && let Some(claim) = self.idle.claim()
            && let Some(m) = claim.m.or_else(|| unclaim(&self.idle, claim.p))
        {
            // SAFETY: the letter boxes live as long as the town.
            unsafe { m.as_ref() }.give(Some((claim.p, Spinning::Yes)));
        }
    }

    /// The body of a thread, which ends when it is sent home.
    fn thread(&self, own: &Thread) {
        let mut orders = None;
        loop {
            while let Some((p, spinning)) = orders {
                orders = self.find_and_run(p, spinning);
            }
            orders = match self.idle.put_m(NonNull::from(own)) {
                Parked::Idle => own.take(),
                Parked::LookAgain(p) => Some((p, Spinning::Yes)),
                Parked::GoHome => return,
            };
            if orders.is_none() {
                return;
            }
        }
    }

    /// One round with a processor.
    fn find_and_run(&self, p: u32, spinning: Spinning) -> Orders {
        if self.queue.take(p) {
            if spinning == Spinning::Yes {
                self.idle.found_work();
                self.wakep();
            }
            self.run();
            return Some((p, Spinning::No));
        }
        if spinning == Spinning::No && self.idle.start_spinning(Self::PROCS) == Spinning::Yes {
            return Some((p, Spinning::Yes));
        }
        if self.idle.drop_p(p, || false) == Dropped::LookAgain {
            return Some((p, Spinning::Yes));
        }
        if spinning == Spinning::No {
            return None;
        }
        self.idle.stop_spinning();
        if !self.queue.has_work() {
            return None;
        }
        self.idle.take_p(Spinning::Yes).map(|p| (p, Spinning::Yes))
    }

    /// A goroutine: the first ones start others, the last one ends all.
    fn run(&self) {
        let ran = {
            let mut ran = self.ran.lock().unwrap();
            *ran += 1;
            *ran
        };
        if ran <= Self::ALL / 2 {
            self.submit();
        }
        if ran == Self::ALL {
            for m in self.idle.close() {
                // SAFETY: the letter boxes live as long as the town.
                unsafe { m.as_ref() }.give(None);
            }
        }
    }
}

/// Four threads, three processors, two submitters; goroutines that start others. No thread can be
/// made, so that wake-ups fail too. Lost work is a deadlock.
pub(crate) fn town() {
    let town = Arc::new(Town {
        idle: Idle::new(Town::PROCS),
        queue: Count(AtomicU32::new(0)),
        letters: (0..Town::THREADS).map(|_| Thread::new()).collect(),
        ran: Ghost::default(),
    });
    let mut threads: Vec<_> = (0..Town::THREADS)
        .map(|i| {
            let town = town.clone();
            spawn(move || town.thread(&town.letters[i]))
        })
        .collect();
    threads.extend((0..Town::SUBMITTERS).map(|_| {
        let town = town.clone();
        spawn(move || (0..Town::EACH).for_each(|_| town.submit()))
    }));
    threads.into_iter().for_each(super::JoinHandle::join);
    assert_eq!(*town.ran.lock().unwrap(), Town::ALL);
    assert_eq!(town.idle.quiescent(Town::PROCS), Some(0), "I2, I3, I4");
}
