//! Scenarios of `proto/runq`, on rings of two or four.
//!
//! The goroutines are letters. Their putter writes them before it puts them, and whoever gets them
//! runs them: both are accesses of a facade cell, so that loom reports a goroutine that is got before
//! it is whole, and the cell's content tells one that is got twice. At the end every goroutine has
//! run.

use core::cell::UnsafeCell;
use core::ptr::NonNull;
use std::sync::Arc;

use super::{Scenario, spawn};
use crate::base::list::{Linked, List};
use crate::facade::thread::JoinHandle;
use crate::facade::{AtomicU32, Cell, Ordering::Relaxed, fence_heavy, fence_light};
use crate::proto::runq::{Next, Runq};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { runq:
            a_thief_reads_the_slot_it_claimed = PUBLISH, loom All, shuttle depth_first;
            a_stolen_next_is_whole = STOLEN_NEXT, loom All, shuttle depth_first;
            a_thief_takes_the_next_one_last = NEXT_LAST, loom All, shuttle depth_first;
            a_slot_is_reused_only_after_it_was_copied = REUSE, loom All, shuttle depth_first;
            a_full_ring_spills_what_no_thief_has_taken = SPILL, loom All, shuttle depth_first;
            two_thieves_share_without_overlap = TWO_THIEVES, loom All, shuttle depth_first;
            two_thieves_and_the_owner_share_without_overlap =
                OWNER_AND_TWO_THIEVES, loom Preemptions(2), shuttle cut(1_000, 100_000);
            a_second_thief_reads_what_the_first_stole =
                SECOND_THIEF, loom All, shuttle cut(1_000, 100_000);
            a_queue_that_holds_one_is_never_seen_empty =
                NEVER_SEEN_EMPTY, loom All, shuttle depth_first;
            a_look_that_misses_a_put_is_seen_by_the_putter =
                LAST_LOOK, loom All, shuttle depth_first;
            a_look_sees_the_ring_or_is_seen_by_the_putter =
                LAST_LOOK_AT_RING, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// A goroutine: how far it is, and its link.
pub(crate) struct G {
    letter: char,
    life: Cell<Life>,
    /// Marks each access of the link, for loom.
    touched: Cell<()>,
    link: UnsafeCell<Option<NonNull<G>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Unwritten,
    Written,
    Ran,
}

// SAFETY: the protocols say who may touch a goroutine; that they do is what the scenarios check.
unsafe impl Send for G {}
// SAFETY: as above.
unsafe impl Sync for G {}

// SAFETY: the field lies at a fixed place of the goroutine.
unsafe impl Linked for G {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: the goroutines of a scenario live as long as its queues.
        let this = unsafe { this.as_ref() };
        this.touched.with_mut(|_| ());
        // SAFETY: the address of a field.
        unsafe { NonNull::new_unchecked(this.link.get()) }
    }
}

impl G {
    /// So many goroutines, from `a` on.
    pub(crate) fn some(n: usize) -> Vec<Self> {
        ('a'..)
            .take(n)
            .map(|letter| Self {
                letter,
                life: Cell::new(Life::Unwritten),
                touched: Cell::new(()),
                link: UnsafeCell::new(None),
            })
            .collect()
    }

    fn step(&self, from: Life, to: Life) {
        self.touched.with_mut(|_| ()); // it may be linked too
        // SAFETY: (exclusive) the goroutine's putter, and then its getter, is alone with it.
        let was = self.life.with_mut(|life| unsafe { core::mem::replace(&mut *life, to) });
        assert_eq!(was, from, "goroutine {} before it is {to:?}", self.letter);
    }

    /// What its creator does before it puts it.
    pub(crate) fn write(&self) -> NonNull<Self> {
        self.step(Life::Unwritten, Life::Written);
        NonNull::from(self)
    }

    /// What its getter does; its letter.
    pub(crate) fn run(g: NonNull<Self>) -> char {
        // SAFETY: the goroutines of a scenario live as long as its queues.
        let g = unsafe { g.as_ref() };
        g.step(Life::Written, Life::Ran);
        g.letter
    }

    /// Runs a whole list; the letters.
    pub(crate) fn run_all(mut list: List<Self>) -> String {
        core::iter::from_fn(|| list.pop_front()).map(Self::run).collect()
    }

    /// Asserts that each has run, once.
    pub(crate) fn assert_all_ran(gs: &[Self]) {
        for g in gs {
            g.step(Life::Ran, Life::Ran);
        }
    }
}

/// The queues of some processors, what may be put into them, and what each thread has to say.
pub(crate) struct Queues<const CAP: usize> {
    runqs: Vec<Runq<G, CAP>>,
    gs: Vec<G>,
    /// Whether somebody looks for work (the idle protocol's count of spinners, made small).
    flag: AtomicU32,
    said: Vec<Cell<String>>,
}

