//! Functions that run at a safe point of each P.

use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::stopped::two_ms;
use crate::cells::runtime::{end, runtime};
use crate::cells::{Scenario, window};
use crate::facade::spin_hint;
use crate::go;
use crate::sched::world::for_each_p;

/// How often the function ran for each P of the next scenario: one execution at a time uses it.
static RUNS: [Ghost; 2] = [Ghost::new(0), Ghost::new(0)];

/// A function runs for every P, be it idle, on its way, a goroutine's or an M's that parks.
pub(crate) const FOR_EACH_P: Scenario = Scenario {
    threads: 3,
    run: || {
        RUNS.iter().for_each(|runs| runs.store(0, SeqCst));
        let rt = two_ms();
        let sched = rt.sched();
        window(|| {
            let main = rt.go(|| go(|| ()).join().expect("it returns"));
            for_each_p(sched, |_, p| {
                p.own(|own| own.inherited += 0);
                RUNS[p.id as usize].fetch_add(1, SeqCst);
            });
            assert_eq!(RUNS.each_ref().map(|runs| runs.load(SeqCst)), [1, 1]);
            main.join().expect("it returns");
        });
        end(rt, 0);
        assert_eq!(RUNS.each_ref().map(|runs| runs.load(SeqCst)), [1, 1]);
        String::from("once for each")
    },
    outcomes: &["once for each"],
};

/// How often it ran for the only P of the next scenario.
static RUNS_OF_ONE: Ghost = Ghost::new(0);

/// A function runs for a P whose M is about to park.
pub(crate) const AS_IT_PARKS: Scenario = Scenario {
    threads: 2,
    run: || {
        RUNS_OF_ONE.store(0, SeqCst);
        let rt = runtime(1);
        let sched = rt.sched();
        window(|| {
            spin_hint(); // the M looks for work, and parks
            for_each_p(sched, |_, p| {
                p.own(|own| own.inherited += 0);
                RUNS_OF_ONE.fetch_add(1, SeqCst);
            });
        });
        end(rt, 0);
        format!("{} time", RUNS_OF_ONE.load(SeqCst))
    },
    outcomes: &["1 time"],
};
