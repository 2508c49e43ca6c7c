//! Programs in which a P is taken from a goroutine at any moment, as sysmon does.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{runtime::runtime, spawn, window};
use crate::proto::powner::Take;
use crate::sched::sysmon;

/// In how many executions the P was taken. Outside the model: a model that never takes one shows
/// nothing.
pub(crate) static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// One P. Its goroutine goes in and out of the runtime while a thread tries once to take the P from
/// it; whether it did or not, both goroutines end.
pub(crate) fn taken_while_it_spawns() {
    let rt = runtime(1);
    let sched = rt.sched();
    let sum = rt.run(move || {
        window(|| {
            let taker = spawn(move || {
                if sysmon::take(sched, sched.p(0)) == Take::Taken {
                    TAKEN.fetch_add(1, Relaxed);
                }
            });
            let other = crate::go(|| 1);
            let sum = 2 + other.join().expect("the goroutine returns");
            taker.join();
            sum
        })
    });
    assert_eq!(sum, 3);
}
