//! Waiting for the first of several operations.

use std::fmt;
use std::time::{Duration, Instant};

use super::choosing::{Case, Choice, Order, choose_until, look_until, try_choose, try_look};
use super::end::Chosen;
use super::error::{
    ReadyTimeoutError, RecvError, SelectTimeoutError, SendError, TryReadyError, TrySelectError,
};
use super::limit::Limit;
use super::receiver::Receiver;
use super::sender::Sender;

/// A list of operations on channels, of which one is made: the first that is possible.
///
/// An operation is possible, or *ready*, if it would not wait: a value can be received, a value can be
/// sent, or the channel is disconnected and the operation fails. If several are ready, one of them is
/// chosen at random.
///
/// A selected operation has to be completed: by [`SelectedOperation::send`] or
/// [`SelectedOperation::recv`], with the same end of the channel that was added. The value that is sent is
/// made only then. The macro [`select!`](crate::chan::select) is shorter where the list is known in
/// advance.
///
/// # Examples
///
/// ```
/// use gosched::chan::{Select, unbounded};
///
/// let channels = [unbounded::<u32>(), unbounded(), unbounded()];
/// channels[1].0.send(7).unwrap();
///
/// let mut select = Select::new();
/// for (_, rx) in &channels {
///     select.recv(rx);
/// }
/// let operation = select.select();
/// assert_eq!(operation.index(), 1);
/// assert_eq!(operation.recv(&channels[1].1), Ok(7));
/// ```
#[derive(Clone)]
pub struct Select<'a> {
    cases: Vec<Case<'a>>,
    next_index: usize,
    order: Order,
}

impl<'a> Select<'a> {
    /// Creates an empty list. If several operations are ready, one of them is chosen at random.
    pub fn new() -> Self {
        Self::with(Order::Random)
    }

    /// Creates an empty list. If several operations are ready, the one that was added first is chosen.
    pub fn new_biased() -> Self {
        Self::with(Order::Biased)
    }

    fn with(order: Order) -> Self {
        Self { cases: Vec::new(), next_index: 0, order }
    }

    /// Adds a send operation, and returns its index.
    pub fn send<T>(&mut self, s: &'a Sender<T>) -> usize {
        self.add(Case::new(s))
    }

    /// Adds a receive operation, and returns its index.
    pub fn recv<T>(&mut self, r: &'a Receiver<T>) -> usize {
        self.add(Case::new(r))
    }

    fn add(&mut self, mut case: Case<'a>) -> usize {
        case.index = self.next_index;
        self.cases.push(case);
        self.next_index += 1;
        self.next_index - 1
    }

    /// Removes an operation. The indexes of the others stay as they are.
    ///
    /// # Panics
    ///
    /// If no operation has this index, or it was removed before.
    #[track_caller]
    pub fn remove(&mut self, index: usize) {
        let at = self.cases.iter().position(|case| case.index == index);
        let Some(at) = at else {
            panic!("gosched: Select::remove: no operation has the index {index}")
        };
        self.cases.remove(at);
    }

    /// Selects one of the operations that are ready. Does not wait.
    ///
    /// There is one exception: a receive from a channel of capacity 0 whose sender is a select that
    /// waits. The value is made only now, by that sender: this call blocks its thread until then. It
    /// does not move a goroutine.
    ///
    /// # Errors
    ///
    /// Returns an error, if no operation is ready.
    #[track_caller]
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        try_choose(&mut self.cases, self.order).map(SelectedOperation::new).ok_or(TrySelectError)
    }

    /// Selects one of the operations. Waits until one is ready.
    ///
    /// May wait: a [switch point](crate#switch-points), even if an operation is ready. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Panics
    ///
    /// If there are no operations: the wait would never end.
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        self.check_is_some();
        loop {
            if let Some(choice) = choose_until(&mut self.cases, self.order, Limit::Never) {
                return SelectedOperation::new(choice);
            }
        }
    }

    /// Selects one of the operations. Waits until one is ready, for at most `timeout`. If there are no
    /// operations, waits for so long.
    ///
    /// May wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// Returns an error, if no operation was ready in time.
    #[track_caller]
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_until(Limit::after(timeout))
    }

    /// Selects one of the operations. Waits until one is ready, but not beyond `deadline`. If there are
    /// no operations, waits until then.
    ///
    /// May wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// Returns an error, if no operation was ready in time.
    #[track_caller]
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_until(Limit::at(deadline))
    }

    #[track_caller]
    fn select_until(&mut self, limit: Limit) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        choose_until(&mut self.cases, self.order, limit)
            .map(SelectedOperation::new)
            .ok_or(SelectTimeoutError)
    }

    /// Returns the index of an operation that is ready. Does not wait, and makes no operation: when the
    /// caller makes it, another may have been faster.
    ///
    /// # Errors
    ///
    /// Returns an error, if no operation is ready.
    #[track_caller]
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        try_look(&mut self.cases, self.order).ok_or(TryReadyError)
    }

    /// Returns the index of an operation that is ready. Waits until one is, and makes no operation: when
    /// the caller makes it, another may have been faster.
    ///
    /// May wait: a [switch point](crate#switch-points), even if an operation is ready. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Panics
    ///
    /// If there are no operations: the wait would never end.
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        self.check_is_some();
        loop {
            if let Some(index) = look_until(&mut self.cases, self.order, Limit::Never) {
                return index;
            }
        }
    }

    /// Like [`ready`](Self::ready), but waits for at most `timeout`. If there are no operations, waits
    /// for so long.
    ///
    /// May wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// Returns an error, if no operation was ready in time.
    #[track_caller]
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        look_until(&mut self.cases, self.order, Limit::after(timeout)).ok_or(ReadyTimeoutError)
    }

    /// Like [`ready`](Self::ready), but does not wait beyond `deadline`. If there are no operations,
    /// waits until then.
    ///
    /// May wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// Returns an error, if no operation was ready in time.
    #[track_caller]
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        look_until(&mut self.cases, self.order, Limit::at(deadline)).ok_or(ReadyTimeoutError)
    }

    #[track_caller]
    fn check_is_some(&self) {
        assert!(!self.cases.is_empty(), "gosched: a Select without operations would wait for ever");
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Select { .. }")
    }
}

