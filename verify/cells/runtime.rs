//! A whole runtime inside a model, and what its goroutines are asked.
//!
//! What a goroutine keeps on its stack across a switch is in a facade cell ([`OnStack`]), so that
//! loom sees a stack that is resumed before it was left, or without what was written to it.

use std::sync::Arc;

use crate::facade::{Cell, shortage, spin_hint};
use crate::proto::note::Note;
use crate::sched::g;
use crate::sync::{Mutex, MutexGuard};
use crate::{Builder, JoinHandle, Runtime, RuntimeEnded};

/// A runtime of the model.
pub(crate) fn runtime(procs: usize) -> Runtime {
    start(Runtime::builder().procs(procs))
}

/// The same, as it was built.
pub(crate) fn start(builder: Builder) -> Runtime {
    shortage::ends();
    // SAFETY: the programs below know nothing about threads.
    unsafe { builder.start() }.expect("a model can always start a thread")
}

/// Waits until `left` goroutines are left, and ends the runtime.
pub(crate) fn end(rt: Runtime, left: usize) {
    while rt.num_goroutines() != left {
        spin_hint(); // progress: those that were joined come to their end
    }
    drop(rt);
}

/// Waits until no thread has anything to do.
pub(crate) fn rest(rt: &Runtime) {
    loop {
        let stats = rt.stats();
        if stats.threads_idle == stats.threads && stats.procs_idle == stats.procs {
            return;
        }
        spin_hint(); // progress: each comes to wait
    }
}

/// How a goroutine came to its end, or that it did not.
pub(crate) fn fate<T>(goroutine: JoinHandle<T>) -> &'static str {
    match goroutine.join() {
        Ok(_) => "it ended",
        Err(error) if error.is::<RuntimeEnded>() => "it is lost",
        Err(_) => "it panicked",
    }
}

/// What a mutex guards, and the guard.
type Held<'a, T> = (MutexGuard<'a, T>, JoinHandle<u32>);

/// Holds a mutex, and has a goroutine of `rt`, which has one P, wait for it to `use_it`. That one was
/// woken in vain once: the next time it is handed the mutex.
pub(crate) fn impatient<'a, T: Send + 'static>(
    rt: &Runtime,
    mutex: &'a Arc<Mutex<T>>,
    use_it: fn(&mut T) -> u32,
) -> Held<'a, T> {
    let held = mutex.lock().unwrap();
    let waits = rt.go({
        let mutex = mutex.clone();
        move || use_it(&mut mutex.lock().unwrap())
    });
    rest(rt);
    let (runs, over) = (Arc::new(Note::new()), Arc::new(Note::new()));
    let hog = rt.go({
        let (runs, over) = (runs.clone(), over.clone());
        move || {
            runs.wakeup();
            over.sleep();
        }
    });
    runs.sleep();
    drop(held); // the other is woken, but the hog has the P
    let held = mutex.lock().unwrap();
    over.wakeup();
    hog.join().expect("it returns");
    rest(rt);
    (held, waits)
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
