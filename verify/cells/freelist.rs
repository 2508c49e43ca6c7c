//! Scenarios of `proto/freelist`, with local lists of less than two slots.

use core::cell::UnsafeCell;
use core::ptr::NonNull;
use std::sync::Arc;

use super::{Scenario, spawn};
use crate::base::list::Linked;
use crate::facade::Cell;
use crate::proto::freelist::{FreeList, Local};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { freelist:
            a_slot_that_is_taken_for_good_is_given_to_nobody =
                TAKE, loom Preemptions(3), shuttle cut(1_000, 100_000);
            the_next_user_sees_what_the_last_one_left = PASS_ON, loom All, shuttle depth_first;
            a_slot_is_given_out_to_one_at_a_time = ONE_AT_A_TIME, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// A slot, and what its user leaves in it.
pub(crate) struct Slot {
    user: Cell<Option<char>>,
    /// Marks each access of the link, for loom.
    touched: Cell<()>,
    link: UnsafeCell<Option<NonNull<Slot>>>,
}

// SAFETY: the protocol says who may touch a slot; that it does is what the scenarios check.
unsafe impl Send for Slot {}
// SAFETY: as above.
unsafe impl Sync for Slot {}

// SAFETY: the field lies at a fixed place of the slot.
unsafe impl Linked for Slot {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: the slots of a scenario live as long as its list.
        let this = unsafe { this.as_ref() };
        this.touched.with_mut(|_| ());
        // SAFETY: the address of a field.
        unsafe { NonNull::new_unchecked(this.link.get()) }
    }
}

/// The shared list and all slots there are.
pub(crate) struct Slots<const MOST: usize> {
    list: FreeList<Slot, MOST>,
    all: Vec<Slot>,
    /// Each processor's own slots.
    locals: Vec<Cell<Local<Slot>>>,
    /// Whether each processor found a slot, and who it is.
    found: Vec<Cell<Option<char>>>,
}

// SAFETY: each processor's cells are its thread's, until the threads have ended.
unsafe impl<const MOST: usize> Send for Slots<MOST> {}
// SAFETY: as above.
unsafe impl<const MOST: usize> Sync for Slots<MOST> {}

impl<const MOST: usize> Slots<MOST> {
    /// So many slots, all in the shared list, and so many processors.
    pub(crate) fn new(n: usize, procs: usize) -> Arc<Self> {
        let all = (0..n)
            .map(|_| Slot {
                user: Cell::new(None),
                touched: Cell::new(()),
                link: UnsafeCell::new(None),
            })
            .collect();
        let this = Arc::new(Self {
            list: FreeList::new(),
            all,
            locals: (0..procs).map(|_| Cell::new(Local::new())).collect(),
            found: (0..procs).map(|_| Cell::new(None)).collect(),
        });
        let mut local = Local::new();
        for slot in &this.all {
            this.list.put(&mut local, NonNull::from(slot));
        }
        this.list.flush(&mut local);
        this
    }

    /// Takes a slot and moves in, if there is one.
    pub(crate) fn enter(&self, local: &mut Local<Slot>, me: char) -> Option<NonNull<Slot>> {
        let slot = self.list.get(local)?;
        // SAFETY: (exclusive) a slot is given out to one at a time (I1).
        let was = unsafe { slot.as_ref() }.user.with_mut(|user| unsafe { (*user).replace(me) });
        assert_eq!(was, None, "a slot that is given out twice");
        Some(slot)
    }

    /// Moves out and gives the slot back.
    pub(crate) fn leave(&self, local: &mut Local<Slot>, slot: NonNull<Slot>, me: char) {
        // SAFETY: (exclusive) it was given to us (I1).
        let was = unsafe { slot.as_ref() }.user.with_mut(|user| unsafe { (*user).take() });
        assert_eq!(was, Some(me), "a slot that is given out twice");
        self.list.put(local, slot);
    }

    /// Moves into a slot if there is one, and out again.
    fn visit(&self, p: usize, me: char) {
        let found = self.with_local(p, |local| {
            let slot = self.enter(local, me)?;
            self.leave(local, slot, me);
            Some(me)
        });
        // SAFETY: (exclusive) a processor has one thread.
        self.found[p].with_mut(|f| unsafe { *f = found });
    }

    /// After all threads: who found a slot.
    fn outcome(&self) -> String {
        self.assert_all_free();
        // SAFETY: the threads have ended.
        self.found.iter().filter_map(|found| found.with(|f| unsafe { *f })).collect()
    }

    /// What a thread does with its processor's slots. They stay there until the end.
    pub(crate) fn with_local<R>(&self, p: usize, f: impl FnOnce(&mut Local<Slot>) -> R) -> R {
        // SAFETY: (exclusive) a processor has one thread.
        let mut local = self.locals[p].with_mut(|l| unsafe { core::mem::take(&mut *l) });
        let result = f(&mut local);
        // SAFETY: as above.
        self.locals[p].with_mut(|l| unsafe { *l = local });
        result
    }

    /// After all threads: every slot is free, once.
    pub(crate) fn assert_all_free(&self) {
        for p in 0..self.locals.len() {
            self.with_local(p, |local| self.list.flush(local));
        }
        let mut free = self.list.drain();
        let mut seen = Vec::new();
        while let Some(slot) = free.pop_front() {
            assert!(!seen.contains(&slot), "a slot that is in the list twice");
            seen.push(slot);
        }
        assert_eq!(seen.len(), self.all.len(), "slots that got lost");
    }
}

/// A processor gives back two slots, which is one more than it keeps; another takes the older one
/// and finds it as its last user left it.
pub(crate) const PASS_ON: Scenario = Scenario {
    threads: 2,
    run: || {
        let slots = Slots::<2>::new(2, 2);
        let used = [(); 2].map(|()| slots.with_local(0, |local| slots.enter(local, 'a')));
        let other = spawn({
            let slots = slots.clone();
            move || slots.visit(1, 'b')
        });
        slots.with_local(0, |local| {
            for slot in used.into_iter().flatten() {
                slots.leave(local, slot, 'a');
            }
        });
        other.join();
        slots.outcome()
    },
    outcomes: &["", "b"],
};

/// Two processors and one slot.
pub(crate) const ONE_AT_A_TIME: Scenario = Scenario {
    threads: 2,
    run: || {
        let slots = Slots::<2>::new(1, 2);
        let other = spawn({
            let slots = slots.clone();
            move || slots.visit(1, 'b')
        });
        slots.visit(0, 'a');
        other.join();
        slots.outcome()
    },
    outcomes: &["a", "b"],
};

/// One takes the shared slots out for good while another asks for one.
pub(crate) const TAKE: Scenario = Scenario {
    threads: 2,
    run: || {
        let slots = Slots::<2>::new(1, 2);
        let other = spawn({
            let slots = slots.clone();
            move || slots.visit(1, 'b')
        });
        let mut taken = slots.list.drain();
        // SAFETY: (exclusive) a slot that was taken out is in no list.
        let user =
            |slot: NonNull<Slot>| unsafe { slot.as_ref() }.user.with_mut(|user| unsafe { *user });
        while let Some(slot) = taken.pop_front() {
            assert_eq!(user(slot), None, "a slot that was taken from its user");
            // For `assert_all_free`.
            slots.with_local(0, |local| slots.list.put(local, slot));
        }
        other.join();
        slots.outcome()
    },
    outcomes: &["", "b"],
};
