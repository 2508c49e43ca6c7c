//! A whole runtime inside a model, and what its goroutines are asked.
//!
//! What a goroutine keeps on its stack across a switch is in a facade cell ([`OnStack`]), so that
//! loom sees a stack that is resumed before it was left, or without what was written to it.

use crate::Runtime;
use crate::facade::{Cell, shortage, spin_hint};
use crate::sched::g;

/// A runtime of the model.
pub(crate) fn runtime(procs: usize) -> Runtime {
    shortage::ends();
    // SAFETY: the programs below know nothing about threads.
    unsafe { Runtime::builder().procs(procs).start() }.expect("a model can always start a thread")
}

/// Waits until `left` goroutines are left, and ends the runtime.
pub(crate) fn end(rt: Runtime, left: usize) {
    while rt.num_goroutines() != left {
        spin_hint(); // progress: those that were joined come to their end
    }
    drop(rt);
}

/// Runs `f` in the main goroutine of a runtime, and ends that.
pub(crate) fn in_runtime<T: Send + 'static>(
    procs: usize,
    f: impl FnOnce() -> T + Send + 'static,
) -> T {
    let rt = runtime(procs);
    let result = rt.run(f);
    end(rt, 0);
    result
}

/// The thread that runs this goroutine.
pub(crate) fn m() -> u32 {
    let g = g::current().expect("only goroutines ask");
    g::header(g).m().id()
}

/// A number that a goroutine keeps on its stack.
pub(crate) struct OnStack(Cell<u32>);

impl OnStack {
    pub(crate) fn new() -> Self {
        Self(Cell::new(0))
    }

    /// Adds one, and says how many it is now.
    pub(crate) fn touch(&self) -> u32 {
        // SAFETY: the goroutine alone has it.
        self.0.with_mut(|n| unsafe {
            *n += 1;
            *n
        })
    }
}