// SAFETY: `said` has one writer each and is read after its thread has ended.
unsafe impl<const CAP: usize> Sync for Queues<CAP> {}
// SAFETY: as above.
unsafe impl<const CAP: usize> Send for Queues<CAP> {}

/// So far below the wrap of the numbers that most scenarios cross it.
const NEAR_WRAP: u32 = u32::MAX;

impl<const CAP: usize> Queues<CAP> {
    fn new(queues: usize, gs: usize) -> Arc<Self> {
        Arc::new(Self {
            runqs: (0..queues).map(|_| Runq::counting_from(NEAR_WRAP)).collect(),
            gs: G::some(gs),
            flag: AtomicU32::new(0),
            said: (0..queues).map(|_| Cell::new(String::new())).collect(),
        })
    }

    /// Starts the thread of a queue.
    fn spawn(self: &Arc<Self>, queue: usize, f: fn(&Self) -> String) -> JoinHandle {
        let queues = self.clone();
        spawn(move || queues.say(queue, f(&queues)))
    }

    fn say(&self, queue: usize, what: String) {
        // SAFETY: (exclusive) only the queue's thread calls this.
        self.said[queue].with_mut(|said| unsafe { *said = what });
    }

    /// Writes goroutines and puts them; runs and names those that spill.
    fn put(&self, queue: usize, letters: &str, next: Next) -> String {
        let mut spilled = String::new();
        for letter in letters.chars() {
            let g = &self.gs[letter as usize - 'a' as usize];
            if let Some(list) = self.runqs[queue].put(g.write(), next) {
                spilled += &G::run_all(list);
            }
        }
        spilled
    }

    /// Gets one and runs it: its letter, or nothing.
    fn get(&self, queue: usize) -> String {
        self.runqs[queue].get().map(|(g, _)| G::run(g)).into_iter().collect()
    }

    /// Steals, and runs what is to be run at once.
    fn grab(&self, from: usize, into: usize, next: Next) -> String {
        self.runqs[from].grab(&self.runqs[into], next).map(G::run).into_iter().collect()
    }

    /// After all threads: who ran what, and what is left in each queue.
    fn outcome(&self) -> String {
        let mut parts = Vec::new();
        for (queue, said) in self.said.iter().enumerate() {
            // SAFETY: the thread has ended.
            let said = said.with(|said| unsafe { (*said).clone() });
            let left: String =
                core::iter::from_fn(|| self.runqs[queue].get()).map(|(g, _)| G::run(g)).collect();
            parts.push(format!("{queue}:{said}({left})"));
        }
        G::assert_all_ran(&self.gs);
        parts.join(" ")
    }
}

/// The owner puts two and gets one; a thief steals once. The thief reads no slot before its
/// goroutine is in it, and no goroutine before it is whole.
pub(crate) const PUBLISH: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 1);
        let thief = queues.spawn(1, |q| q.grab(0, 1, Next::No));
        queues.say(0, queues.put(0, "a", Next::No) + &queues.get(0));
        thief.join();
        queues.outcome()
    },
    outcomes: &["0:() 1:a()", "0:a() 1:()"],
};

/// The owner puts two before the ring and gets one; a thief steals, from before the ring if the ring
/// looks empty.
pub(crate) const STOLEN_NEXT: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 2);
        let thief = queues.spawn(1, |q| q.grab(0, 1, Next::Yes));
        queues.say(0, queues.put(0, "ab", Next::Yes) + &queues.get(0));
        thief.join();
        queues.outcome()
    },
    outcomes: &["0:a() 1:b()", "0:b() 1:a()", "0:b(a) 1:()"],
};

/// A queue of one in the ring and one before it; a thief steals twice while the owner gets one.
pub(crate) const NEXT_LAST: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 2);
        queues.put(0, "a", Next::No);
        queues.put(0, "b", Next::Yes);
        let thief = queues.spawn(1, |q| q.grab(0, 1, Next::Yes) + &q.grab(0, 1, Next::Yes));
        queues.say(0, queues.get(0));
        thief.join();
        queues.outcome()
    },
    outcomes: &["0:() 1:ab()", "0:b() 1:a()"],
};

/// The owner of a full ring spills its older half and reuses a slot of it while a thief may be
/// copying; the thief's own ring holds one already, so a copy of more than half would destroy it.
pub(crate) const REUSE: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 5);
        queues.put(0, "ab", Next::No);
        queues.put(1, "e", Next::No);
        let thief = queues.spawn(1, |q| q.grab(0, 1, Next::No));
        queues.say(0, queues.put(0, "cd", Next::No));
        thief.join();
        queues.outcome()
    },
    outcomes: &["0:ac(d) 1:b(e)", "0:bd(c) 1:a(e)"],
};

/// The third one into a ring of two spills the older half, unless a thief made room.
pub(crate) const SPILL: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 3);
        queues.put(0, "ab", Next::No);
        let thief = queues.spawn(1, |q| q.grab(0, 1, Next::No));
        queues.say(0, queues.put(0, "c", Next::No));
        thief.join();
        queues.outcome()
    },
    outcomes: &["0:(bc) 1:a()", "0:ac() 1:b()"],
};

