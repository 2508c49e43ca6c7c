//! The lives of threads: how many there may be, which there are, and when a dead thread's record
//! may be used for another.
//!
//! A thread's record is never unmapped while its runtime lives: others keep its address and may
//! still ask it something (`proto/powner`). So a record is used again, with its id and in the state
//! in which its last thread left it.
//!
//! # In short
//!
//! A thread dies, and the maker of a new thread wants to use its record again. The maker must not
//! do so before the dying thread has touched the record for the last time. The dying thread reports
//! it in its very last step, with Release, and the maker reads it with Acquire. The number of
//! threads never exceeds the limit, because it is raised only under the table's lock, and before
//! the thread is made. At the end of the runtime the closer refuses new threads, waits for those
//! that are being made, and gets every thread's handle once.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `count` | RMW-only, raised under the lock only; racy readers | `reserve`, `left`, `cancel` |
//! | the table | under its lock | anyone |
//! | `free_wait` | one writer at a time: `WAIT` by the thread's maker, `LEFT` by the thread | |
//! | `settled` | see `proto/note` | the thread that settles last; the closer |
//!
//! A life, and where it is counted and listed:
//!
//! ```text
//!             reserve         allocm           started          retire          left
//!    nothing ---------> due ----------> starting -----> alive --------> dying ---------> dead
//!                                          |                                              |
//!                                          +------------------- cancel -----------------> |
//!                                          ^                                              |
//!                                          +------------- allocm, reused -----------------+
//! ```
//!
//! | state | counted | listed | who owns the record |
//! |---|---|---|---|
//! | due | yes | nowhere | - |
//! | starting | yes | allm | its thread, as soon as there is one |
//! | alive | yes | allm | its thread |
//! | dying | yes | freem, `free_wait` = WAIT | its thread |
//! | dead | no | freem, `free_wait` = LEFT | no thread, until a maker takes it out of freem |
//!
//! A thread may pass from starting to dying, and die, before its maker has called `started`. So the
//! table's `Thread` is a state of its own, and a record whose thread is `Starting` is not reused.
//! Otherwise the handle of the first thread would be stored with the second (mutant ML4).
//!
//! # Invariants
//!
//! - I1: a record is given out only after its last thread's last touch of it.
//! - I2: `count` is never above the limit, and counts a thread from before it is made until it has
//!   nothing more to do. So a reader that compares `count` with the number of parked threads does
//!   not take a thread that comes or goes for a parked one (golang/go#40368).
//! - I3: each handle is given out once: by `allocm` to itself, to be joined, or by `close`. So no
//!   thread of ours outlives a runtime whose closer joins what it gets.
//! - I4: a thread is in allm or in freem, never in both or none.
//!
//! # Handshakes
//!
//! - The record (MP): the dying thread's last touches, `free_wait` = LEFT with Release; `allocm`
//!   reads LEFT with Acquire.
//! - The end: `close` refuses further reservations, and waits until each earlier one has become a
//!   thread or was cancelled. The thread that settles the last of them wakes the closer.
//!
//! # Why it holds
//!
//! I1: a record is in freem since `retire`, or `cancel`; `allocm` takes it out, under the lock,
//! only if it reads LEFT, which its thread wrote last of all. A handle that lies with it is joined
//! then, outside the lock: its thread has left and ends at once, and no thread is forgotten. A
//! thread that dies may itself make another, for the processor it hands on, and does not find its
//! own record (mutant ML2, where it joins itself). I2: only `reserve` raises the count, under the
//! lock. I3: a reservation made before the end is waited for; so `close` finds all handles. I4:
//! `retire` is one critical section.
//!
//! # Rejected
//!
//! Freeing the record, as Go does: our stale readers need no lock and no generation. Counting at
//! `allocm`: two makers at once would both be below the limit (ML3). Three values for `free_wait`,
//! as in Go since golang/go#56243: there a thread's stack is freed with its record, here it is the
//! thread's own.
//!
//! # Source
//!
//! Go's `mReserveID`, `allocm`, `mexit` (runtime/proc.go, 1.27), `checkmcount`, `SetMaxThreads`.
//!
//! # Suites
//!
//! `verify/loom/mlife.rs`: a dying thread against a maker that wants its record or its place; a
//! dying thread that wants another record itself; a handle that comes late; two makers at the
//! limit; a limit that is lowered; a maker against the end. All are without a bound, under a lock
//! that is taken in one step. Under the real lock a weakened Acquire of `free_wait` would not be
//! noticed: loom takes the lock's light fence for a full one, which does the same.
//! `verify/shuttle/mlife.rs`: the same depth first, some cut off, and generations of threads under
//! the real lock at random. Mutants ML1 to ML8.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::lock::{Exclude, Lock};
use super::note::Note;
use crate::base::rank::Rank;
use crate::base::throw_unless;
use crate::facade::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    thread::JoinHandle,
};

