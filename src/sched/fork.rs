//! What a process knows of its forks: whether a runtime is of this process, or of the one that it was
//! copied from.
//!
//! A child has the thread that forked and no other: none of a runtime's threads, and goroutines only
//! as memory that nobody runs. Kernel and libc do not tell the others, so we do:
//!
//! - A runtime knows after how many forks it was started. One from before the last is gone: it starts
//!   nothing, wakes nobody, and dropping it leaks it.
//! - Was it a goroutine that forked, then it is an ordinary thread from there on, on an odd stack. Its
//!   P is taken from it by the fork's handler ([`super::atfork`]). So it is the slow way into the next
//!   runtime section, which finds a taken P anyway, that looks for a fork; the fast one does not.
//! - A thread that is about to wait, and is alone, would wait for ever: it is told so. Once a new
//!   runtime was started nobody asks any more.
//!
//! What the kernel keeps is inherited: the reserved addresses with their guards, the handler of
//! memory faults, what was registered for membarrier. What another thread was doing is not undone: a
//! channel or a mutex that it had just then stays as it was, as a lock of std's would. (One of those
//! is held while a thread starts and when it ends, and the child can then start no thread.)
//!
//! A child made by `vfork`, `posix_spawn` or a bare `clone` calls no handler, and is not noticed.

use crate::facade::process::Word;
use crate::machine::process;

/// How many forks lie between this process and the one that started the first runtime. Written by the
/// thread that forked, while it is the only one.
static FORKS: Word = Word::new(0);
/// The same, when a runtime was last started.
static LAST_START: Word = Word::new(0);

/// What is said in a child of fork.
const GONE: &str = "this process was forked from one whose runtime was running; its threads are gone: \
                    exec a program, or start a new runtime";

/// How many forks this process has come through.
pub(crate) fn count() -> usize {
    FORKS.get()
}

/// This process was just made by a fork.
pub(crate) fn came_through() {
    FORKS.set(FORKS.get() + 1);
}

/// A runtime is being started.
pub(crate) fn started() {
    LAST_START.set(FORKS.get());
}

/// Whether nobody is left who could end a wait of the calling thread.
#[inline]
pub(crate) fn is_stranded() -> bool {
    FORKS.get() != LAST_START.get() && process::thread_count() == Some(1)
}

/// Says that the threads are gone, to one who needs them.
#[cold]
#[track_caller]
pub(crate) fn gone() -> ! {
    panic!("gosched: {GONE}")
}

/// The same, where there is nobody to unwind to.
#[cold]
pub(crate) fn end() -> ! {
    crate::base::throw!("{GONE}")
}
