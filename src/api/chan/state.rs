//! What lies behind a channel's lock: a buffer and those who wait. A value that meets a waiting
//! receiver is handed to it directly, as in Go (`chansend` and `chanrecv` in runtime/chan.go).
//!
//! A send that a select has chosen is not yet a value: until it is completed, it holds a place in the
//! buffer (`reserved`), or a receiver waits for it (a pledged node).
//!
//! # Invariants
//!
//! - I1: a receiver waits only if the buffer is empty and no sender waits; a sender waits only if
//!   no place is free and no receiver waits. (A select that waits for both sides of one channel is
//!   no partner of its own.)
//! - I2: values leave in the order they came: the buffer's before the waiting senders'.
//! - I3: no waker is used, and no value of the user's is dropped, with the lock held.
//! - I4: whoever made a promise about a node keeps it once, or an end withdraws the node.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;
use std::collections::VecDeque;

use super::slot::{Node, Slot};
use crate::proto::claim::Claim;
use crate::proto::waitq::Waitq;
use crate::sched::g::Waker;

/// The room that a channel always keeps. A bounded channel of this capacity or less allocates all
/// of its room at once. More room is allocated when it is needed, and given back afterwards.
const KEPT_ROOM: usize = 128;

/// The shared part.
pub(super) struct State<T> {
    pub(super) buffer: VecDeque<T>,
    /// `None` is unbounded.
    pub(super) cap: Option<usize>,
    /// Places in the buffer that are promised to chosen sends.
    reserved: usize,
    pub(super) recvq: Waitq<Slot, Waker>,
    pub(super) sendq: Waitq<Slot, Waker>,
    /// Those who want to know of each change.
    pub(super) lookers: Waitq<Slot, Waker>,
    pub(super) senders: usize,
    pub(super) receivers: usize,
    /// Whether nothing more can be sent: it was closed, or one side has gone.
    pub(super) is_closed: bool,
}

/// The outcome of taking a value.
pub(super) enum Taken {
    /// A value, and the sender that can continue now, if one waited.
    Value(Option<Waker>),
    /// A select has promised a value, and makes it when it is woken. The caller first writes there who
    /// waits for it.
    Promised(NonNull<Slot>, Waker),
    /// No value now.
    Empty,
    /// No value, and none will come.
    Disconnected,
}

/// The outcome of offering a value.
pub(super) enum Offered {
    /// The value is in the buffer.
    Buffered,
    /// The value was handed to a receiver, which can continue now.
    Handed(Waker),
    /// No room now.
    Full,
    /// Nothing more can be sent.
    Disconnected,
}

/// What became of a send that was not made yet.
pub(super) enum Promised {
    /// It has a place in the buffer.
    Reserved,
    /// This receiver waits for it.
    Owed(NonNull<Node>),
    /// It cannot be made now.
    Full,
    /// It will fail.
    Disconnected,
}

impl<T> State<T> {
    pub(super) fn new(cap: Option<usize>) -> Self {
        Self {
            buffer: VecDeque::with_capacity(cap.unwrap_or(0).min(KEPT_ROOM)),
            cap,
            reserved: 0,
            recvq: Waitq::new(),
            sendq: Waitq::new(),
            lookers: Waitq::new(),
            senders: 1,
            receivers: 1,
            is_closed: false,
        }
    }

    /// Whether no place is free.
    pub(super) fn is_full(&self) -> bool {
        self.cap.is_some_and(|cap| self.buffer.len() + self.reserved >= cap)
    }

    /// Takes a value out of the channel, and writes it to `room`. A promise is taken up only if the
    /// caller `can_wait` for its value.
    pub(super) fn take(&mut self, room: &mut MaybeUninit<T>, can_wait: impl Fn() -> bool) -> Taken {
        if let Some(value) = self.buffer.pop_front() {
            room.write(value);
            self.give_room_back();
            return Taken::Value(self.fill_a_place());
        }
        if self.is_closed {
            return Taken::Disconnected; // senders that still wait are being told
        }
        let wanted = |slot: &Slot, _: &Waker| !slot.is_promise() || can_wait();
        // SAFETY: a sender waits there, the lock is held, and the room is the caller's.
        match self.sendq.pop_where(wanted, |slot| unsafe { slot.move_to(room.as_mut_ptr()) }) {
            Some((None, waker)) => Taken::Value(Some(waker)),
            Some((Some(promise), waker)) => Taken::Promised(promise, waker),
            None => Taken::Empty,
        }
    }

