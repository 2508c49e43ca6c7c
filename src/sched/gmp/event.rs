//! What a scheduler says that it does: the one stream of events, for traces, for metrics and for a
//! search through a user's program.
//!
//! A goroutine or a thread says what it does itself (`SchedRef::say`), so who speaks is part of what is
//! said. While nobody hears, that is one load and one branch ([`heard`](crate::facade::heard)). An event
//! is said by one who owns the goroutine or the P that it names at that moment, and before anybody else
//! may own it: so the events of one goroutine, and those of one P, come in their order.

use super::wait::{Site, Wait};

/// What a scheduler does. A goroutine is named by a `G`: by its header where it is said, and by its number
/// in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<G> {
    /// The speaker has made a goroutine, which is runnable from here on.
    Made(G),
    /// The speaking M begins to run a goroutine, with its P.
    Runs(G),
    /// The goroutine that the speaking M runs leaves its stack, and waits.
    Waits { g: G, why: Wait, at: Option<Site> },
    /// The same, but for others: it is runnable.
    Yields(G),
    /// The same, because its P was taken: it is runnable, and waits for a P.
    LacksP(G),
    /// The same, for good. It has ended, or its runtime has.
    Ends(G),
    /// The goroutine that speaks waits together with its thread, without a P.
    Sleeps { g: G, why: Wait, at: Option<Site> },
    /// And goes on, without a P.
    WakesUp(G),
    /// The speaker ends the wait of a goroutine, which has parked or is about to.
    Readied(G),
    /// The speaking M took a goroutine out of the queue of that P.
    Stolen(G, u32),
    /// The speaking M has that P from here on. If it runs a goroutine, that continues with the P.
    Acquired(u32),
    /// The speaking M gives that P up. If it runs a goroutine, that continues without.
    Released(u32),
    /// The speaker took that P from an M whose goroutine is in user code, and continues without.
    Taken(u32),
    /// The speaking M begins, and is the kernel's thread of that number.
    ThreadBegins(u32),
    /// The speaking M parks.
    ThreadParks,
    /// And was woken.
    ThreadWakes,
    /// The speaking M ends.
    ThreadEnds,
    /// The speaker begins to stop the world,
    StopsWorld,
    /// has stopped it,
    WorldStopped,
    /// and starts it again.
    WorldStarts,
    /// The speaker fires a timer.
    TimerFires,
    /// The speaker took events from the kernel that ready so many goroutines.
    Polled(u32),
    /// The user's code begins a region of that name,
    RegionBegins(&'static str),
    /// and ends it.
    RegionEnds(&'static str),
    /// The user's code tells something, with a number.
    Message(&'static str, u64),
}