const WAIT: u32 = 0;
const LEFT: u32 = 1;

/// What this protocol keeps in each record.
pub(crate) struct Life {
    id: u32,
    free_wait: AtomicU32,
}

impl Life {
    /// The record's number: below the number of records there are.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }
}

/// A thread's record.
pub(crate) trait Record: Sync {
    /// What it was made with.
    fn life(&self) -> &Life;
}

/// Why there may not be another thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The runtime ends.
    Closed,
    /// There are as many as there may be.
    Full,
}

/// The right to one more thread; it is counted already. For [`Mlife::allocm`].
#[must_use]
pub(crate) struct Reservation(());

/// A record whose thread is to be made. For [`Mlife::started`] or [`Mlife::cancel`], or the closer
/// waits for ever.
#[must_use]
pub(crate) struct Newborn<M>(NonNull<M>);

// SAFETY: a shared reference to something Sync.
unsafe impl<M: Sync> Send for Newborn<M> {}

impl<M> Newborn<M> {
    /// The record's address: good as long as the runtime lives.
    pub(crate) fn m(&self) -> NonNull<M> {
        self.0
    }
}

/// A record's thread.
enum Thread {
    /// Being made.
    Starting,
    /// To be joined.
    Joinable(JoinHandle),
    /// None, or not ours to join.
    Unjoined,
}

impl Thread {
    /// Whether it is known, and joining it does not wait. What it keeps may have destructors, and these
    /// may wait for one for whom a thread is being made.
    fn is_over(&self) -> bool {
        match self {
            Self::Starting => false,
            Self::Joinable(thread) => thread.has_ended(),
            Self::Unjoined => true,
        }
    }
}

struct Entry<M> {
    m: NonNull<M>,
    is_alive: bool,
    thread: Thread,
}

/// Who there is, and who was.
pub(crate) struct Table<M> {
    /// By their ids. allm is those that are alive.
    entries: Vec<Entry<M>>,
    /// Ids of those that are not.
    freem: Vec<u32>,
    limit: u32,
    /// Reservations that have neither become a thread nor been cancelled.
    due: u32,
    is_closed: bool,
}

// SAFETY: the table owns its records, and gives out shared references to them only.
unsafe impl<M: Send + Sync> Send for Table<M> {}

/// All threads of a runtime.
pub(crate) struct Mlife<M, L = Lock<Table<M>>> {
    count: AtomicU32,
    table: L,
    settled: Note,
    records: PhantomData<fn(M)>,
}

impl<M: Record, L: Exclude<Table<M>>> Mlife<M, L> {
    /// No thread yet, and room for `limit`.
    pub(crate) fn new(limit: u32) -> Self {
        let table =
            Table { entries: Vec::new(), freem: Vec::new(), limit, due: 0, is_closed: false };
        Self {
            count: AtomicU32::new(0),
            table: L::new(Rank::AllM, table),
            settled: Note::new(),
            records: PhantomData,
        }
    }

    /// How many threads there are or are being made; changes at any time.
    pub(crate) fn count(&self) -> u32 {
        // Relaxed: statistic.
        self.count.load(Relaxed)
    }

