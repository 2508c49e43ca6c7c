//! What a process knows of its forks: whether a runtime is of this process, or of the one that it was
//! copied from.
//!
//! A child has the thread that forked and no other: none of a runtime's threads, and goroutines only
//! as memory that nobody runs. Kernel and libc do not tell the others, so we do:
//!
//! - A runtime knows after how many forks it was started. One from before the last is gone: it starts
//!   nothing, wakes nobody, and dropping it leaks it.
//! - Was it a goroutine that forked, then it is an ordinary thread from there on, on an odd stack. Its
//!   P is taken from it by the fork's handler ([`crate::sched::watch::atfork`]). So it is the slow way into the next
//!   runtime section, which finds a taken P anyway, that looks for a fork; the fast one does not.
//! - A thread that is about to wait, and is alone, would wait for ever: it is told so. Once a new
//!   runtime was started nobody asks any more.
//!
//! What the kernel keeps is inherited: the reserved addresses with their guards, the handler of
//! memory faults, what was registered for membarrier. What another thread was doing is not undone: a
//! channel or a mutex that it had just then stays as it was, as a lock of std's would. (One of those
//! is held while a thread starts and when it ends, and the child can then start no thread.) A lock of
//! ours that is held by nobody here, in a process that has no other thread, ends it with the same
//! words.
//!
//! A child made by `vfork`, `posix_spawn` or a bare `clone` calls no handler, and is not noticed.

use crate::base::throw;
use crate::facade::process::GONE;

/// Says that the threads are gone, to one who needs them.
#[cold]
#[track_caller]
pub(crate) fn gone() -> ! {
    panic!("gosched: {GONE}")
}

/// The same, where there is nobody to unwind to.
#[cold]
pub(crate) fn end() -> ! {
    throw!("{GONE}")
}
