//! What a check of a user's program is told, and what it answers.

#![cfg_attr(
    not(all(feature = "shuttle", not(feature = "loom"), not(test))),
    allow(dead_code, reason = "told only in a check of a user's program")
)]

use core::net::SocketAddr;
use core::panic::Location;

/// Where in the program.
type Site = &'static Location<'static>;

/// A call of this crate: what it does, to what kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) verb: &'static str,
    pub(crate) noun: &'static str,
}

impl Call {
    pub(crate) const fn new(verb: &'static str, noun: &'static str) -> Self {
        Self { verb, noun }
    }
}

/// What a goroutine does that the scheduler does not see. Goroutines have their numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    /// It makes a call, now.
    Calls { id: u64, call: Call, object: usize, at: Option<Site> },
    /// The network does something to what it sends or receives.
    Network { id: u64, upset: Upset },
    /// Its panic has come to its base.
    Panicked { id: u64 },
    /// Its function has returned.
    Returned { id: u64 },
    /// The clock moves on by so many nanoseconds.
    Time { by_ns: u64 },
    /// Nobody can run now. If a moment is waited for, the clock moves on to it by itself.
    Idle,
}

/// What the simulated network of a check may do to those who use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// A read or a write moves a part of what it could.
    Part,
    Delay,
    /// A datagram is lost.
    Loss,
    Reset,
    /// An address is cut off for a while.
    Outage,
}

/// What it has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upset {
    Part { n: usize, of: usize },
    Late { by_ns: u64 },
    Lost,
    Reset,
    Outage { address: SocketAddr, for_ns: u64 },
}

/// Who runs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The goroutine that runs.
    Stay,
    /// One of those that are ready.
    Take(usize),
    /// Nobody yet: the clock moves on to the next deadline.
    Time,
}
