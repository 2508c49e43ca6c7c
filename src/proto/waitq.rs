//! Those who wait in one queue behind a lock: a waker takes the first out and wakes it, and the end of a
//! runtime takes out whoever will never run again.
//!
//! Each waiter is a node on the stack of the one who waits (Go's `sudog`). The nodes are linked in both
//! directions, so a node leaves from the middle without a search. A waker takes a node out under the
//! lock and uses its waker after the lock was given back. An end finds a node by its owner, not by the
//! queue, and either is the one to take it out, or learns that a waker was: never both. So what a waker
//! gave to a waiter that will never run again can be passed on, once.
//!
//! A waiter that others may wake too has a [`Claim`]: a waker that loses it drops the node and goes on to
//! the next.
//!
//! A waker may also take a node out and promise to wake its owner later ([`Waitq::pledge`]). Until it
//! does, the node keeps its waker, so an end still finds it there. Who made the promise learns of that
//! when it keeps it ([`Waitq::redeem`]), and finds what the owner has left there ([`Waitq::leave`]).
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | the queue's ends | under the lock | who queues, takes out, withdraws |
//! | a node | under the lock from when it was queued; else its owner's | the same |
//!
//! ```text
//!            push                 pop
//!   its owner's ----> QUEUED ------------> WOKEN (its owner's, once the waker was used)
//!        |             | | |                 |  ^
//!        |             | | +--- withdraw ----+--|--> WITHDRAWN
//!        |             | +-- pop, claim lost ---|--> WITHDRAWN
//!        |             +-- pledge --+    redeem |
//!        +----- born pledged -------+-> PLEDGED-+
//!                                          +- withdraw -> WITHDRAWN
//! ```
//!
//! # Invariants
//!
//! - I1: a node is in the queue exactly while it is QUEUED.
//! - I2: a waker leaves a node once: to who popped it and won its claim, to who redeemed it, or to who
//!   withdrew it.
//! - I3: [`Waitq::withdraw`] answers [`Withdrawn::WasWoken`] once for a node that was popped, and then
//!   its caller has what the waker gave.
//!
//! # Suites
//!
//! `verify/loom/waitq.rs`, `verify/shuttle/waitq.rs`: wakers and an end over three waiters, all
//! executions. Mutants WQ1 (a withdrawn node stays queued), WQ2 (an end does not learn that its waiter
//! was woken), WQ3 (it learns that twice).

use core::ptr::NonNull;

use super::claim::Claim;
use crate::facade::Cell;

/// Where a node is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Queued,
    Pledged,
    Woken,
    Withdrawn,
}

/// One who waits: what it offers or asks for, and how to wake it.
pub(crate) struct Waiter<D, W> {
    node: Cell<Node<D, W>>,
}

type Link<D, W> = Option<NonNull<Waiter<D, W>>>;

struct Node<D, W> {
    data: D,
    waker: Option<W>,
    /// Where others may end the wait too: what to claim, and for which case.
    claim: Option<(NonNull<Claim>, u32)>,
    place: Place,
    before: Link<D, W>,
    behind: Link<D, W>,
}

/// What an end found.
#[must_use]
pub(crate) enum Withdrawn<D, W> {
    /// The waiter was queued or pledged, and nobody will wake it.
    Queued(W),
    /// A waker had taken it out, and had left it this.
    WasWoken(D),
    /// It was withdrawn before.
    Already,
}

impl<D, W> Waiter<D, W> {
    /// A waiter that is about to be queued, and that only this queue may wake.
    pub(crate) fn new(data: D, waker: W) -> Self {
        Self::with(data, waker, None, Place::Queued)
    }

    /// A waiter that is in no queue: somebody has promised to wake it.
    pub(crate) fn pledged(data: D, waker: W) -> Self {
        Self::with(data, waker, None, Place::Pledged)
    }

    /// Like [`new`](Self::new), for one whose wait ends by the `case` that claims it first. The claim stays
    /// as long as the node does.
    pub(crate) fn claimed(data: D, waker: W, claim: &Claim, case: u32) -> Self {
        Self::with(data, waker, Some((NonNull::from_ref(claim), case)), Place::Queued)
    }

    fn with(data: D, waker: W, claim: Option<(NonNull<Claim>, u32)>, place: Place) -> Self {
        let waker = Some(waker);
        Self { node: Cell::new(Node { data, waker, claim, place, before: None, behind: None }) }
    }

    /// Changes what the node holds, before it is queued.
    pub(crate) fn set_data(&mut self, data: D) {
        // SAFETY: (exclusive) borrowed mutably, so the node is in no queue.
        self.node.with_mut(|node| unsafe { (*node).data = data });
    }

