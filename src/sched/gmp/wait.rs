//! What a goroutine waits for, and since when. The goroutine writes it before it parks; a list of
//! the goroutines reads it.

use core::fmt;
use core::panic::Location;
use core::ptr::NonNull;

use crossbeam_utils::CachePadded;

use crate::facade::{AtomicU32, HAS_TIME, Ordering::Relaxed, now_ns};

/// Where in the program.
pub(crate) type Site = &'static Location<'static>;

/// A place, for people. A call of this crate that std made is in a file of std's, whose name is long.
pub(crate) struct Place(pub(crate) Site);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.file().split_once("/library/") {
            Some((root, file)) if root.starts_with("/rustc/") => {
                write!(f, "{file}:{}:{}", self.0.line(), self.0.column())
            }
            _ => self.0.fmt(f),
        }
    }
}

/// A wait that can be ended by who finds it with its goroutine: the end of a runtime.
pub(crate) trait Abandon {
    /// The goroutine will never run again. Takes it out of where it waits, wakes the thread that sleeps
    /// with it, if one does, and passes on what it was given already. May be called again.
    fn abandon(&self);
}

/// The same wait, without the lifetime that says how long it is there.
pub(crate) fn for_ever<'a>(wait: &'a (dyn Abandon + 'a)) -> NonNull<dyn Abandon> {
    let wait: NonNull<dyn Abandon + 'a> = NonNull::from_ref(wait);
    // SAFETY: only the lifetime changes; the code that uses the pointer answers for it.
    unsafe { core::mem::transmute(wait) }
}

/// Who is told when a goroutine will never come to its end.
pub(crate) trait Fate {
    /// Its runtime has ended, and it had not.
    fn lost(&self);
}

/// What a goroutine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Send,
    Recv,
    Mutex,
    Group,
    Join,
    World,
    Time,
    Future,
    Read,
    Write,
    Condvar,
    Once,
    Barrier,
    Semaphore,
    Select,
    Input,
    Output,
    Idle,
}

/// All of them, each at its own number.
const WAITS: &[Wait] = &[
    Wait::Send,
    Wait::Recv,
    Wait::Mutex,
    Wait::Group,
    Wait::Join,
    Wait::World,
    Wait::Time,
    Wait::Future,
    Wait::Read,
    Wait::Write,
    Wait::Condvar,
    Wait::Once,
    Wait::Barrier,
    Wait::Semaphore,
    Wait::Select,
    Wait::Input,
    Wait::Output,
    Wait::Idle,
];

impl Wait {
    /// The one that has this number.
    pub(crate) fn of(number: u32) -> Self {
        WAITS[number as usize % WAITS.len()]
    }

    /// Whether it waits for a lock.
    pub(crate) fn is_for_lock(self) -> bool {
        matches!(self, Self::Mutex | Self::Read | Self::Write)
    }

    /// What a user reads.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Send => "waits to send to a channel",
            Self::Recv => "waits to receive from a channel",
            Self::Mutex => "waits for a mutex",
            Self::Group => "waits for a wait group",
            Self::Join => "waits for a goroutine to end",
            Self::World => "waits to stop the world",
            Self::Time => "sleeps",
            Self::Future => "waits for a future",
            Self::Read => "waits to read what an RwLock guards",
            Self::Write => "waits to write what an RwLock guards",
            Self::Condvar => "waits to be notified by a Condvar",
            Self::Once => "waits for a value or a function that is initialized once",
            Self::Barrier => "waits for others at a barrier",
            Self::Semaphore => "waits for permits of a semaphore",
            Self::Select => "waits in select",
            Self::Input => "waits for input",
            Self::Output => "waits until it can write",
            Self::Idle => "waits until all others wait",
        }
    }
}

/// What a user reads of each, at its number.
pub(super) static WORDS: [&str; WAITS.len()] = {
    let mut words = [""; WAITS.len()];
    let mut i = 0;
    while i < WAITS.len() {
        words[i] = WAITS[i].words();
        i += 1;
    }
    words
};

/// A tick of the coarse clock is about 17 ms,
const TICK_SHIFT: u32 = 24;
/// and so many make it start again: after 26 days.
const TICKS: u32 = 1 << (u32::BITS - WAIT_BITS);
/// The reason lies below the ticks.
pub(super) const WAIT_BITS: u32 = 5;

const _: () = assert!(WAITS.len() <= 1 << WAIT_BITS);

/// A goroutine's word. Single-writer: the goroutine; statistic.
pub(crate) struct WaitWord(AtomicU32);

impl WaitWord {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Notes what the goroutine is about to wait for.
    #[inline]
    pub(crate) fn note(&self, wait: Wait, clock: &Clock) {
        // Relaxed: statistic.
        self.0.store(clock.ticks() << WAIT_BITS | wait as u32, Relaxed);
    }

    /// What the goroutine waits for, or did last, and for how many nanoseconds.
    pub(crate) fn read(&self, now_ns: u64) -> (Wait, u64) {
        // Relaxed: statistic.
        let word = self.0.load(Relaxed);
        let age = ticks_of(now_ns).wrapping_sub(word >> WAIT_BITS) % TICKS;
        (why(word), u64::from(age) << TICK_SHIFT)
    }

    /// What the goroutine waits for, or did last.
    pub(crate) fn why(&self) -> Wait {
        // Relaxed: statistic.
        why(self.0.load(Relaxed))
    }
}

fn why(word: u32) -> Wait {
    Wait::of(word % (1 << WAIT_BITS))
}

#[expect(clippy::cast_possible_truncation, reason = "it starts again")]
fn ticks_of(now_ns: u64) -> u32 {
    (now_ns >> TICK_SHIFT) as u32 % TICKS
}

/// A clock that costs one load to read: sysmon winds it while it is awake.
///
/// It is stopped while sysmon sleeps. Then the first goroutine that reads it winds it.
pub(crate) struct Clock {
    /// Zero is stopped. Written by anybody; statistic.
    ticks: CachePadded<AtomicU32>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { ticks: CachePadded::new(AtomicU32::new(0)) }
    }

    /// Sets the clock.
    pub(crate) fn wind(&self, now_ns: u64) -> u32 {
        let ticks = ticks_of(now_ns).max(1);
        // Relaxed: statistic.
        if self.ticks.load(Relaxed) != ticks {
            self.ticks.store(ticks, Relaxed);
        }
        ticks
    }

    /// Stops the clock.
    pub(crate) fn stop(&self) {
        // Relaxed: statistic.
        self.ticks.store(0, Relaxed);
    }

    #[inline]
    fn ticks(&self) -> u32 {
        if !HAS_TIME {
            return 0;
        }
        // Relaxed: statistic.
        match self.ticks.load(Relaxed) {
            0 => self.first(),
            ticks => ticks,
        }
    }

    #[cold]
    fn first(&self) -> u32 {
        self.wind(now_ns())
    }
}
