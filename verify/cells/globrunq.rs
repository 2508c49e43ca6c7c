//! Scenarios of `proto/globrunq`.

use std::sync::Arc;

use super::runq::G;
use super::{Scenario, spawn};
use crate::base::list::List;
use crate::facade::{AtomicU32, Ordering::Relaxed, fence_heavy, fence_light};
use crate::proto::globrunq::GlobRunq;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { globrunq:
            a_batch_stays_together = BATCH, loom All, shuttle depth_first;
            a_getter_sees_the_whole_goroutine_or_none = GET, loom All, shuttle depth_first;
            nothing_is_lost_between_two_putters_and_a_getter =
                TWO_PUTTERS, loom Preemptions(3), shuttle cut(1_000, 100_000);
            two_shares_do_not_overlap = SHARE, loom All, shuttle depth_first;
            a_look_sees_the_put_or_is_seen_by_the_putter = LAST_LOOK, loom All, shuttle depth_first;
            a_put_beside_a_get_is_not_forgotten = PUT_BESIDE_GET, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// The queue, what may be put into it, and whether somebody looks for work.
struct Shared {
    globrunq: GlobRunq<G>,
    gs: Vec<G>,
    flag: AtomicU32,
}

impl Shared {
    fn new(gs: usize) -> Arc<Self> {
        Arc::new(Self { globrunq: GlobRunq::new(), gs: G::some(gs), flag: AtomicU32::new(0) })
    }

    fn put(&self, g: usize) {
        self.globrunq.put(self.gs[g].write());
    }

    fn put_batch(&self, gs: core::ops::Range<usize>) {
        let mut batch = List::new();
        for g in &self.gs[gs] {
            batch.push_back(g.write());
        }
        self.globrunq.put_batch(batch);
    }

    fn get(&self) -> String {
        self.globrunq.get().map(G::run).into_iter().collect()
    }

    /// Runs all that is left and checks that each has run once.
    fn rest(&self) -> String {
        let rest = core::iter::from_fn(|| self.globrunq.get()).map(G::run).collect();
        assert!(self.globrunq.is_empty());
        G::assert_all_ran(&self.gs);
        rest
    }
}

/// One puts one, another puts two: the two stay side by side and in order.
pub(crate) const BATCH: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = Shared::new(3);
        let other = spawn({
            let shared = shared.clone();
            move || shared.put_batch(1..3)
        });
        shared.put(0);
        other.join();
        shared.rest()
    },
    outcomes: &["abc", "bca"],
};

/// One puts, the other takes what it sees: whole, or not at all.
pub(crate) const GET: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = Shared::new(1);
        let putter = spawn({
            let shared = shared.clone();
            move || shared.put(0)
        });
        let got = shared.get();
        putter.join();
        format!("{got} left {}", shared.rest())
    },
    outcomes: &[" left a", "a left "],
};

/// One gets the only goroutine while another puts the next: the length told last is the true one.
pub(crate) const PUT_BESIDE_GET: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = Shared::new(2);
        shared.put(0);
        let putter = spawn({
            let shared = shared.clone();
            move || shared.put(1)
        });
        let got = shared.get();
        putter.join();
        format!("{got} left {}", shared.rest())
    },
    outcomes: &["a left b"],
};

/// Two put and one gets.
pub(crate) const TWO_PUTTERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let shared = Shared::new(2);
        let putters = [0, 1].map(|g| {
            let shared = shared.clone();
            spawn(move || shared.put(g))
        });
        let got = shared.get();
        for putter in putters {
            putter.join();
        }
        format!("{got} left {}", shared.rest())
    },
    outcomes: &[" left ab", " left ba", "a left b", "b left a"],
};

/// Two get from a queue of three: each takes its share, and no goroutine is in both.
pub(crate) const SHARE: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = Shared::new(3);
        shared.put_batch(0..3);
        let other = spawn({
            let shared = shared.clone();
            move || drop(G::run_all(shared.globrunq.get_batch(2, 2)))
        });
        let share = G::run_all(shared.globrunq.get_batch(2, 2));
        other.join();
        format!("{share} left {}", shared.rest())
    },
    outcomes: &["ab left ", "c left "],
};

/// A look for the last time beside a put: whichever fence is first, one sees the other. The length is
/// a hint, and this is why a hint is enough.
pub(crate) const LAST_LOOK: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = Shared::new(1);
        let putter = spawn({
            let shared = shared.clone();
            move || {
                shared.put(0);
                fence_light();
                if shared.flag.load(Relaxed) == 1 {
                    shared.flag.store(2, Relaxed);
                }
            }
        });
        shared.flag.store(1, Relaxed);
        fence_heavy();
        let sees = if shared.globrunq.is_empty() { "nothing" } else { "work" };
        putter.join();
        let seen = if shared.flag.load(Relaxed) == 2 { "seen" } else { "unseen" };
        shared.rest();
        format!("sees {sees}, is {seen}")
    },
    outcomes: &["sees nothing, is seen", "sees work, is seen", "sees work, is unseen"],
};
