//! Scenarios of `proto/sysmonsleep`.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::facade::{AtomicU32, Ordering::Relaxed};
use crate::proto::sysmonsleep::{SysmonSleep, Watch};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { sysmonsleep:
            a_starter_finds_the_watcher_awake_or_wakes_it =
                STARTER_WAKES, loom All, shuttle depth_first;
            two_starters_wake_it_once = TWO_STARTERS, loom Preemptions(2), shuttle sampled;
            a_poke_beside_a_stop_does_not_undo_it =
                POKED_AT_THE_END, loom Preemptions(3), shuttle sampled;
            a_stop_ends_the_sleep_and_all_later_ones = STOP_ENDS, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

struct Shared {
    sleep: SysmonSleep,
    busy: AtomicU32,
}

fn shared() -> Arc<Shared> {
    Arc::new(Shared { sleep: SysmonSleep::new(), busy: AtomicU32::new(0) })
}

/// A starter makes something busy while the watcher goes to sleep. Nobody else would wake it.
pub(crate) const STARTER_WAKES: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = shared();
        let starter = spawn({
            let shared = shared.clone();
            move || {
                shared.busy.store(1, Relaxed);
                shared.sleep.poke();
            }
        });
        let watch = shared.sleep.sleep(|| shared.busy.load(Relaxed) != 0);
        starter.join();
        format!("{watch:?}")
    },
    outcomes: &["On"],
};

/// Two starters at once: one wake-up is enough, and neither breaks the next sleep.
pub(crate) const TWO_STARTERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let shared = shared();
        let starters = [(); 2].map(|()| {
            let shared = shared.clone();
            spawn(move || {
                shared.busy.fetch_add(1, Relaxed);
                shared.sleep.poke();
            })
        });
        let first = shared.sleep.sleep(|| shared.busy.load(Relaxed) != 0);
        starters.into_iter().for_each(super::JoinHandle::join);
        format!("{first:?} {:?}", shared.sleep.sleep(|| true))
    },
    outcomes: &["On On"],
};

/// The end comes while the watcher goes to sleep, and before it does.
pub(crate) const STOP_ENDS: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = shared();
        let stopper = spawn({
            let shared = shared.clone();
            move || shared.sleep.stop()
        });
        let first = shared.sleep.sleep(|| false);
        let second = shared.sleep.sleep(|| false);
        stopper.join();
        let nap = shared.sleep.nap(1);
        assert_eq!((second, nap), (Watch::Over, Watch::Over));
        format!("{first:?}")
    },
    outcomes: &["Over"],
};

/// A starter makes something busy while the end comes: it may wake the watcher once more, or be seen,
/// and then the watcher ends all the same.
pub(crate) const POKED_AT_THE_END: Scenario = Scenario {
    threads: 3,
    run: || {
        let shared = shared();
        let starter = spawn({
            let shared = shared.clone();
            move || {
                shared.busy.fetch_add(1, Relaxed);
                shared.sleep.poke();
            }
        });
        let stopper = spawn({
            let shared = shared.clone();
            move || shared.sleep.stop()
        });
        let sleep = || shared.sleep.sleep(|| shared.busy.swap(0, Relaxed) != 0);
        let rounds = core::iter::repeat_with(sleep).take_while(|&watch| watch == Watch::On).count();
        starter.join();
        stopper.join();
        format!("{rounds} rounds")
    },
    outcomes: &["0 rounds", "1 rounds", "2 rounds"],
};