    /// What the node holds when its owner has it back: its waker was used.
    pub(crate) fn into_data(self) -> D
    where
        D: Copy,
    {
        // SAFETY: (exclusive) the node is its owner's again.
        self.node.with(|node| unsafe { (*node).data })
    }

    fn touch<R>(&self, use_it: impl FnOnce(&mut Node<D, W>) -> R) -> R {
        // SAFETY: (exclusive) a queued node belongs to the queue's lock, which every caller holds;
        //         `use_it` is one of this file's and touches no other node.
        self.node.with_mut(|node| use_it(unsafe { &mut *node }))
    }
}

impl<D, W> Node<D, W> {
    /// Whether the wait is the caller's to end.
    fn claim(&mut self) -> bool {
        // SAFETY: a claim stays as long as its node, which was queued until now.
        self.claim.is_none_or(|(claim, case)| unsafe { claim.as_ref() }.try_claim(case))
    }

    /// Exchanges what the two sides have for each other.
    fn wake<R>(&mut self, exchange: impl FnOnce(&mut D) -> R) -> Option<(R, W)> {
        let result = exchange(&mut self.data);
        self.waker.take().map(|waker| (result, waker))
    }

    /// Whether the wait is not `mine`, and can be ended still.
    fn is_open_beside(&self, mine: &Claim) -> bool {
        self.claim.is_none_or(|(claim, _)| {
            // SAFETY: as above.
            claim != NonNull::from_ref(mine) && unsafe { claim.as_ref() }.winner().is_none()
        })
    }
}

/// The queue. Lies behind a lock.
pub(crate) struct Waitq<D, W> {
    first: Link<D, W>,
    last: Link<D, W>,
}

// SAFETY: the nodes' data and wakers are Send, and the lock says who touches them.
unsafe impl<D: Send, W: Send> Send for Waitq<D, W> {}