    /// Reserves one more thread, which counts from here on.
    ///
    /// # Errors
    ///
    /// If the runtime ends, or the limit is reached.
    pub(crate) fn reserve(&self) -> Result<Reservation, Refused> {
        let mut table = self.table.lock();
        if table.is_closed {
            return Err(Refused::Closed);
        }
        // Relaxed: raised under the lock only; if it falls meanwhile, that does no harm.
        if self.count.load(Relaxed) >= table.limit {
            return Err(Refused::Full);
        }
        // Relaxed: nothing comes with it.
        self.count.fetch_add(1, Relaxed);
        table.due += 1;
        Ok(Reservation(()))
    }

    /// How many threads there may be, from now on; returns the former limit.
    ///
    /// # Errors
    ///
    /// If there are more: their count; and the limit stays.
    pub(crate) fn set_limit(&self, limit: u32) -> Result<u32, u32> {
        let mut table = self.table.lock();
        // Relaxed: raised under the lock only.
        let count = self.count.load(Relaxed);
        if count > limit { Err(count) } else { Ok(core::mem::replace(&mut table.limit, limit)) }
    }

    /// Whether there are as many threads as there may be.
    pub(crate) fn is_full(&self) -> bool {
        let table = self.table.lock();
        // Relaxed: as in `reserve`.
        self.count.load(Relaxed) >= table.limit
    }

    /// How many threads there may be.
    pub(crate) fn limit(&self) -> u32 {
        self.table.lock().limit
    }

    /// Returns a record for a thread: a dead thread's record as that thread left it, or a new one.
    /// It is listed from here on. Joins a thread that has ended.
    pub(crate) fn allocm(&self, _: Reservation, new: impl FnOnce(Life) -> M) -> Newborn<M> {
        let mut table = self.table.lock();
        let (m, last) = match table.take_dead() {
            Some(entry) => entry.revive(),
            None => (table.add(new), Thread::Unjoined),
        };
        drop(table);
        if let Thread::Joinable(thread) = last {
            thread.join();
        }
        Newborn(m)
    }

    /// The thread was made. It may be dead by now. Without a handle it will not be joined: it is a
    /// thread from elsewhere, and its lender keeps it from outliving the runtime.
    pub(crate) fn started(&self, born: Newborn<M>, thread: Option<JoinHandle>) {
        let mut table = self.table.lock();
        table.entry(born).thread = thread.map_or(Thread::Unjoined, Thread::Joinable);
        self.settle(table);
    }

    /// The thread could not be made.
    pub(crate) fn cancel(&self, born: Newborn<M>) {
        let mut table = self.table.lock();
        let entry = table.entry(born);
        entry.thread = Thread::Unjoined;
        // Relaxed: under the lock, as its readers; there was no thread.
        entry.life().free_wait.store(LEFT, Relaxed);
        let id = entry.bury();
        table.freem.push(id);
        // Relaxed: nothing comes with it.
        self.count.fetch_sub(1, Relaxed);
        self.settle(table);
    }

    /// One reservation less is due.
    fn settle(&self, mut table: L::Guard<'_>) {
        table.due -= 1;
        let is_last = table.is_closed && table.due == 0;
        drop(table);
        if is_last {
            self.settled.wakeup();
        }
    }

    /// The thread dies: it is not listed any more, but counts, and keeps its record, until it has
    /// [`left`](Self::left). Called by the thread.
    pub(crate) fn retire(&self, m: &M) {
        let mut table = self.table.lock();
        let entry = &mut table.entries[m.life().id as usize];
        throw_unless!(entry.m == NonNull::from_ref(m), "mlife: retired from elsewhere");
        let id = entry.bury();
        table.freem.push(id);
    }

    /// The thread has given up all it had: its very last touch of its record, and of the runtime.
    pub(crate) fn left(&self, m: &M) {
        // Relaxed: nothing comes with it.
        self.count.fetch_sub(1, Relaxed);
        // ORDER Release: publishes how the thread left its record.
        //   pairs    mlife.is_reusable.free_wait
        //   checked  loom mlife::a_record_is_reused_only_when_its_thread_has_left
        m.life().free_wait.store(LEFT, Release);
    }

