//! What a futex and its backend say to each other.

/// What ended a timed sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// A wake-up, a changed word, or nothing at all: look at the word.
    Woken,
    /// The time was up. In a model: a thread of the model moved the clock on.
    TimedOut,
}

/// The word that threads sleep on.
pub(super) trait SleptOn {
    /// Its value now, without an ordering: what a checker's futex compares.
    #[cfg(any(feature = "loom", feature = "shuttle"))]
    fn value(&self) -> u32;

    /// Where it lies, for the kernel.
    #[cfg(not(any(feature = "loom", feature = "shuttle")))]
    fn address(&self) -> *const u32;
}
