//! Dumps on a signal, for a program that seems to hang.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use super::dump::Dump;
use super::signal::{self, Signal};
use crate::chan::{self, Receiver, Sender, select};
use crate::facade::thread::{self, Signals};
use crate::machine::signal::write_stderr;
use crate::sched::schedt::Sched;

/// Writes a dump to standard error whenever a signal comes, until this is dropped.
///
/// The thread that does so keeps the scheduler's memory, and is not waited for: standard error may be a pipe
/// that nobody reads.
pub(super) struct Dumper {
    /// Disconnected when this is dropped.
    _stop: Sender<Infallible>,
}

impl Dumper {
    pub(super) fn start(sched: Arc<Sched>, signal: Signal) -> io::Result<Self> {
        let signals = signal::notify(&[signal])?;
        let (stop, stopped) = chan::bounded(0);
        let name = format!("{}-dump", sched.config.thread_name);
        thread::spawn(name, Signals::faults_only(), move || serve(&sched, &signals, &stopped))?;
        Ok(Self { _stop: stop })
    }
}

fn serve(sched: &Sched, signals: &Receiver<Signal>, stopped: &Receiver<Infallible>) {
    while is_told(signals, stopped) {
        write_stderr(format!("{}\n", Dump::of(sched)).as_bytes());
    }
}

/// Waits for a signal; false if the runtime ends.
fn is_told(signals: &Receiver<Signal>, stopped: &Receiver<Infallible>) -> bool {
    select! {
        recv(signals) -> signal => signal.is_ok(),
        recv(stopped) -> _ => false,
    }
}
