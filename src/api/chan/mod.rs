//! Channels with the names and behaviour of crossbeam-channel.
//!
//! A channel carries values from any number of [`Sender`]s to any number of [`Receiver`]s, in the
//! order in which they were sent. Each value goes to one receiver. A goroutine that waits on a
//! channel does not hold a thread. Ordinary threads may use channels too, also together with
//! goroutines on the same channel; they block as threads do.
//!
//! A channel is disconnected when all of its senders, or all of its receivers, have been dropped, or when it
//! was [closed](Sender::close).
//!
//! [`select!`] waits for the first of several operations. [`Select`] does the same for a list that is made at
//! run time. [`after`], [`at`], [`tick`] and [`never()`] are receivers for it.
//!
//! | call | may wait |
//! |---|---|
//! | [`Sender::send`], [`Receiver::recv`] and those with a time, `next` of [`Iter`] and [`IntoIter`] | yes: a [switch point](crate#switch-points) |
//! | [`select!`] without a plain `default`; [`Select::select`], [`Select::ready`] and those with a time | yes: a [switch point](crate#switch-points) |
//! | all others, `Clone` and `Drop` included | no |
//!
//! The memory that a burst of values took is given back when the channel has few values again.
//!
//! # Panics
//!
//! A call that has to wait panics inside the closure of [`stop_the_world`](crate::stop_the_world),
//! and in a child process of `fork` that has only one thread: there, nothing could end the wait.
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! let (tx, rx) = gosched::chan::bounded(2);
//! let squares = rt.go(move || (0..5).for_each(|i| tx.send(i * i).unwrap()));
//! assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 1, 4, 9, 16]); // this thread is a receiver
//! squares.join().unwrap();
//! # std::io::Result::Ok(())
//! ```

mod bell;
mod choosing;
mod end;
mod ends;
mod error;
mod futures;
mod hchan;
mod iter;
mod limit;
mod macros;
mod moments;
mod parcel;
mod receiver;
mod select;
mod sender;
mod slot;
mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

#[doc(inline)]
pub use crate::{select, select_biased};
pub use error::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError,
};
pub use futures::{RecvFuture, SendFuture};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
#[doc(hidden)]
pub use select::internal;
pub use select::{Select, SelectedOperation};
pub use sender::Sender;

use hchan::Hchan;
use moments::Moments;

/// Creates a channel that holds at most `cap` values.
///
/// A sender waits while the channel is full. If `cap` is 0, each sender waits until a receiver
/// takes its value.
///
/// # Examples
///
/// ```
/// let (tx, rx) = gosched::chan::bounded(1);
/// tx.send(7).unwrap();
/// assert!(tx.try_send(8).is_err());
/// assert_eq!(rx.recv(), Ok(7));
/// ```
pub fn bounded<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    pair(Hchan::new(Some(cap)))
}

/// Creates a channel that holds any number of values.
///
/// A sender never waits for room.
///
/// # Examples
///
/// ```
/// let (tx, rx) = gosched::chan::unbounded();
/// for i in 0..1000 {
///     tx.send(i).unwrap();
/// }
/// assert_eq!(rx.try_iter().sum::<i32>(), 499_500);
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    pair(Hchan::new(None))
}

/// Creates a receiver that gets one value after so much time: the moment at which that is over.
///
/// There is no timer and no thread behind it: a call that waits on it waits until that moment. If no
/// clock can reach the moment, the receiver is like [`never()`].
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// let rx = gosched::chan::after(Duration::from_millis(5));
/// assert!(rx.recv().unwrap() - start >= Duration::from_millis(5));
/// assert!(rx.try_recv().is_err());
/// ```
pub fn after(duration: Duration) -> Receiver<Instant> {
    Receiver::of_moments(Moments::after(duration))
}

/// Creates a receiver that gets one value at that moment: the moment itself. If it has passed, that is
/// at once.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let when = Instant::now() + Duration::from_millis(5);
/// assert_eq!(gosched::chan::at(when).recv(), Ok(when));
/// ```
pub fn at(when: Instant) -> Receiver<Instant> {
    Receiver::of_moments(Moments::at(when))
}

/// Creates a receiver that gets a value after each period: the moment at which it was over.
///
/// The moments lie exactly one period apart, whenever they are received. If several have passed before one
/// is received, the first of them is received, and the others are left out. If `duration` is zero,
/// there is always a value.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let rx = gosched::chan::tick(Duration::from_millis(5));
/// let first = rx.recv().unwrap();
/// assert_eq!((rx.recv().unwrap() - first).as_nanos() % 5_000_000, 0);
/// ```
pub fn tick(duration: Duration) -> Receiver<Instant> {
    Receiver::of_moments(Moments::every(duration))
}

/// Creates a receiver that never gets a value, and is never disconnected.
///
/// # Examples
///
/// ```
/// let rx = gosched::chan::never::<u32>();
/// assert!(rx.try_recv().unwrap_err().is_empty());
/// ```
pub fn never<T>() -> Receiver<T> {
    Receiver::of_moments(None)
}

fn pair<T>(chan: Hchan<T>) -> (Sender<T>, Receiver<T>) {
    let chan = Arc::new(chan);
    (Sender::new(chan.clone()), Receiver::new(chan))
}
