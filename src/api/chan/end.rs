//! An end of a channel, as a case of a select sees it: whatever its values are.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::error::SendTimeoutError;
use super::hchan::{Got, Hchan, QueueOf, Side, tell};
use super::limit::Limit;
use super::parcel::Parcel;
use super::slot::{Node, Slot};
use super::state::{Offered, Promised};
use crate::proto::claim::Claim;
use crate::proto::waitq::{Waitq, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::{Site, Wait};

/// What was chosen, and has still to be completed.
#[derive(Clone, Copy)]
pub(super) enum Chosen {
    /// The value lies in the parcel, or a place in the buffer is reserved for it.
    Made,
    /// A receiver waits for the value, in this node.
    Owed(NonNull<Node>),
    /// The operation fails: the channel is disconnected.
    Disconnected,
}

impl Chosen {
    /// What a waker left; `None`: nothing, the operation has to be tried again.
    pub(super) fn left_as(slot: Slot) -> Option<Self> {
        match slot {
            Slot::Done => Some(Self::Made),
            Slot::Owed(node) => Some(Self::Owed(node)),
            Slot::Value(_)
            | Slot::Room(_)
            | Slot::Parcel(_)
            | Slot::Promise
            | Slot::Look
            | Slot::Orphan(_) => None,
        }
    }
}

/// What a select waits for.
#[derive(Clone, Copy)]
pub(super) enum Aim {
    /// For one operation, which is then its own.
    Choose,
    /// For a change.
    Look,
}

/// An end of a channel.
pub(super) trait End {
    /// Chooses this end's operation, if it can be made now. A received value is put into the parcel,
    /// which is free. Waits only for a value that another select makes now.
    fn choose(&self, here: &mut Here, parcel: &mut Parcel, at: Site) -> Option<Chosen>;

    /// What a case of this end offers or asks for.
    fn slot(&self, parcel: NonNull<Parcel>) -> Slot;

    /// Whether the operation could be made now.
    fn is_ready(&self) -> bool;

    /// Queues a node, unless the operation can be made now. Says whether it was queued.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used, or it was withdrawn.
    unsafe fn queue(&self, here: &mut Here, node: (&Node, Aim), claim: &Claim) -> bool;

    /// Takes a node out that was queued.
    fn withdraw(&self, node: &Node, aim: Aim) -> Withdrawn<Slot, Waker>;

    /// When the clock makes the operation possible.
    fn limit(&self) -> Limit;

    /// Undoes what was chosen and will never be completed: what it kept from others goes to them, and a
    /// value that was received, which lies in the parcel, goes back into the channel.
    fn undo(&self, chosen: Chosen, parcel: &mut Parcel);
}

fn queue_of<T>(side: &Side<T>, aim: Aim) -> QueueOf<T> {
    match aim {
        Aim::Choose => side.queue,
        Aim::Look => |state| &mut state.lookers,
    }
}

impl<T> Hchan<T> {
    /// See [`End::queue`].
    ///
    /// # Safety
    ///
    /// - As there.
    pub(super) unsafe fn queue_case(
        &self,
        here: &mut Here,
        side: &Side<T>,
        (node, aim): (&Node, Aim),
        claim: &Claim,
    ) -> bool {
        let mut state = self.state.lock();
        if (side.can)(&state, claim) {
            return false;
        }
        // SAFETY: as the caller says.
        unsafe { queue_of(side, aim)(&mut state).push_back(node) };
        match aim {
            Aim::Choose => tell(here, state),
            Aim::Look => {}
        }
        true
    }

    /// See [`End::withdraw`].
    pub(super) fn withdraw_case(
        &self,
        side: &Side<T>,
        node: &Node,
        aim: Aim,
    ) -> Withdrawn<Slot, Waker> {
        queue_of(side, aim)(&mut self.state.lock()).withdraw(node)
    }

    /// Chooses to send, if that is possible now.
    pub(super) fn choose_send(&self) -> Option<Chosen> {
        match self.state.lock().promise() {
            Promised::Reserved => Some(Chosen::Made),
            Promised::Owed(receiver) => Some(Chosen::Owed(receiver)),
            Promised::Disconnected => Some(Chosen::Disconnected),
            Promised::Full => None,
        }
    }

    /// Chooses to receive, if that is possible now.
    pub(super) fn choose_recv(
        &self,
        here: &mut Here,
        parcel: &mut Parcel,
        at: Site,
    ) -> Option<Chosen> {
        let mut room = MaybeUninit::<T>::uninit();
        match self.take(here, &mut room, (Wait::Select, at)) {
            Got::Value => {
                // SAFETY: a value was moved to the room; the parcel is free.
                unsafe { Parcel::put(NonNull::from_mut(parcel), room.as_ptr()) };
                Some(Chosen::Made)
            }
            Got::Disconnected => Some(Chosen::Disconnected),
            Got::Nothing(_) => None,
        }
    }

    /// Completes a chosen send. It does not wait, unless the receiver that waited for the value belongs
    /// to a runtime that has ended since, or was a future that was dropped.
    #[track_caller]
    pub(super) fn complete(&self, chosen: Chosen, value: T) -> Result<(), SendTimeoutError<T>> {
        let mut value = ManuallyDrop::new(value);
        let mut state = self.state.lock();
        let offered = match chosen {
            Chosen::Made => state.offer_reserved(&mut value),
            Chosen::Disconnected => Offered::Disconnected,
            Chosen::Owed(receiver) => {
                let from: *const T = &raw const *value;
                // SAFETY: the receiver waits there, the lock is held, and the value is given away.
                let fill = |slot: &mut Slot| unsafe { slot.fill(from) };
                // SAFETY: the promise was made to this operation.
                let filled = unsafe { state.redeem(receiver, fill) };
                filled.map_or(Offered::Full, Offered::Handed)
            }
        };
        match offered {
            Offered::Buffered => tell(&mut Here::with_its_thread(), state),
            Offered::Handed(receiver) => {
                drop(state);
                receiver.wake();
            }
            Offered::Full => {
                drop(state);
                return self.send(ManuallyDrop::into_inner(value), Limit::Never);
            }
            Offered::Disconnected => {
                drop(state);
                let value = ManuallyDrop::into_inner(value);
                return Err(SendTimeoutError::Disconnected(value));
            }
        }
        Ok(())
    }

    /// Undoes a chosen send.
    pub(super) fn undo_send(&self, chosen: Chosen) {
        let mut state = self.state.lock();
        let waker = match chosen {
            Chosen::Made => state.unreserve(),
            Chosen::Owed(receiver) => {
                // SAFETY: the promise was made to this operation. The receiver starts over.
                unsafe { state.redeem(receiver, |_| ()) }
            }
            Chosen::Disconnected => None,
        };
        tell(&mut Here::with_its_thread(), state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Undoes a chosen receive.
    pub(super) fn undo_recv(&self, chosen: Chosen, parcel: &mut Parcel) {
        if let Chosen::Made = chosen {
            // SAFETY: it was received from this channel.
            self.give_back(unsafe { parcel.take() });
        }
    }

    /// Gives a value back that was received from this channel, for nothing.
    pub(super) fn give_back(&self, value: T) {
        let mut value = ManuallyDrop::new(value);
        let mut state = self.state.lock();
        let waker = state.put_back(&mut value);
        tell(&mut Here::with_its_thread(), state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The waker of a node that was never in a queue.
pub(super) fn withdraw_alone(node: &Node) -> Withdrawn<Slot, Waker> {
    Waitq::new().withdraw(node)
}
