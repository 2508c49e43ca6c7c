//! What the kernel says of descriptors, as the facade's users see it.

/// Whether a sleeper hears the kernel's events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ears {
    Open,
    Shut,
}

/// What the kernel says of one descriptor.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    /// What [`watch`] was given.
    pub(crate) whose: usize,
    pub(crate) input: bool,
    pub(crate) output: bool,
    /// Hung up, an error, the peer's last byte, or something urgent: what is left to be had is announced no
    /// more.
    pub(crate) is_end: bool,
}
