//! Waiting for each other without a channel: std's names and shapes, blocking the goroutine instead
//! of the thread, and usable from ordinary threads too.

mod mutex;
mod waitgroup;

pub use mutex::{Mutex, MutexGuard};
pub use waitgroup::WaitGroup;
