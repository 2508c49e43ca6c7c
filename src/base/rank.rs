//! The order in which a thread may hold several of the runtime's own locks, declared once.
//!
//! Two threads that take the same two locks in two orders may wait for each other for ever, and it
//! takes luck to see it. A declared order needs no luck: in a debug build each thread knows what it
//! holds (`proto/lock`), and the first lock taken out of order ends the process, whether or not
//! anybody else was there (Go's `lockrank.go`).

use core::fmt;

/// Declares the locks, from the first to the last that may be taken.
macro_rules! ranks {
    ($($(#[$doc:meta])* $rank:ident,)*) => {
        /// The locks, in the order in which they may be taken: a thread that holds some takes only
        /// ones that stand below all of them. None is taken while another of the same rank is held:
        /// there is no order among two channels, say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Rank {
            $($(#[$doc])* $rank,)*
        }

        impl Rank {
            const ALL: &[Self] = &[$(Self::$rank),*];
        }
    };
}

ranks! {
    /// The calls of `run` that wait. The deadlock check holds them while it looks at each, and while
    /// it tells each, which leaves an end and wakes a thread or a goroutine.
    Runs,
    /// The end of a runtime, which abandons the waits of all that follow, down to `World`.
    End,
    /// The goroutines of a scope.
    Scope,
    /// The result of one of them.
    Packet,
    /// A goroutine's end and its joiner. Wakers are used after it was given back, as of the next
    /// eight.
    Join,
    /// A context: whether it is cancelled, and those made from it.
    Context,
    /// A timer of the user's: whether it is set. It calls with that held.
    Alarm,
    /// Whether a future was woken, and who waits for that.
    Future,
    /// A channel: its buffer and those who wait.
    Chan,
    /// Those who wait for a mutex.
    Mutex,
    /// A wait group: its count and those who wait.
    WaitGroup,
    /// Those who wait for permits of a semaphore, or for a lock that is shared.
    Semaphore,
    /// Those who wait to be notified.
    Condvar,
    /// Those who wait for a function that runs once.
    Once,
    /// A barrier: how many have come.
    Barrier,
    /// Those who wait for a descriptor.
    Poll,
    /// The right to stop the world, and those who wait for it.
    World,
    /// Virtual time: who can run, and who waits until nobody else can. A deadline is looked for with it.
    FakeTime,
    /// The timers of a P. Nothing is taken while they are held.
    Timers,
    /// Whether a thread is lacking.
    Lacks,
    /// Idle Ps and Ms.
    Idle,
    /// Goroutines that a pause holds back.
    Pause,
    /// The shared queues of goroutines.
    GlobRunq,
    /// The shared list of free stacks.
    FreeList,
    /// Requests for threads.
    Template,
    /// All Ms. Last: it is held while a thread is made, which takes its time, and nobody who waits
    /// for it may hold up the others.
    AllM,
    /// Handles of the threads that are no Ms.
    Helpers,
    /// What goroutines keep of threads that they leave.
    Moves,
    /// Names and labels of goroutines: while one gets them, loses them, or they are looked at.
    Tags,
    /// What is noted for a trace by those who are no Ms. Last, as the next: they may hold any other.
    Trace,
    /// What those count for the metrics who are no Ms.
    Metrics,
}

const _: () = assert!(Rank::ALL.len() <= u32::BITS as usize, "Ranks has a bit for each");

impl Rank {
    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The ranks that one thread holds.
#[derive(Clone, Copy)]
pub(crate) struct Ranks(u32);

/// A lock was taken out of order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    taken: Rank,
    held: Rank,
}

impl Ranks {
    /// Nothing is held.
    pub(crate) const NONE: Self = Self(0);

    /// With one more.
    ///
    /// # Errors
    ///
    /// If one is held that the new one must not be taken under.
    pub(crate) fn with(self, taken: Rank) -> Result<Self, Breach> {
        match Rank::ALL.iter().copied().rev().find(|rank| self.0 & rank.bit() != 0) {
            Some(held) if taken <= held => Err(Breach { taken, held }),
            _ => Ok(Self(self.0 | taken.bit())),
        }
    }

    /// With one less, which need not be the last.
    pub(crate) fn without(self, given_back: Rank) -> Self {
        Self(self.0 & !given_back.bit())
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, held } = self;
        write!(f, "lock ranking: {taken:?} was taken while {held:?} was held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_may_be_taken_under_those_above_it_and_no_other() {
        for (i, held) in Rank::ALL.iter().copied().enumerate() {
            let ranks = Ranks::NONE.with(held).expect("nothing is held");
            for (j, taken) in Rank::ALL.iter().copied().enumerate() {
                let outcome = ranks.with(taken).map(|_| ());
                assert_eq!(outcome, if j > i { Ok(()) } else { Err(Breach { taken, held }) });
            }
        }
    }

    #[test]
    fn the_lowest_that_is_held_counts_until_it_is_given_back() {
        let held = [Rank::Runs, Rank::Chan, Rank::Idle];
        let ranks = held.into_iter().try_fold(Ranks::NONE, Ranks::with).expect("in order");
        let breach = ranks.without(Rank::Chan).with(Rank::Chan).err().expect("Idle is held");
        assert_eq!(breach.to_string(), "lock ranking: Chan was taken while Idle was held");
        assert!(ranks.without(Rank::Idle).without(Rank::Chan).with(Rank::Chan).is_ok());
    }
}
