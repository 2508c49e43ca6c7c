//! A processor's own queue: its owner and any number of thieves agree who runs which goroutine.
//!
//! # In short
//!
//! The owner of a processor puts goroutines into a ring and takes them out again, and thieves take
//! the older half. Two threads might get the same goroutine, or a thief might read a slot that the
//! owner is writing. So each of them claims goroutines by a compare-exchange of `head`, and only
//! the winner has them. A thief copies the slots first: if its compare-exchange then succeeds,
//! nobody had claimed these slots, and the owner had not used them again. The owner publishes new
//! slots by a Release store of `tail`, which the thief acquires before it copies.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `head` | RMW-only | owner and thieves, by CAS, forwards |
//! | `tail` | single-writer | owner |
//! | `slots` | single-writer | owner; thieves read what they may not win |
//! | `next` | RMW-only | owner anything, thieves only to null |
//!
//! The ring holds the goroutines numbered `head..tail`, number `i` in slot `i % CAP`. `next` is the
//! goroutine that runs before all of them (Go's runnext). It inherits its predecessor's time slice.
//!
//! ```text
//!    put(Next::Yes)          get, steal_next
//!   ---------------> next ------------------> its getter
//!                     |
//!                     | kicked by the next put(Next::Yes)
//!                     v
//!   ---------------> ring ------------------> its getter: get_head, grab, take_half (to globrunq)
//!    put(Next::No)         head moves past it
//! ```
//!
//! A goroutine never moves back from the ring to `next`.
//!
//! # Invariants
//!
//! - I1: every goroutine put is got once, by the owner or by one thief.
//! - I2: `0 <= tail - head <= CAP`.
//! - I3: only the owner (the thread that owns the processor, one at a time) calls `put`, `get` and
//!   the `into` side of `grab`; moving a processor to another thread synchronises
//!   (`proto/handoff`).
//! - I4: a goroutine that was put before a thread calls `is_empty`, and that no thread gets, is
//!   seen. There is one exception: after the owner has kicked it out of `next`, and before it is in
//!   the ring, a thief may take the new next one, and then the kicked goroutine is nowhere for that
//!   moment. Go has this window too. It does no harm, because the putter fences and looks for a
//!   spinner after the put, and the last spinner has fenced before its last look (`proto/idle`):
//!   one of the two sees the other.
//!
//! # Handshakes
//!
//! - Publish (MP): the owner writes a slot and then `tail`; a thief reads `tail` and then the slot.
//!   A thief is an owner too: what it keeps of its loot it publishes by its own `tail`.
//! - Publish next (MP): the owner writes the goroutine and then `next`, by a swap; a thief takes it
//!   by a CAS. Both are read-modify-writes, so one of them gets it.
//! - Return: a thief reads the slots and then moves `head`; the owner reads `head` and then
//!   overwrites the slots. Copy first, CAS after: the CAS is what makes the copy true.
//! - Emptied next (MP): the owner moves the old next one to the ring and then gets the new one; an
//!   observer reads the null that this leaves and then `tail`.
//!
//! # Proof sketch
//!
//! A thief's copy of `h..h+n` counts only if its CAS finds `head == h`. Until then nobody has won
//! any of these numbers, so the owner has not reused their slots (it reuses the slot of `i` for
//! `i + CAP` only after `head > i`), and the copy holds what `tail`'s store published. `head` only
//! grows, so the CAS cannot succeed for a past value (2^32 numbers would have to pass in between).
//! A thief may read an old `head` or an old `tail`: the first makes its CAS fail; the second, a
//! `tail` before `head`, looks like more than half a ring and is tried again. That look comes before
//! the copy, not only for speed: more than half a ring would be written over what the thief has.
//!
//! I4: if `next` is read as a null from after the goroutine was kicked, the kick's tail store was
//! before the null in the owner's program, and is seen. Its number is then below every `tail` and
//! not below any `head` that can be read, so the two differ.
//!
//! What "Return" orders is a load before another thread's later store. Only load buffering could
//! break it, and neither checker makes a load that reads from the future, so its three orderings
//! are marked unchecked. No ghost shows it either: a thief writes nothing before its CAS that the
//! owner reads, and a copy may lawfully race with the owner if it then does not count. (RQ3 of the
//! list of known bugs, the Release of that CAS, is thus without a patch.)
//!
//! # Rejected
//!
//! - Go's `runqempty` reads head, tail, next and tail again, until both tails agree. Next before
//!   the ring is enough for I4, needs no loop and one Acquire less (mutant RQ12 reads the ring
//!   first). The two differ for a queue whose only goroutine is replaced while we look; there Go's
//!   loads promise more only if every head move also releases, which would cost each `get`.
//! - Go's `runqputslow` copies the half before its CAS; here the owner reads it after, because only
//!   the owner overwrites slots.
//!
//! # Suites
//!
//! `verify/cells/runq.rs`: rings of 2 and 4, two threads (three for the second thief), all
//! executions; the owner with two thieves up to two preemptions. Shuttle adds four processors with
//! 200 goroutines, rings of 8, spilling into a shared queue. Mutants RQ1, RQ2, RQ4, RQ5, RQ7, RQ8,
//! RQ9, RQ10, RQ12.
//!
//! # Source
//!
//! Go's `runqput`, `runqget`, `runqgrab`, `runqputslow` and `runqempty` (runtime/proc.go, 1.27).

