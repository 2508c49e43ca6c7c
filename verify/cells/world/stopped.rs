//! What the scenarios do in a stopped world.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use crate::cells::runtime::runtime;
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::sched::g;
use crate::sched::schedt::SchedRef;
use crate::{Runtime, go, stop_the_world};

/// The scheduler of the goroutine that runs this.
pub(crate) fn here() -> SchedRef {
    g::header(g::current().expect("only goroutines ask")).sched
}

/// What the owners of the Ps change.
pub(crate) fn view(sched: SchedRef) -> Vec<(u32, usize, usize, bool)> {
    let all = sched.allp.iter().map(|p| {
        p.own(|own| own.inherited += 0);
        (p.schedtick(), p.balance(), p.runq.waiting(), p.runq.is_empty())
    });
    all.collect()
}

/// Called while the world is stopped: no P has an owner, and none gets one.
pub(crate) fn at_rest(sched: SchedRef) {
    let before = view(sched);
    spin_hint(); // the others go on as far as they can
    assert_eq!(before, view(sched), "the world is stopped, and yet it moves");
}

/// Says who comes how late, in a stopped world.
pub(crate) fn stopped(sched: SchedRef, count: &Ghost) -> u32 {
    at_rest(sched);
    count.fetch_add(1, SeqCst)
}

/// A runtime in which an M, with a P of its own, is parked beside the first.
pub(crate) fn two_ms() -> Runtime {
    let rt = runtime(2);
    rt.run(|| {
        let ran = Arc::new(Note::new());
        let other = go({
            let ran = ran.clone();
            move || ran.wakeup()
        });
        ran.sleep(); // keeps its thread, so that another must run the other
        other.join().expect("it returns");
    });
    rt
}

/// A goroutine that stops the world, and returns how many had done so.
pub(crate) fn stopper(count: &Arc<Ghost>) -> impl FnOnce() -> u32 + Send + 'static {
    let count = count.clone();
    move || stop_the_world(|_| stopped(here(), &count))
}
