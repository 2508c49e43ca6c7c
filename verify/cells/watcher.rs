//! Programs over the whole scheduler beside the watcher's deep sleep: whoever starts a P wakes it.
//!
//! The models have no time, and so no watcher. Here a thread stands for it: it goes to sleep as the
//! watcher does, and must not sleep on while a P runs.

use std::sync::Arc;

use super::runtime::{end, runtime};
use super::{Scenario, spawn, window};
use crate::Runtime;
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::proto::sysmonsleep::Watch;
use crate::sched::sysmon;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { watcher:
            whoever_starts_a_p_for_new_work_wakes_the_watcher =
                SUBMITTED, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// Has a thread sleep as the watcher does while `start` starts a goroutine that keeps its P until that
/// thread has woken up: nobody else would wake it.
fn beside_the_watcher(rt: Runtime, start: impl FnOnce(&Runtime, Arc<Note>)) -> String {
    let sched = rt.sched();
    let woken = Arc::new(Note::new());
    let watcher = spawn({
        let woken = woken.clone();
        move || {
            // As often as it is woken for one who is done meanwhile.
            while sysmon::is_all_quiet(&sched) {
                let watch = sched.watcher.sleep(|| !sysmon::is_all_quiet(&sched));
                assert_eq!(watch, Watch::On);
                spin_hint(); // progress: the hog keeps its P from some moment on
            }
            woken.wakeup();
        }
    });
    window(|| start(&rt, woken));
    watcher.join();
    end(rt, 0);
    String::from("it woke up")
}

/// A goroutine comes from outside: an M is started for it, or one that was about to park finds it in
/// its last look.
pub(crate) const SUBMITTED: Scenario = Scenario {
    threads: 3,
    run: || {
        beside_the_watcher(runtime(1), |rt, woken| {
            rt.go(move || woken.sleep()).join().expect("it returns");
        })
    },
    outcomes: &["it woke up"],
};