use core::ptr::{NonNull, null_mut};

use crossbeam_utils::CachePadded;

use crate::base::list::{Linked, List};
use crate::base::throw_unless;
use crate::facade::{
    AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    spin_hint,
};

/// Where a goroutine is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Before all others.
    Yes,
    /// Behind all others.
    No,
}

/// Whether a goroutine from the queue continues its predecessor's time slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    /// It was next: a pair that wake each other shares one slice, so that others get their turn.
    Inherited,
    /// It waited its turn.
    New,
}

/// A processor's queue of `CAP` slots and one before them.
pub(crate) struct Runq<T, const CAP: usize> {
    head: CachePadded<AtomicU32>,
    owned: CachePadded<Owned<T>>,
    slots: Box<[AtomicPtr<T>]>,
}

/// The words that the owner writes with every put.
struct Owned<T> {
    tail: AtomicU32,
    next: AtomicPtr<T>,
}

impl<T: Linked, const CAP: usize> Runq<T, CAP> {
    #[expect(clippy::cast_possible_truncation, reason = "no ring has 2^32 slots")]
    const CAP32: u32 = CAP as u32;

    pub(crate) fn new() -> Self {
        Self::counting_from(0)
    }

    /// An empty queue whose first goroutine gets this number (any will do: the numbers wrap).
    pub(crate) fn counting_from(number: u32) -> Self {
        const { assert!(CAP.is_power_of_two() && CAP >= 2) };
        Self {
            head: CachePadded::new(AtomicU32::new(number)),
            owned: CachePadded::new(Owned {
                tail: AtomicU32::new(number),
                next: AtomicPtr::new(null_mut()),
            }),
            slots: (0..CAP).map(|_| AtomicPtr::new(null_mut())).collect(),
        }
    }

    fn slot(&self, number: u32) -> &AtomicPtr<T> {
        &self.slots[number as usize % CAP]
    }

    /// Puts a goroutine in. If the ring is full, returns its older half and the goroutine that did
    /// not fit, for the shared queue. Owner only.
    #[must_use]
    pub(crate) fn put(&self, g: NonNull<T>, next: Next) -> Option<List<T>> {
        match next {
            Next::No => self.put_tail(g),
            Next::Yes => {
                // ORDER Release: publishes the goroutine.
                //   pairs    runq.steal_next.next
                //   checked  loom runq::a_stolen_next_is_whole
                let kicked = self.owned.next.swap(g.as_ptr(), Release);
                NonNull::new(kicked).and_then(|old| self.put_tail(old))
            }
        }
    }

