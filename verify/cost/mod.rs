//! What operations cost on many cores, by simulation: workloads, the words that they move, and the report.

pub(crate) mod report;
pub(crate) mod words;
pub(crate) mod workloads;

use std::sync::Arc;
use std::time::Instant;

use gosched::Runtime;
use gosched::cost::{self, Site};
use shuttle::scheduler::{RandomScheduler, RoundRobinScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

use workloads::{Gauge, Workload};

/// In which order the cores take their steps, one access each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    RoundRobin,
    /// From this seed.
    Random(u64),
}

/// What operations of one kind cost.
pub(crate) struct Measured {
    pub(crate) ops: u64,
    pub(crate) sites: Vec<Site>,
    pub(crate) seconds: f64,
}

impl Measured {
    fn per_op(&self, count: impl Fn(&Site) -> u64) -> f64 {
        self.sites.iter().map(count).sum::<u64>() as f64 / self.ops as f64
    }

    pub(crate) fn accesses(&self) -> f64 {
        self.per_op(|site| site.accesses)
    }

    pub(crate) fn transfers(&self) -> f64 {
        self.per_op(|site| site.transfers)
    }

    pub(crate) fn invalidations(&self) -> f64 {
        self.per_op(|site| site.invalidations)
    }

    pub(crate) fn heavy_fences(&self) -> f64 {
        self.per_op(|site| site.heavy_fences)
    }
}

/// Measures a workload on so many Ps.
pub(crate) fn measure(workload: &'static Workload, procs: usize, order: Order) -> Measured {
    match order {
        Order::RoundRobin => measure_with(workload, procs, RoundRobinScheduler::new(1)),
        Order::Random(seed) => {
            measure_with(workload, procs, RandomScheduler::new_from_seed(seed, 1))
        }
    }
}

fn measure_with(
    workload: &'static Workload,
    procs: usize,
    order: impl Scheduler + 'static,
) -> Measured {
    let mut config = Config::new();
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let gauge = Arc::new(workload.gauge(procs));
    let start = Instant::now();
    let counting = gauge.clone();
    Runner::new(order, config).run(move || run(workload, procs, &counting));
    let (sites, ops) = gauge.result();
    Measured { ops, sites, seconds: start.elapsed().as_secs_f64() }
}

fn run(workload: &'static Workload, procs: usize, gauge: &Arc<Gauge>) {
    cost::begin();
    // SAFETY: all threads of an execution are tasks on one thread of the system: whatever a goroutine keeps of
    //         its thread is there wherever it goes on.
    let rt = unsafe { Runtime::builder().procs(procs).start() }.unwrap();
    cost::name_parts(&rt);
    let gauge = gauge.clone();
    rt.run(move || (workload.body)(&gauge, procs));
    drop(rt);
    cost::end();
}
