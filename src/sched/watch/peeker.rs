//! Looking at a goroutine while its runtime runs: what it does and, if it is suspended, its stack.
//!
//! Nobody waits for a peeker, and it waits for nobody but for short locks. So it can be used whatever state
//! the runtime is in: while the world is stopped or paused, while the runtime ends, and in a child of fork.
//!
//! # Why what it says of one goroutine is true
//!
//! The slot is kept from being given back by the arena's lock. So the header is one, and the stack is
//! mapped. What belongs to the goroutine's owner is copied while others may write it, and counts only if
//! the goroutine was suspended all the time (`proto/gstatus`, I4). If it was, the copy is whole, and was its
//! state at one moment. If it was not, in three tries, the goroutine is listed without.
//!
//! Two goroutines are not looked at in the same moment. The list is that of a runtime that runs: each line is
//! true, of a moment between the call and its return.

use super::census::{self, Listed};
use crate::facade::sees_switches;
use crate::machine::backtrace::{HAS_BACKTRACES, Unwinder};
use crate::machine::{arch, stack};
use crate::sched::gmp::arena;
use crate::sched::gmp::g::G;

/// So many words of a stack are looked at, from where it was suspended.
const MOST_WORDS: usize = 32 * 1024;

/// How often it looks until a goroutine keeps still.
const TRIES: usize = 3;

/// Looks at goroutines, one after the other.
pub(super) struct Peeker {
    /// `None` if it leaves stacks alone.
    unwinder: Option<Unwinder>,
    /// Where the stack that was copied last was suspended,
    sp: usize,
    /// and its words from there on.
    words: Vec<usize>,
}

impl Peeker {
    pub(super) fn new() -> Self {
        Self { unwinder: HAS_BACKTRACES.then(Unwinder::new), sp: 0, words: Vec::new() }
    }

    /// One that leaves stacks alone.
    pub(super) fn without_stacks() -> Self {
        Self { unwinder: None, sp: 0, words: Vec::new() }
    }

    /// A goroutine as it is now, if it lives. Called while nobody else can use the arena. If it is suspended,
    /// its stack is copied.
    pub(super) fn look(&mut self, g: &G, now_ns: u64) -> Option<Listed> {
        if sees_switches() {
            for _ in 0..TRIES {
                let suspended = g.status.peek_at(|| {
                    let listed = census::look(g, now_ns);
                    self.copy(g);
                    (listed, g.peek_lockedm())
                });
                if let Some((listed, m)) = suspended {
                    // Suspended, so that was its owner's word.
                    let locked_to = m.map(|m| m.tid());
                    return listed.map(|listed| Listed { locked_to, ..listed });
                }
            }
        }
        self.words.clear();
        census::look(g, now_ns)
    }

    /// Copies a stack that may be in use.
    fn copy(&mut self, g: &G) {
        self.words.clear();
        if self.unwinder.is_none() {
            return;
        }
        self.sp = g.peek_sp();
        let end = core::ptr::from_ref(g).addr();
        let begin = arena::bottom_of(g.top(), g.class()).addr() + stack::page_size();
        if (begin..end).contains(&self.sp) && self.sp.is_multiple_of(size_of::<usize>()) {
            let len = ((end - self.sp) / size_of::<usize>()).min(MOST_WORDS);
            self.words.resize(len, 0);
            // SAFETY: the live part of a slot, between its guard and its header, which is mapped while the
            //         arena is ours; and a vector of so many words.
            unsafe { arch::copy_words(self.sp as *const usize, self.words.as_mut_ptr(), len) };
        }
    }

    /// The frames of the stack that was copied last, if one was.
    pub(super) fn frames(&mut self) -> Option<Vec<usize>> {
        let unwinder = self.unwinder.as_mut().filter(|_| !self.words.is_empty())?;
        Some(unwinder.frames(self.sp, &self.words))
    }
}
