//! Channels: the names and meanings of crossbeam-channel, blocking the goroutine instead of the
//! thread. They work from ordinary threads too, mixed with goroutines on the same channel.
//!
//! A value that meets a waiting receiver is handed to it directly, as in Go (`chansend` and
//! `chanrecv` in runtime/chan.go).
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

/// A channel that holds up to `cap` values; with 0, each send waits for its receiver.
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

/// A channel that holds any number of values: a send never waits.
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
