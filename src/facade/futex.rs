//! A 32-bit word that a thread can sleep on until another changes it.

use super::AtomicU32;
#[cfg(not(any(feature = "loom", feature = "shuttle")))]
use super::backend::Sleepers;
use super::backend::const_if_real;
#[cfg(any(feature = "loom", feature = "shuttle"))]
use super::moments::Sleepers;
use super::sleep::Slept;

/// A futex: the word and its sleepers.
pub(crate) struct Futex {
    word: AtomicU32,
    sleepers: Sleepers,
}

impl Futex {
    const_if_real! {
        pub(crate) fn new(value: u32) -> Self {
            Self { word: AtomicU32::new(value), sleepers: Sleepers::new() }
        }
    }

    #[inline(always)]
    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.word
    }

    /// Sleeps while the word is `expected`; may return at any time without a reason.
    ///
    /// The check and the falling asleep are one step as seen by [`wake_one`](Self::wake_one). No
    /// ordering is promised: the caller's next load of the word must acquire.
    pub(crate) fn wait(&self, expected: u32) {
        self.sleepers.wait(&self.word, expected);
    }

    /// As [`wait`](Self::wait), until `deadline_ns` of the clock at the latest.
    pub(crate) fn wait_until(&self, expected: u32, deadline_ns: u64) -> Slept {
        self.sleepers.wait_until(&self.word, expected, deadline_ns)
    }

    /// Wakes one thread that sleeps on the word, if there is one.
    pub(crate) fn wake_one(&self) {
        self.sleepers.wake_one(&self.word);
    }
}
