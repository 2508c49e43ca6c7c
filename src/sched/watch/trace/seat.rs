//! The seat: a scheduler has one trace at a time.

use std::io;

use crate::sched::gmp::schedt::SchedRef;
use crate::sched::gmp::tracing::Running;

/// The seat, taken until this is dropped.
pub(super) struct Taken(SchedRef);

impl Taken {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// If it is taken.
    pub(super) fn take(sched: SchedRef) -> io::Result<Self> {
        let last = sched.tracing.seat.with(|seat| {
            if seat.is_taken {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "gosched: this runtime is traced already, by a trace, a flight recorder or GOSCHED_TRACE; end that first",
                ));
            }
            seat.is_taken = true;
            Ok(seat.running.take())
        })?;
        let taken = Self(sched);
        // It has ended its trace. What it destroys now, its thread-locals, may ask for the seat.
        if let Some(last) = last.filter(|last| !last.scribe.is_here()) {
            last.thread.join();
        }
        Ok(taken)
    }

    /// Leaves word of the thread, for the end of the runtime.
    pub(super) fn keep(&self, running: Running) {
        self.0.tracing.seat.with(|seat| seat.running = Some(running));
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.tracing.seat.with(|seat| seat.is_taken = false);
    }
}
