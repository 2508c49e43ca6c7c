//! Who hears what a scheduler says that it does.

use super::{metrics, trace};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::GRef;
use crate::sched::gmp::schedt::SchedRef;

/// Tells an event to each who hears. The speaker may hold locks of the scheduler, and must not be kept.
pub(crate) fn hear(sched: SchedRef, event: Event<GRef>) {
    if let Some(ear) = sched.config.ear {
        ear(sched, event);
    }
    metrics::record(sched, event);
    trace::record(sched, event);
}

#[cfg(all(test, not(any(feature = "loom", feature = "shuttle"))))]
mod tests {
    use super::*;
    use crate::Runtime;
    use crate::facade::{AtomicUsize, Ordering::Relaxed};
    use crate::sched::gmp::g;

    /// Goroutines made, begun or continued, ended; and those that left their stacks otherwise.
    static COUNTS: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

    fn count(_: SchedRef, event: Event<GRef>) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not counted")]
        let what = match event {
            Event::Made(g) => {
                assert!(g::header(g).id() != 0);
                0
            }
            Event::Runs(_) => 1,
            Event::Ends(_) => 2,
            Event::Waits { at, .. } => {
                assert!(at.is_some(), "a goroutine waits somewhere");
                3
            }
            Event::Yields(_) | Event::LacksP(_) => 3,
            _ => return,
        };
        COUNTS[what].fetch_add(1, Relaxed);
    }

    #[test]
    fn each_goroutine_is_made_runs_and_ends_and_each_run_ends_once() {
        const N: usize = 1_000;
        // SAFETY: nothing in these goroutines knows about threads.
        let rt = unsafe { Runtime::builder().procs(2).ear(count).start() }.unwrap();
        rt.run(|| {
            let all: Vec<_> = (0..N).map(|_| crate::go(crate::yield_now)).collect();
            all.into_iter().for_each(|g| g.join().unwrap());
        });
        drop(rt);
        let [made, runs, ended, left] = COUNTS.each_ref().map(|count| count.load(Relaxed));
        assert_eq!((made, ended), (N + 1, N + 1));
        assert_eq!(runs, ended + left);
        assert!(left >= N, "{left} of {N} goroutines have yielded");
    }
}