    fn put_tail(&self, g: NonNull<T>) -> Option<List<T>> {
        loop {
            // ORDER Acquire: the slots before head have been copied by the thief that moved it.
            //   pairs    runq.grab.head
            //   unchecked: only load buffering could tell (see the module)
            let head = self.head.load(Acquire);
            // Relaxed: owner-only.
            let tail = self.owned.tail.load(Relaxed);
            if tail.wrapping_sub(head) < Self::CAP32 {
                self.slot(tail).store(g.as_ptr(), Relaxed);
                // ORDER Release: publishes the slot written above, and the goroutine.
                //   pairs    runq.grab.tail
                //   checked  loom runq::a_thief_reads_the_slot_it_claimed
                self.owned.tail.store(tail.wrapping_add(1), Release);
                return None;
            }
            if let Some(mut spilled) = self.take_half(head) {
                spilled.push_back(g);
                return Some(spilled);
            }
            // Progress: a thief moved head, so there is room now.
        }
    }

    /// Takes the older half of a full ring, unless a thief was faster.
    fn take_half(&self, head: u32) -> Option<List<T>> {
        let n = Self::CAP32 / 2;
        // Relaxed: claims numbers; the owner itself wrote the slots and alone will reuse them.
        self.head.compare_exchange(head, head.wrapping_add(n), Relaxed, Relaxed).ok()?;
        let mut half = List::new();
        for number in 0..n {
            // Relaxed: owner-only.
            let g = self.slot(head.wrapping_add(number)).load(Relaxed);
            half.push_back(NonNull::new(g).expect("a slot below tail was written"));
        }
        Some(half)
    }

    /// Takes the one to run next. Owner only.
    pub(crate) fn get(&self) -> Option<(NonNull<T>, Slice)> {
        // Relaxed: first-load; what is there the owner put there.
        let next = self.owned.next.load(Relaxed);
        if let Some(g) = NonNull::new(next) {
            // One try: only a thief can have changed it, and then the goroutine is the thief's.
            // ORDER Release: the tail store that made room for this next comes before the null.
            //   pairs    runq.is_empty.next
            //   checked  loom runq::a_queue_that_holds_one_is_never_seen_empty
            if self.owned.next.compare_exchange(next, null_mut(), Release, Relaxed).is_ok() {
                return Some((g, Slice::Inherited));
            }
        }
        self.get_head().map(|g| (g, Slice::New))
    }

    /// Like [`get`](Self::get), but goroutines in the ring come before the next one.
    pub(crate) fn get_ring_first(&self) -> Option<(NonNull<T>, Slice)> {
        self.get_head().map(|g| (g, Slice::New)).or_else(|| self.get())
    }

    /// How many wait in the ring, at most: thieves may have taken some. Owner only.
    pub(crate) fn waiting(&self) -> usize {
        // Relaxed: owner-only, and head only makes room.
        self.owned.tail.load(Relaxed).wrapping_sub(self.head.load(Relaxed)) as usize
    }

    fn get_head(&self) -> Option<NonNull<T>> {
        loop {
            // Relaxed: first-load of the CAS; put_tail acquires before it reuses a slot.
            let head = self.head.load(Relaxed);
            // Relaxed: owner-only.
            if self.owned.tail.load(Relaxed) == head {
                return None;
            }
            let g = self.slot(head).load(Relaxed);
            // Relaxed: the owner itself wrote the slot and alone will reuse it.
            if self.head.compare_exchange(head, head.wrapping_add(1), Relaxed, Relaxed).is_ok() {
                return NonNull::new(g);
            }
            // Progress: a thief took at least this one.
        }
    }