    /// Shows every thread that lives, under the lock: `show` must not come back here.
    pub(crate) fn for_each(&self, mut show: impl FnMut(&M)) {
        let table = self.table.lock();
        for entry in table.entries.iter().filter(|entry| entry.is_alive) {
            // SAFETY: a record stays as long as the table.
            show(unsafe { entry.m.as_ref() });
        }
    }

    /// Shows every record, also those of threads that have ended; as [`for_each`](Self::for_each).
    pub(crate) fn for_each_record(&self, mut show: impl FnMut(&M)) {
        let table = self.table.lock();
        for entry in &table.entries {
            // SAFETY: a record stays as long as the table.
            show(unsafe { entry.m.as_ref() });
        }
    }

    /// The runtime ends: no reservation from now on. Waits until those that were made are settled,
    /// and returns all threads that are still to be joined. Once.
    pub(crate) fn close(&self) -> Vec<JoinHandle> {
        let mut table = self.table.lock();
        throw_unless!(!table.is_closed, "mlife: closed twice");
        table.is_closed = true;
        if table.due != 0 {
            drop(table);
            self.settled.sleep();
            table = self.table.lock();
        }
        table.entries.iter_mut().filter_map(Entry::take_handle).collect()
    }
}

impl<M: Record> Table<M> {
    /// Takes a reusable entry out of freem.
    fn take_dead(&mut self) -> Option<&mut Entry<M>> {
        let at = self.freem.iter().position(|&id| self.entries[id as usize].is_reusable())?;
        let id = self.freem.swap_remove(at);
        Some(&mut self.entries[id as usize])
    }

    /// A new record, whose thread is being made.
    fn add(&mut self, new: impl FnOnce(Life) -> M) -> NonNull<M> {
        let id = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let m = Box::new(new(Life { id, free_wait: AtomicU32::new(WAIT) }));
        let m = NonNull::from_mut(Box::leak(m));
        self.entries.push(Entry { m, is_alive: true, thread: Thread::Starting });
        m
    }

    #[allow(clippy::needless_pass_by_value, reason = "a newborn is settled once")]
    fn entry(&mut self, born: Newborn<M>) -> &mut Entry<M> {
        // SAFETY: a record stays as long as the table.
        let id = unsafe { born.0.as_ref() }.life().id;
        let entry = &mut self.entries[id as usize];
        throw_unless!(entry.m == born.0, "mlife: born elsewhere");
        entry
    }
}

impl<M: Record> Entry<M> {
    fn life(&self) -> &Life {
        // SAFETY: a record stays as long as the table, and so as long as its entry.
        unsafe { self.m.as_ref() }.life()
    }

    /// Whether the thread has left and need not be waited for, and its maker has called
    /// [`Mlife::started`].
    fn is_reusable(&self) -> bool {
        // ORDER Acquire: receives how the thread left the record.
        //   pairs    mlife.left.free_wait
        //   checked  loom mlife::a_record_is_reused_only_when_its_thread_has_left
        self.life().free_wait.load(Acquire) == LEFT && self.thread.is_over()
    }

    /// Makes the entry alive again; returns its record and its last thread.
    fn revive(&mut self) -> (NonNull<M>, Thread) {
        // Relaxed: nobody else has it (I1); its thread is made, and asked for, later.
        self.life().free_wait.store(WAIT, Relaxed);
        self.is_alive = true;
        (self.m, core::mem::replace(&mut self.thread, Thread::Starting))
    }

    /// Makes the entry dead; returns its id, for freem.
    fn bury(&mut self) -> u32 {
        throw_unless!(self.is_alive, "mlife: died twice");
        self.is_alive = false;
        self.life().id
    }

    fn take_handle(&mut self) -> Option<JoinHandle> {
        match core::mem::replace(&mut self.thread, Thread::Unjoined) {
            Thread::Joinable(thread) => Some(thread),
            Thread::Starting | Thread::Unjoined => None,
        }
    }
}

impl<M> Drop for Table<M> {
    fn drop(&mut self) {
        for entry in &self.entries {
            // SAFETY: leaked in `add`; the runtime has ended, and with it all who know the address.
            drop(unsafe { Box::from_raw(entry.m.as_ptr()) });
        }
    }
}
