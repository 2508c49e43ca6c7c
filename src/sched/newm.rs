//! Making Ms.

use super::m::{M, Orders};
use super::schedt::{Sched, SchedRef};
use crate::facade::thread;
use crate::machine::signal;

/// Makes an M, with a thread that begins with `orders`.
///
/// # Errors
///
/// If no thread can be created, or the runtime ends; the P in the orders is still the caller's.
pub(crate) fn newm(sched: SchedRef, orders: Orders) -> std::io::Result<()> {
    let mut all = sched.allm.lock();
    if all.is_closed {
        return Err(std::io::Error::other("the runtime is shutting down"));
    }
    let id = u32::try_from(all.ms.len()).unwrap_or(u32::MAX);
    let m = all.add(Box::new(M::new(sched, id)));
    let name = format!("{}-{id}", sched.config.thread_name);
    let started = thread::spawn(name, sched.signals, move || (sched.mstart)(m, orders));
    match started {
        Ok(thread) => all.threads.push(thread),
        Err(error) => {
            all.ms.pop();
            return Err(error);
        }
    }
    Ok(())
}

/// Says once that there are fewer threads than there is work for.
#[cold]
pub(crate) fn complain(sched: &Sched, error: &std::io::Error) {
    if sched.is_stopping() || !sched.complains_first() {
        return;
    }
    let line = format!("gosched: cannot create a thread: {error}; going on with those there are\n");
    signal::write_stderr(line.as_bytes());
}