/// An operation that a [`Select`] has chosen, and that has to be completed.
///
/// Others wait for it: a place in the channel is kept for the value, or a receiver waits for it. So complete
/// it soon. If it is dropped instead, these others go on, a value that it has received goes back into its
/// channel before all others, and the drop panics (unless the thread is panicking already). An operation
/// that is forgotten by [`mem::forget`](std::mem::forget) keeps the others waiting for ever.
#[must_use = "a selected operation has to be completed"]
pub struct SelectedOperation<'a> {
    choice: Choice<'a>,
}

impl<'a> SelectedOperation<'a> {
    pub(super) fn new(choice: Choice<'a>) -> Self {
        Self { choice }
    }

    /// Returns the index of the operation.
    pub fn index(&self) -> usize {
        self.choice.index
    }

    /// Completes a send operation.
    ///
    /// Does not wait. There is one exception: if the receiver that waits for the value belongs to a runtime
    /// that has ended meanwhile, or was a future that has been dropped, this is like [`Sender::send`], a
    /// [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// Returns the value in a [`SendError`], if the channel is disconnected.
    ///
    /// # Panics
    ///
    /// If `s` is not the sender that was added.
    #[track_caller]
    pub fn send<T>(self, s: &Sender<T>, msg: T) -> Result<(), SendError<T>> {
        self.check_is_of(std::ptr::from_ref(s).cast(), "sender");
        s.complete(self.into_choice().chosen, msg)
    }

    /// Completes a receive operation. Does not wait.
    ///
    /// # Errors
    ///
    /// Returns a [`RecvError`], if the channel is empty and disconnected.
    ///
    /// # Panics
    ///
    /// If `r` is not the receiver that was added.
    #[track_caller]
    pub fn recv<T>(self, r: &Receiver<T>) -> Result<T, RecvError> {
        self.check_is_of(std::ptr::from_ref(r).cast(), "receiver");
        let mut choice = self.into_choice();
        match choice.chosen {
            // SAFETY: a value of this receiver's type was received, and the operation is gone.
            Chosen::Made => Ok(unsafe { choice.parcel.take() }),
            Chosen::Disconnected | Chosen::Owed(_) => Err(RecvError),
        }
    }

    #[track_caller]
    fn check_is_of(&self, end: *const (), what: &str) {
        assert!(end == self.choice.at, "gosched: this {what} was not selected");
    }

    /// The choice, which is its owner's to complete now.
    fn into_choice(self) -> Choice<'a> {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: it is read once: the operation is not dropped.
        unsafe { std::ptr::read(&raw const this.choice) }
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SelectedOperation { .. }")
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        let Choice { end, chosen, parcel, .. } = &mut self.choice;
        end.undo(*chosen, parcel);
        assert!(
            crate::facade::panicking(),
            "gosched: a SelectedOperation was dropped without being completed (in `select!`: the value of \
             a `send` arm left the select by `?`, `return` or `break`)"
        );
    }
}

/// What [`select!`](crate::chan::select) is made of.
#[doc(hidden)]
pub mod internal {
    pub use super::super::choosing::{Case, Order};
    use super::{Duration, Limit, Receiver, SelectedOperation, Sender, choose_until, try_choose};

    impl<'a> Case<'a> {
        /// A send case.
        pub fn send<T>(s: &'a Sender<T>) -> Self {
            Self::new(s)
        }

        /// A receive case.
        pub fn recv<T>(r: &'a Receiver<T>) -> Self {
            Self::new(r)
        }
    }

    /// For how long a select waits.
    #[derive(Clone, Copy, Debug)]
    pub enum Patience {
        /// For as long as it takes.
        Forever,
        /// Not at all.
        None,
        /// For so long.
        For(Duration),
    }

    /// The operation that was selected.
    pub fn chosen(selected: Option<SelectedOperation<'_>>) -> SelectedOperation<'_> {
        selected.unwrap_or_else(|| unreachable!("the macro has looked"))
    }

    /// Selects one of the cases, which get their places as indexes.
    #[track_caller]
    pub fn select<'a>(
        cases: &mut [Case<'a>],
        order: Order,
        patience: Patience,
    ) -> Option<SelectedOperation<'a>> {
        for (index, case) in cases.iter_mut().enumerate() {
            case.index = index;
        }
        let choice = match patience {
            Patience::None => try_choose(cases, order),
            Patience::Forever => choose_until(cases, order, Limit::Never),
            Patience::For(timeout) => choose_until(cases, order, Limit::after(timeout)),
        };
        choice.map(SelectedOperation::new)
    }
}