impl<D, W> Waitq<D, W> {
    pub(crate) const fn new() -> Self {
        Self { first: None, last: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Queues a waiter behind all others.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn push_back(&mut self, waiter: &Waiter<D, W>) {
        self.link(self.last, waiter, None);
    }

    /// Queues a waiter before all others.
    ///
    /// # Safety
    ///
    /// - As for [`push_back`](Self::push_back).
    pub(crate) unsafe fn push_front(&mut self, waiter: &Waiter<D, W>) {
        self.link(None, waiter, self.first);
    }

    /// Dequeues the first waiter; gives `exchange` its data, and returns its waker, which must be used
    /// after the lock was given back.
    pub(crate) fn pop<R>(&mut self, exchange: impl FnOnce(&mut D) -> R) -> Option<(R, W)> {
        self.pop_where(|_, _| true, exchange)
    }

    /// Like [`pop`](Self::pop), for the first waiter that is `wanted`. Those before it whose wait
    /// another has ended leave the queue.
    #[inline]
    pub(crate) fn pop_where<R>(
        &mut self,
        wanted: impl Fn(&D, &W) -> bool,
        exchange: impl FnOnce(&mut D) -> R,
    ) -> Option<(R, W)> {
        self.first?;
        let at = self.take_out(wanted, Place::Woken)?;
        queued(at).touch(|node| node.wake(exchange))
    }

    /// Dequeues the first waiter, which goes on waiting: the caller has promised to
    /// [`redeem`](Self::redeem) it.
    pub(crate) fn pledge(&mut self) -> Option<NonNull<Waiter<D, W>>> {
        self.take_out(|_, _| true, Place::Pledged)
    }

    /// Keeps a promise, as [`pop`](Self::pop) would have. If an end has withdrawn the waiter,
    /// returns what it has left there.
    ///
    /// # Safety
    ///
    /// - The caller alone has the promise, to one that waited behind this queue's lock.
    #[expect(clippy::unused_self, reason = "who has the queue has the node's lock")]
    pub(crate) unsafe fn redeem<R>(
        &mut self,
        at: NonNull<Waiter<D, W>>,
        exchange: impl FnOnce(&mut D) -> R,
    ) -> Result<(R, W), D>
    where
        D: Copy,
    {
        queued(at).touch(|node| {
            if node.place == Place::Pledged {
                node.place = Place::Woken;
                node.wake(exchange).ok_or(node.data)
            } else {
                Err(node.data)
            }
        })
    }

    /// Dequeues the first waiter that is `wanted` and whose wait is the caller's to end.
    fn take_out(
        &mut self,
        wanted: impl Fn(&D, &W) -> bool,
        place: Place,
    ) -> Option<NonNull<Waiter<D, W>>> {
        let mut next = self.first;
        while let Some(at) = next {
            let waiter = queued(at);
            next = waiter.touch(|node| node.behind);
            if !waiter
                .touch(|node| node.waker.as_ref().is_some_and(|waker| wanted(&node.data, waker)))
            {
                continue;
            }
            if self.claim(waiter, place) {
                return Some(at);
            }
        }
        None
    }

    /// Like [`pop`](Self::pop), if the first waiter's data is `wanted`: nobody is passed over. Those before
    /// the waiter whose wait another has ended leave the queue, if their data is `wanted`.
    pub(crate) fn pop_if<R>(
        &mut self,
        wanted: impl Fn(&D) -> bool,
        exchange: impl FnOnce(&mut D) -> R,
    ) -> Option<(R, W)> {
        while self.first(&wanted)? {
            let waiter = queued(self.first?);
            if self.claim(waiter, Place::Woken) {
                return waiter.touch(|node| node.wake(exchange));
            }
        }
        None
    }

    /// Takes a node out, and says whether its wait is the caller's to end.
    fn claim(&mut self, waiter: &Waiter<D, W>, place: Place) -> bool {
        self.unlink(waiter);
        let is_won = waiter.touch(Node::claim);
        waiter.touch(|node| node.place = if is_won { place } else { Place::Withdrawn });
        is_won
    }

    /// Whether anybody but the waiter with this claim waits, and nobody has ended that wait yet.
    pub(crate) fn has_beside(&self, mine: &Claim) -> bool {
        let mut next = self.first;
        while let Some(at) = next {
            let (is_open, behind) =
                queued(at).touch(|node| (node.is_open_beside(mine), node.behind));
            if is_open {
                return true;
            }
            next = behind;
        }
        false
    }

    /// What the first waiter's data tells.
    pub(crate) fn first<R>(&self, look: impl FnOnce(&D) -> R) -> Option<R> {
        self.first.map(|at| queued(at).touch(|node| look(&node.data)))
    }

    /// Whether nobody has woken the waiter yet.
    #[expect(clippy::unused_self, reason = "who has the queue has the node's lock")]
    pub(crate) fn still_waits(&self, waiter: &Waiter<D, W>) -> bool {
        waiter.touch(|node| matches!(node.place, Place::Queued | Place::Pledged))
    }

    /// Whether somebody has promised to wake the waiter, and has not yet.
    #[expect(clippy::unused_self, reason = "who has the queue has the node's lock")]
    pub(crate) fn is_pledged(&self, waiter: &Waiter<D, W>) -> bool {
        waiter.touch(|node| node.place == Place::Pledged)
    }

    /// Leaves this in a node that was withdrawn, for whoever had promised to wake its owner.
    #[expect(clippy::unused_self, reason = "who has the queue has the node's lock")]
    pub(crate) fn leave(&mut self, waiter: &Waiter<D, W>, data: D) {
        waiter.touch(|node| node.data = data);
    }

    /// Takes out a waiter that will never run again, if no waker has. Once a waker was told by it, the
    /// caller has to pass on what that one gave.
    pub(crate) fn withdraw(&mut self, waiter: &Waiter<D, W>) -> Withdrawn<D, W>
    where
        D: Copy,
    {
        let place = waiter.touch(|node| core::mem::replace(&mut node.place, Place::Withdrawn));
        if place == Place::Queued {
            self.unlink(waiter);
        }
        match (place, waiter.touch(|node| node.waker.take())) {
            (Place::Queued | Place::Pledged, Some(waker)) => Withdrawn::Queued(waker),
            (Place::Woken, _) => Withdrawn::WasWoken(waiter.touch(|node| node.data)),
            (Place::Queued | Place::Pledged | Place::Withdrawn, _) => Withdrawn::Already,
        }
    }

    fn link(&mut self, before: Link<D, W>, waiter: &Waiter<D, W>, behind: Link<D, W>) {
        waiter.touch(|node| (node.before, node.behind) = (before, behind));
        self.connect(before, Some(NonNull::from_ref(waiter)));
        self.connect(Some(NonNull::from_ref(waiter)), behind);
    }

    fn unlink(&mut self, waiter: &Waiter<D, W>) {
        let (before, behind) = waiter.touch(|node| (node.before, node.behind));
        self.connect(before, behind);
    }

    /// Makes two neighbours of each other; `None` is an end of the queue.
    fn connect(&mut self, before: Link<D, W>, behind: Link<D, W>) {
        match before {
            Some(at) => queued(at).touch(|node| node.behind = behind),
            None => self.first = behind,
        }
        match behind {
            Some(at) => queued(at).touch(|node| node.before = before),
            None => self.last = before,
        }
    }
}

/// A node that the queue names, or a promise.
fn queued<'a, D, W>(at: NonNull<Waiter<D, W>>) -> &'a Waiter<D, W> {
    // SAFETY: such a node stays in place (see `push_back`).
    unsafe { at.as_ref() }
}
