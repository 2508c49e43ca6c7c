//! The start of a scheduler.

use std::io;
use std::sync::Arc;

use super::{atfork, end, hear, overflow, schedtrace, sysmon, trace};
use crate::base::throw;
use crate::facade::{self, learn_fences, owns_process, process, thread::Signals};
use crate::machine::{clock, signal};
use crate::proto::idle::Spinning;
use crate::sched::gmp::m::Orders;
use crate::sched::gmp::schedt::{Config, Sched, SchedRef};
use crate::sched::gmp::{arena, layout};
use crate::sched::thread::{newm, schedule, template};

/// Starts a scheduler with one M; the others are made when there is work for them.
///
/// # Errors
///
/// If the kernel refuses addresses for stacks or the first thread.
pub(crate) fn start(config: Config) -> io::Result<Arc<Sched>> {
    layout::keep();
    arena::reserve(config.stack)?;
    if owns_process() {
        signal::install(overflow::on_fault);
        atfork::watch();
    }
    // Now, and not in the middle of something.
    learn_fences();
    process::runtime_starts();
    let sched = Arc::new(Sched::new(config, schedule::mstart, hear::hear));
    let handle = sched.handle();
    let Some(p) = sched.idle.take_p(Spinning::No) else { throw!("boot: no P") };
    if let Err(error) = newm::newm1(handle, Orders::Run(handle.p(p), Spinning::No)) {
        return Err(cannot_create(&error));
    }
    if let Err(error) = start_helpers(handle) {
        let _ = end::end(&sched, None);
        return Err(cannot_create(&error));
    }
    if owns_process() {
        trace::start_if_asked(handle);
        schedtrace::start_if_asked(&sched);
    }
    Ok(sched)
}

fn cannot_create(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot create a thread: {error}"))
}

/// Starts the threads that are no Ms. They are made here, so they have the state of the thread that
/// starts the runtime, as all Ms have.
fn start_helpers(sched: SchedRef) -> io::Result<()> {
    if sched.has_template() {
        let name = format!("{}-maker", sched.config.thread_name);
        let template =
            facade::thread::spawn(name, Signals::faults_only(), move || template::template(sched))?;
        sched.helpers.lock().push(template);
    }
    if facade::HAS_TIME { start_watcher(sched) } else { Ok(()) }
}

fn start_watcher(sched: SchedRef) -> io::Result<()> {
    let name = format!("{}-sysmon", sched.config.thread_name);
    // A user's signal handler may take long, or wait for a goroutine. It must not run on the watcher,
    // which alone takes the P of a goroutine that computes; all other threads can run it.
    let signals = Signals::faults_only();
    let watcher = facade::thread::spawn(name, signals, move || {
        // New threads would inherit that. So this thread is not clean, and has another make them.
        clock::sleep_sharply();
        sysmon::sysmon(sched);
    })?;
    sched.helpers.lock().push(watcher);
    Ok(())
}
