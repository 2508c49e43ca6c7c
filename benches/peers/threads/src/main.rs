//! Threads: std's, with crossbeam-channel. As many processors as there are procs, and no more threads
//! than tasks.

use std::time::Duration;

use harness::work::{nanosleep, spin};
use harness::{Unsupported, Workload};
use rt::JoinHandle;

#[path = "../../blocking/mod.rs"]
mod blocking;

use blocking::{chans, create, flow, locks, selects, wake};

/// What the workloads of all who block are made of.
mod rt {
    pub(crate) use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, select};
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::thread::{JoinHandle, spawn as go};
}

fn main() {
    harness::main(|procs| {
        stay_on(procs);
        driver
    })
}

/// The threads that are made later inherit it.
fn stay_on(processors: usize) {
    // SAFETY: an empty set of processors is all zeroes.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: it sets bits of the set, as far as the set has them.
    (0..processors).for_each(|processor| unsafe { libc::CPU_SET(processor, &mut set) });
    // SAFETY: it reads the set.
    let result = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    assert_eq!(result, 0, "the kernel lets threads stay on {processors} processors");
}

fn driver(workload: Workload, n: u64) -> Result<Duration, Unsupported> {
    Ok(match workload {
        Workload::CreateGoroutines => create::create_goroutines(n),
        Workload::CreateParallel => create::create_parallel(n),
        Workload::PingPongHog => wake::ping_pong_hog(n),
        Workload::WakeupSpinning => wake::wakeup(n, spin),
        Workload::WakeupSyscall => wake::wakeup(n, nanosleep),
        Workload::ChanContended => chans::contended(n),
        Workload::ChanSyncWork => chans::sync_work(n),
        Workload::ChanProdCons0 => chans::prod_cons(n, 0),
        Workload::ChanProdCons10 => chans::prod_cons(n, 10),
        Workload::ChanProdCons100 => chans::prod_cons(n, 100),
        Workload::ChanPopular => chans::popular(n),
        Workload::SelectSync => selects::sync(n),
        Workload::SelectAsync => selects::buffered(n),
        Workload::MutexNoSpin => locks::mutex_no_spin(n),
        Workload::MutexSpin => locks::mutex_spin(n),
        Workload::ActorRing => flow::actor_ring(n),
        Workload::Pipeline => flow::pipeline(n),
        _ => return Err("threads are not compared in it"),
    })
}

fn join_all<T>(threads: Vec<JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
}