    /// A place in the buffer became free: the value of the first sender that waits moves up, or the
    /// place is reserved for it. Returns the sender.
    fn fill_a_place(&mut self) -> Option<Waker> {
        if self.is_closed || self.is_full() {
            return None; // those who wait are being told; or a value was put back
        }
        // SAFETY: a sender waits there, and the lock is held.
        let (value, waker) = self.sendq.pop(|slot| unsafe { slot.take() })?;
        match value {
            Some(value) => self.buffer.push_back(value),
            None => self.reserved += 1,
        }
        Some(waker)
    }

    /// Offers a value to the channel. If it was buffered or handed over, the caller no longer owns
    /// it.
    pub(super) fn offer(&mut self, value: &mut ManuallyDrop<T>) -> Offered {
        if self.is_closed {
            return Offered::Disconnected;
        }
        let from: *const T = &raw const **value;
        // SAFETY: a receiver waits there, the lock is held, and the value is given away.
        if let Some(((), waker)) = self.recvq.pop(|slot| unsafe { slot.fill(from) }) {
            return Offered::Handed(waker);
        }
        if self.is_full() {
            return Offered::Full;
        }
        // SAFETY: the caller gives it away.
        self.buffer.push_back(unsafe { ManuallyDrop::take(value) });
        Offered::Buffered
    }

    /// Promises a value to the channel, if it can be sent now.
    pub(super) fn promise(&mut self) -> Promised {
        if self.is_closed {
            return Promised::Disconnected;
        }
        if !self.is_full() {
            self.reserved += 1;
            return Promised::Reserved;
        }
        self.recvq.pledge().map_or(Promised::Full, Promised::Owed)
    }

    /// Like [`offer`](Self::offer), for a value that has a place.
    pub(super) fn offer_reserved(&mut self, value: &mut ManuallyDrop<T>) -> Offered {
        self.reserved -= 1;
        self.offer(value)
    }

    /// Gives up a place. Returns the sender that has it now.
    pub(super) fn unreserve(&mut self) -> Option<Waker> {
        self.reserved -= 1;
        self.fill_a_place()
    }

    /// Keeps a promise to a receiver. Returns its waker; `None` if the receiver has gone.
    ///
    /// # Safety
    ///
    /// - The promise was made to the caller, which has not kept it yet.
    pub(super) unsafe fn redeem(
        &mut self,
        receiver: NonNull<Node>,
        exchange: impl FnOnce(&mut Slot),
    ) -> Option<Waker> {
        // SAFETY: as the caller says.
        match unsafe { self.recvq.redeem(receiver, exchange) } {
            Ok(((), waker)) => Some(waker),
            Err(Slot::Orphan(node)) => {
                // SAFETY: it was boxed, and its owner has left it to the caller.
                drop(unsafe { Box::from_raw(node.as_ptr()) });
                None
            }
            Err(_) => None,
        }
    }

    /// Puts a value back that was taken for nothing: before all others, also where the buffer is full.
    /// If a receiver waits, it gets the value and can continue now.
    pub(super) fn put_back(&mut self, value: &mut ManuallyDrop<T>) -> Option<Waker> {
        let from: *const T = &raw const **value;
        // SAFETY: a receiver waits there, the lock is held, and the value is given away.
        if let Some(((), waker)) = self.recvq.pop(|slot| unsafe { slot.fill(from) }) {
            return Some(waker);
        }
        // SAFETY: the caller gives it away.
        self.buffer.push_front(unsafe { ManuallyDrop::take(value) });
        None
    }

    /// Whether a receive would not wait, for one who may wait here too, with this claim.
    pub(super) fn can_recv(&self, mine: &Claim) -> bool {
        !self.buffer.is_empty() || self.is_closed || self.sendq.has_beside(mine)
    }

    /// Whether a send would not wait, for one who may wait here too, with this claim.
    pub(super) fn can_send(&self, mine: &Claim) -> bool {
        !self.is_full() || self.is_closed || self.recvq.has_beside(mine)
    }

    /// Gives back the room of a burst: half of the room, if a quarter of it is enough.
    fn give_room_back(&mut self) {
        let room = self.buffer.capacity();
        if room > KEPT_ROOM && self.buffer.len() < room / 4 {
            self.buffer.shrink_to(room / 2);
        }
    }
}
