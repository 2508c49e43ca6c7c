//! Channels with the names and behaviour of crossbeam-channel.
//!
//! A channel carries values from any number of [`Sender`]s to any number of [`Receiver`]s, in the
//! order in which they were sent. Each value goes to one receiver. A goroutine that waits on a
//! channel does not hold a thread. Ordinary threads may use channels too, also together with
//! goroutines on the same channel; they block as threads do.
//!
//! A channel is disconnected when all of its senders, or all of its receivers, have been dropped.
//!
//! | call | may wait |
//! |---|---|
//! | [`Sender::send`], [`Receiver::recv`], `next` of [`Iter`] and [`IntoIter`] | yes: a [switch point](crate#switch-points) |
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

mod error;
mod hchan;
mod iter;
mod receiver;
mod sender;
mod slot;

use std::sync::Arc;

pub use error::{RecvError, SendError, TryRecvError, TrySendError};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::Sender;

use hchan::Hchan;

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

fn pair<T>(chan: Hchan<T>) -> (Sender<T>, Receiver<T>) {
    let chan = Arc::new(chan);
    (Sender::new(chan.clone()), Receiver::new(chan))
}
