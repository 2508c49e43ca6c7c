//! What the benches share: a runtime of one and of two Ps for each of them.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use gosched::{Builder, Runtime};

/// Measures `body(n)`, which does its thing `n` times in the main goroutine, for one and two Ps.
pub(crate) fn on_one_and_two_procs(c: &mut Criterion, name: &str, body: fn(u64)) {
    measure(c, name, body, &Runtime::builder());
}

/// The same in a runtime with metrics.
#[allow(dead_code, reason = "some benches ask")]
pub(crate) fn with_metrics(c: &mut Criterion, name: &str, body: fn(u64)) {
    measure(c, &format!("{name}_with_metrics"), body, &Runtime::builder().metrics(true));
}

fn measure(c: &mut Criterion, name: &str, body: fn(u64), builder: &Builder) {
    let mut group = c.benchmark_group(name);
    for procs in [1, 2] {
        // SAFETY: the bodies know nothing about threads.
        let rt = unsafe { builder.clone().procs(procs).start() }.expect("a runtime");
        group.bench_with_input(BenchmarkId::from_parameter(procs), &procs, |b, _| {
            b.iter_custom(|n| rt.run(move || timed(|| body(n))));
        });
    }
    group.finish();
}

fn timed(f: impl FnOnce()) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}