    /// Steals the older half of this queue into `into`, which the caller owns and which has room,
    /// and returns the last of them to run at once. With `Next::Yes` also the one before the ring,
    /// if the ring is empty.
    pub(crate) fn grab(&self, into: &Self, next: Next) -> Option<NonNull<T>> {
        // ORDER Acquire: our own slots have been copied by the thief that moved our head.
        //   pairs    runq.grab.head
        //   unchecked: as in put_tail
        let own_head = into.head.load(Acquire);
        // Relaxed: owner-only.
        let own_tail = into.owned.tail.load(Relaxed);
        throw_unless!(
            own_tail.wrapping_sub(own_head) <= Self::CAP32 / 2,
            "runq: stealing into a queue without room"
        );
        loop {
            // Relaxed: first-load of the CAS, which also checks it.
            let head = self.head.load(Relaxed);
            // ORDER Acquire: receives the slots below it, and the goroutines.
            //   pairs    runq.put_tail.tail, runq.keep_all_but_last.tail
            //   checked  loom runq::a_thief_reads_the_slot_it_claimed
            let tail = self.owned.tail.load(Acquire);
            let held = tail.wrapping_sub(head);
            let n = held - held / 2;
            if n == 0 {
                return match next {
                    Next::Yes => self.steal_next(),
                    Next::No => None,
                };
            }
            if n > Self::CAP32 / 2 {
                // Head and tail are not of one moment, and a copy would not fit. Progress: others
                // moved them, and we shall see it.
                spin_hint();
                continue;
            }
            for i in 0..n {
                let g = self.slot(head.wrapping_add(i)).load(Relaxed);
                into.slot(own_tail.wrapping_add(i)).store(g, Relaxed);
            }
            // ORDER Release: the copies above come before the owner reuses the slots. (Later CASes
            // of head, also Relaxed ones, continue the release sequence.)
            //   pairs    runq.put_tail.head, runq.grab.own_head
            //   unchecked: as in put_tail
            if self.head.compare_exchange(head, head.wrapping_add(n), Release, Relaxed).is_ok() {
                return into.keep_all_but_last(own_tail, n);
            }
        }
    }

    /// Publishes what a grab has copied behind the tail, except the last goroutine.
    fn keep_all_but_last(&self, tail: u32, n: u32) -> Option<NonNull<T>> {
        let last = tail.wrapping_add(n - 1);
        if n > 1 {
            // ORDER Release: publishes the slots copied from the victim, and the goroutines.
            //   pairs    runq.grab.tail
            //   checked  loom runq::a_second_thief_reads_what_the_first_stole
            self.owned.tail.store(last, Release);
        }
        // Relaxed: owner-only.
        NonNull::new(self.slot(last).load(Relaxed))
    }

    fn steal_next(&self) -> Option<NonNull<T>> {
        // Relaxed: first-load.
        let next = self.owned.next.load(Relaxed);
        let g = NonNull::new(next)?;
        // ORDER Acquire: receives the goroutine.
        //   pairs    runq.put.next
        //   checked  loom runq::a_stolen_next_is_whole
        self.owned.next.compare_exchange(next, null_mut(), Acquire, Relaxed).ok()?;
        Some(g)
    }

    /// Whether nothing is queued. Any thread may ask; only the owner's answer lasts.
    ///
    /// A goroutine that was put before we ask and is still there is seen, even while the owner
    /// kicks it out of `next` into the ring: goroutines go from `next` into the ring and never
    /// back, so we look at `next` first. (But see the module for a thief in the middle of a put.)
    pub(crate) fn is_empty(&self) -> bool {
        // ORDER Acquire: a null that a get left comes after the tail store that it followed.
        //   pairs    runq.get.next
        //   checked  loom runq::a_queue_that_holds_one_is_never_seen_empty
        let next = self.owned.next.load(Acquire);
        // Relaxed: hint; what stays in the ring keeps every head we may read below the tail.
        next.is_null() && self.owned.tail.load(Relaxed) == self.head.load(Relaxed)
    }

    /// How many wait, the next one among them; a hint, for anybody.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: hint.
        usize::from(!self.owned.next.load(Relaxed).is_null()) + self.ring_len()
    }

    /// How many wait in the ring; a hint, for anybody.
    pub(crate) fn ring_len(&self) -> usize {
        // Relaxed: hint.
        let tail = self.owned.tail.load(Relaxed);
        // Relaxed: hint. By now it may be beyond the tail that was read.
        let ahead = tail.wrapping_sub(self.head.load(Relaxed)).cast_signed();
        ahead.clamp(0, Self::CAP32.cast_signed()).cast_unsigned() as usize
    }
}
