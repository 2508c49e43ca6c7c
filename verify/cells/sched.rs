//! Programs over the whole scheduler, on its own stacks and its own assembly switch.

use super::window;
use crate::Runtime;

/// A runtime of the model.
pub(crate) fn runtime(procs: usize) -> Runtime {
    // SAFETY: the programs below know nothing about threads.
    unsafe { Runtime::builder().procs(procs).start() }.expect("a model can always start a thread")
}

/// The main goroutine starts another and waits for it.
pub(crate) fn spawn_and_join() {
    let sum = runtime(2).run(|| {
        window(|| {
            let other = crate::go(|| 1);
            2 + other.join().expect("the goroutine returns")
        })
    });
    assert_eq!(sum, 3);
}
