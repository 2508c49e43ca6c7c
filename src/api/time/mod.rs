//! Sleeping, timers and tickers.
//!
//! Time is that of `CLOCK_MONOTONIC`, like [`std::time::Instant`]: it never jumps, and stands still while
//! the machine is suspended. A sleep never ends early. Sleeping goroutines hold no thread.
//!
//! To wait for something else or a moment, whichever is first, use
//! [`select!`](crate::chan::select) with a `default(timeout)` arm or with [`chan::after`](crate::chan::after),
//! the calls with a time-out of [`chan`](crate::chan) and [`sync`](crate::sync), and
//! [`JoinHandle::join_timeout`](crate::JoinHandle::join_timeout).
//!
//! [`Timer`], [`Ticker`] and [`after_func`] belong to a runtime and panic outside a goroutine.
//! [`sleep`], [`chan::after`](crate::chan::after), [`chan::tick`](crate::chan::tick) and all time-outs work
//! on ordinary threads too.
//!
//! # Virtual time
//!
//! A runtime that was started with [`Builder::virtual_time`](crate::Builder::virtual_time) has a clock of
//! its own, for tests. The clock stands still while any goroutine of the runtime can run. When all of them
//! wait, it jumps to the next deadline. Code that sleeps for an hour is tested in microseconds, and nothing
//! is late.
//!
//! Everything that a goroutine of the runtime does in this crate until a deadline goes by that clock:
//! [`sleep`], [`Timer`], [`Ticker`], [`after_func`], all time-outs and deadlines, and those of a
//! [`Context`](crate::context::Context). [`now`] reads it, and such instants are what [`sleep_until`] and
//! the other calls with a deadline take. [`advance`] moves the clock on. [`wait_idle`] waits until all others
//! wait.
//!
//! What does not go by that clock:
//!
//! - [`Instant::now`], [`Instant::elapsed`] and everything else of std, which show the real time. A deadline
//!   of `Instant::now() + d` is mostly past already by the virtual clock, and the call does not wait: write
//!   `now() + d`. (clippy's `disallowed-methods` can hold a crate to that.)
//! - The time-outs of an ordinary thread and of goroutines of other runtimes, also if they wait for a lock
//!   or a channel that goroutines of this runtime use. They go by the clock of whoever waits.
//! - The runtime itself: when it looks for a deadlock, and how long
//!   [`shutdown_timeout`](crate::Runtime::shutdown_timeout) waits.
//!
//! All goroutines wait if each is in a call of this crate that waits for another goroutine, a thread, or a
//! moment. Meanwhile time stands still
//!
//! - while a goroutine computes, or is ready to run, held back by [`pause`](crate::pause()) too,
//! - while a goroutine blocks in the kernel, also in [`blocking`](crate::blocking), and in std's
//!   `thread::sleep` or a lock of std.
//!
//! A goroutine that unwinds is like any other.
//!
//! An ordinary thread is not counted. If all goroutines wait for a thread and one of them also for a
//! moment, the clock jumps to that moment at once. So whoever takes part in the test should be a goroutine,
//! or called by one. The same is true of descriptors: a goroutine that waits for one waits, and the clock
//! does not stand still for what comes from the kernel, even if another goroutine has sent it. A test on
//! virtual time uses channels in place of sockets.
//!
//! Deadlocks are found as usual: in a `#[test]` only with [`Builder::isolated`](crate::Builder::isolated). A pending timer is no deadlock: time jumps to it. A
//! [`Ticker`] that is never stopped keeps time going for ever while the others wait for what never comes.
//! The clock has an end, after 584 years. What is due then or later ([`Duration::MAX`]) never comes: if
//! nothing else is pending, it is a deadlock.

mod clock;
mod sleep;
mod ticker;
mod timer;

pub use std::time::{Duration, Instant};

pub use clock::{advance, now, wait_idle};
pub use sleep::{sleep, sleep_until};
pub use ticker::Ticker;
pub(in crate::api) use timer::unset_func;
pub use timer::{Timer, after_func};
