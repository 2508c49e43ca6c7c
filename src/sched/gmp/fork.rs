//! What a process knows of its forks: whether a runtime belongs to this process, or to the process
//! that it was copied from.
//!
//! A child has the thread that forked and no other. It has none of the runtime's threads, and its
//! goroutines are memory that no thread runs. Neither the kernel nor libc handles that, so we do:
//!
//! - A runtime knows after how many forks it was started. A runtime from before the last fork is
//!   gone: it starts nothing, wakes no goroutine, and dropping it leaks it.
//! - If a goroutine forked, its code in the child runs on an ordinary thread, with a goroutine's
//!   stack. The fork's handler takes its P ([`crate::sched::watch::atfork`]). So only the slow way
//!   into the next runtime section, which finds a taken P anyway, has to look for a fork; the fast
//!   way does not.
//! - A thread that is about to wait, and is the only thread of a child, would wait for ever: it
//!   panics. Once a new runtime was started, this is not checked any more.
//!
//! The kernel's state is inherited: the reserved addresses with their guards, the handler of memory
//! faults, the registration for membarrier. What another thread was doing is not undone: a channel
//! or a mutex that it was using stays as it was, like one of std's locks. (std holds one while a
//! thread starts or ends, and with that lock held the child cannot start a thread.) If a lock of
//! ours is held by a thread that does not exist here, a child with one thread that needs it ends
//! with the same message.
//!
//! A child made by `vfork`, `posix_spawn` or a bare `clone` calls no handler, and is not noticed.

use crate::base::throw;
use crate::facade::process::GONE;

/// Panics because the threads that the caller needs are gone.
#[cold]
#[track_caller]
pub(crate) fn gone() -> ! {
    panic!("gosched: {GONE}")
}

/// The same where nothing can unwind: ends the process.
#[cold]
pub(crate) fn end() -> ! {
    throw!("{GONE}")
}
