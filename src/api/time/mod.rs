//! Sleeping, timers and tickers.
//!
//! Time is that of `CLOCK_MONOTONIC`, like [`std::time::Instant`]: it never jumps, and stands still while
//! the machine is suspended. A sleep never ends early. Sleeping goroutines hold no thread.
//!
//! To wait for something else or a moment, whichever is first, use the calls with a time-out of
//! [`sync`](crate::sync), and [`JoinHandle::join_timeout`](crate::JoinHandle::join_timeout).

mod sleep;
mod ticker;
mod timer;

pub use std::time::{Duration, Instant};

pub use sleep::{sleep, sleep_until};
pub use ticker::Ticker;
pub use timer::{Timer, after_func};