/// Two thieves at one queue of two.
pub(crate) const TWO_THIEVES: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(3, 2);
        queues.put(0, "ab", Next::No);
        let other = queues.spawn(2, |q| q.grab(0, 2, Next::No));
        queues.say(1, queues.grab(0, 1, Next::No));
        other.join();
        queues.outcome()
    },
    outcomes: &["0:() 1:a() 2:b()", "0:() 1:b() 2:a()"],
};

/// Two thieves at one queue of two whose owner gets one and puts another.
pub(crate) const OWNER_AND_TWO_THIEVES: Scenario = Scenario {
    threads: 3,
    run: || {
        let queues = Queues::<2>::new(3, 3);
        queues.put(0, "ab", Next::No);
        let one = queues.spawn(1, |q| q.grab(0, 1, Next::No));
        let other = queues.spawn(2, |q| q.grab(0, 2, Next::No));
        queues.say(0, queues.get(0) + &queues.put(0, "c", Next::No));
        one.join();
        other.join();
        queues.outcome()
    },
    outcomes: &[
        "0:(c) 1:a() 2:b()",
        "0:(c) 1:b() 2:a()",
        "0:a() 1:b() 2:c()",
        "0:a() 1:c() 2:b()",
        "0:a(c) 1:() 2:b()",
        "0:a(c) 1:b() 2:()",
        "0:b() 1:a() 2:c()",
        "0:b() 1:c() 2:a()",
        "0:b(c) 1:() 2:a()",
        "0:b(c) 1:a() 2:()",
    ],
};

/// The owner of an empty queue steals two from the first, keeps one, and is stolen from.
pub(crate) const SECOND_THIEF: Scenario = Scenario {
    threads: 3,
    run: || {
        let queues = Queues::<4>::new(3, 3);
        let second = queues.spawn(2, |q| q.grab(1, 2, Next::No));
        queues.put(0, "abc", Next::No);
        let first = queues.spawn(1, |q| q.grab(0, 1, Next::No));
        first.join();
        second.join();
        queues.outcome()
    },
    outcomes: &["0:(c) 1:b() 2:a()", "0:(c) 1:b(a) 2:()"],
};

/// The owner kicks the next one into the ring and gets the new one while another looks.
pub(crate) const NEVER_SEEN_EMPTY: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 2);
        queues.put(0, "a", Next::Yes);
        let observer = queues.spawn(1, |q| String::from(look(&q.runqs[0])));
        queues.say(0, queues.put(0, "b", Next::Yes) + &queues.get(0));
        observer.join();
        queues.outcome()
    },
    outcomes: &["0:b(a) 1:work()"],
};

/// A thief takes the new next one in the middle of the put that kicks the old one, and then looks
/// for the last time. For that moment the old one is nowhere, so the look may miss it; but then the
/// putter sees the looker.
pub(crate) const LAST_LOOK: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 2);
        queues.put(0, "a", Next::Yes);
        let looker = queues.spawn(1, |q| {
            let stolen = q.grab(0, 1, Next::Yes);
            q.flag.store(1, Relaxed);
            fence_heavy();
            stolen + look(&q.runqs[0])
        });
        queues.put(0, "b", Next::Yes);
        fence_light();
        let wakes = queues.flag.load(Relaxed) == 1;
        queues.say(0, String::from(if wakes { "wakes" } else { "trusts" }));
        looker.join();
        queues.outcome()
    },
    outcomes: &[
        "0:trusts(a) 1:bwork()",
        "0:trusts(b) 1:awork()",
        "0:trusts(ba) 1:work()",
        "0:wakes(a) 1:bnothing()",
        "0:wakes(a) 1:bwork()",
        "0:wakes(b) 1:anothing()",
        "0:wakes(b) 1:awork()",
        "0:wakes(ba) 1:work()",
    ],
};

/// As above, with nobody between them: what is put into the ring is seen.
pub(crate) const LAST_LOOK_AT_RING: Scenario = Scenario {
    threads: 2,
    run: || {
        let queues = Queues::<2>::new(2, 1);
        let looker = queues.spawn(1, |q| {
            q.flag.store(1, Relaxed);
            fence_heavy();
            String::from(look(&q.runqs[0]))
        });
        queues.put(0, "a", Next::No);
        fence_light();
        let wakes = queues.flag.load(Relaxed) == 1;
        queues.say(0, String::from(if wakes { "wakes" } else { "trusts" }));
        looker.join();
        queues.outcome()
    },
    outcomes: &["0:trusts(a) 1:work()", "0:wakes(a) 1:nothing()", "0:wakes(a) 1:work()"],
};

fn look<const CAP: usize>(runq: &Runq<G, CAP>) -> &'static str {
    if runq.is_empty() { "nothing" } else { "work" }
}
