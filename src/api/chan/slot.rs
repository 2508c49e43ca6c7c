//! What a waiter in a queue of a channel offers or asks for.
//!
//! A value moves from the stack of the one who waits to its destination directly, and lies nowhere else
//! in between. A send case of a select has no value yet: its value is made only once it was chosen.
//!
//! The type of the values is the channel's, so that the nodes of one select have one type.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::parcel::Parcel;
use crate::proto::waitq::Waiter;
use crate::sched::g::Waker;

/// One who waits.
pub(super) type Node = Waiter<Slot, Waker>;

/// One place: a sender's value, or a receiver's room for one. It is its owner's again once the
/// owner's waker was used.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    /// A sender's value.
    Value(NonNull<()>),
    /// A receiver's room.
    Room(NonNull<()>),
    /// The room that a receiving case of a select has.
    Parcel(NonNull<Parcel>),
    /// A sending case of a select.
    Promise,
    /// One who only wants to know that there is a change.
    Look,
    /// The value was taken, the room filled, or a place in the buffer reserved for the promised value.
    Done,
    /// A receiver waits for the promised value, in this node.
    Owed(NonNull<Node>),
    /// A receiver that a value was promised to has gone. Its node, which was boxed, belongs to whoever
    /// made the promise.
    Orphan(NonNull<Node>),
}

// SAFETY: it stands for the value, which moves with it; a channel of values that are not Send does
//         not leave its thread.
unsafe impl Send for Slot {}

impl Slot {
    /// A sender's value, which the sender does not touch until its waker was used.
    pub(super) fn value<T>(at: &mut ManuallyDrop<T>) -> Self {
        Self::Value(NonNull::from_mut(at).cast())
    }

    /// A receiver's room, the same.
    pub(super) fn room<T>(at: &mut MaybeUninit<T>) -> Self {
        Self::Room(NonNull::from_mut(at).cast())
    }

    /// Whether its value was taken, or its room filled.
    pub(super) fn is_done(self) -> bool {
        matches!(self, Self::Done)
    }

    /// Whether its value has still to be made.
    pub(super) fn is_promise(&self) -> bool {
        matches!(self, Self::Promise)
    }

    /// Takes a waiting sender's value; `None` if it was only promised: a place is reserved then.
    ///
    /// # Safety
    ///
    /// - A sender of `T` waits with it, and the caller holds the channel's lock.
    pub(super) unsafe fn take<T>(&mut self) -> Option<T> {
        let Self::Value(at) = core::mem::replace(self, Self::Done) else { return None };
        // SAFETY: (init) the sender's value, which it has no more.
        Some(unsafe { at.cast::<T>().read() })
    }

    /// Moves a waiting sender's value to `room`. If it was only promised, returns where the caller says
    /// which node waits for it.
    ///
    /// # Safety
    ///
    /// - As for [`take`](Self::take), and `room` is free for a value.
    pub(super) unsafe fn move_to<T>(&mut self, room: *mut T) -> Option<NonNull<Self>> {
        let Self::Value(at) = *self else { return Some(NonNull::from_mut(self)) };
        *self = Self::Done;
        // SAFETY: the sender's value and the caller's room, on two stacks.
        unsafe { room.copy_from_nonoverlapping(at.cast().as_ptr(), 1) };
        None
    }

    /// Moves the value at `from` into a waiting receiver's room.
    ///
    /// # Safety
    ///
    /// - A receiver of `T` waits with it, the caller holds the channel's lock, and gives the value
    ///   away.
    pub(super) unsafe fn fill<T>(&mut self, from: *const T) {
        match core::mem::replace(self, Self::Done) {
            // SAFETY: the caller's value and the receiver's room, on two stacks.
            Self::Room(at) => unsafe {
                at.cast::<T>().as_ptr().copy_from_nonoverlapping(from, 1);
            },
            // SAFETY: the receiver's room, and the caller's value, which it has no more.
            Self::Parcel(at) => unsafe { Parcel::put(at, from) },
            Self::Value(_)
            | Self::Promise
            | Self::Look
            | Self::Done
            | Self::Owed(_)
            | Self::Orphan(_) => {
                crate::base::throw!("a value for one that does not receive")
            }
        }
    }
}
