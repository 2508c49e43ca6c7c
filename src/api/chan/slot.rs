//! Where a value lies that is sent or received: on the stack of the goroutine or thread that
//! waits. It moves from that stack to its destination directly, and lies nowhere else in between.

/// One place: a sender's value, or a receiver's room for one.
pub(super) struct Slot<T> {
    at: *mut T,
    is_done: bool,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slot<T> {}

// SAFETY: it stands for the value, which moves with it.
unsafe impl<T: Send> Send for Slot<T> {}

impl<T> Slot<T> {
    /// A place that its owner does not touch until its waker was used.
    pub(super) fn new(at: *mut T) -> Self {
        Self { at, is_done: false }
    }

    /// Whether its value was taken, or its room filled.
    pub(super) fn is_done(self) -> bool {
        self.is_done
    }

    /// Takes a waiting sender's value.
    ///
    /// # Safety
    ///
    /// - A sender waits with it, and the caller holds the channel's lock.
    pub(super) unsafe fn take(&mut self) -> T {
        self.is_done = true;
        // SAFETY: (init) the sender's value, which it has no more.
        unsafe { self.at.read() }
    }

    /// Moves a waiting sender's value to `room`.
    ///
    /// # Safety
    ///
    /// - As for [`take`](Self::take), and `room` is free for a value.
    pub(super) unsafe fn move_to(&mut self, room: *mut T) {
        self.is_done = true;
        // SAFETY: the sender's value and the caller's room, on two stacks.
        unsafe { room.copy_from_nonoverlapping(self.at, 1) };
    }

    /// Moves the value at `from` into a waiting receiver's room.
    ///
    /// # Safety
    ///
    /// - A receiver waits with it, the caller holds the channel's lock, and gives the value away.
    pub(super) unsafe fn fill(&mut self, from: *const T) {
        self.is_done = true;
        // SAFETY: the caller's value and the receiver's room, on two stacks.
        unsafe { self.at.copy_from_nonoverlapping(from, 1) };
    }
}
