//! What the Rust programs share: the command line, the warm-up, the measured run, the one line of
//! output. `go/harness.go` says the same in Go, where every constant here has its twin.
//!
//! ```text
//! prog WORKLOAD PROCS [SCALE]   ->   WORKLOAD PROCS NS_PER_OP key=value...
//! ```

use std::panic::PanicHookInfo;
use std::process::exit;
use std::sync::OnceLock;
use std::time::Duration;

pub mod forkjoin;
pub mod http;
pub mod latency;
pub mod net;
mod sizes;
mod usage;
pub mod work;
mod workload;

pub use sizes::*;
pub use workload::Workload;

/// How long the measured run of a calibrated workload should take, at scale 1.
const TARGET: Duration = Duration::from_millis(400);
/// A warm-up that took this part of the target foretells the measured run.
const PROBE: u32 = 8;

pub const USAGE_ERROR: i32 = 2;
const UNSUPPORTED: i32 = 3;
const PANICKED: i32 = 101;

/// Why a program has no such workload, in one line.
pub type Unsupported = &'static str;

struct Args {
    workload: Workload,
    procs: usize,
    scale: f64,
}

struct Sample {
    ops: u64,
    elapsed: Duration,
    cpu: Duration,
    resident_growth: u64,
}

/// Reads the command line, starts the runtime with `start(procs)`, runs the workload and ends the
/// process.
///
/// The runner that `start` returns gets a workload and its size, and answers how long it took.
/// What it leaves behind is not waited for: a million parked tasks end with the process.
pub fn main<R>(start: impl FnOnce(usize) -> R) -> !
where
    R: Fn(Workload, u64) -> Result<Duration, Unsupported>,
{
    let Some(args) = parse(std::env::args().skip(1)) else {
        eprintln!("usage: WORKLOAD PROCS [SCALE]");
        exit(USAGE_ERROR);
    };
    std::panic::set_hook(Box::new(end_in_one_line));
    PROCS.get_or_init(|| args.procs as u64);
    let run = start(args.procs);
    match measure(&args, &run) {
        Ok(sample) => print(&args, &sample),
        Err(why) => {
            eprintln!("{why}");
            exit(UNSUPPORTED);
        }
    }
    exit(0)
}

static PROCS: OnceLock<u64> = OnceLock::new();

/// How many procs the command line says.
pub fn procs() -> u64 {
    *PROCS.get().expect("the command line was read")
}

/// A panic anywhere ends the process: some runtimes would go on and wait for ever.
pub fn end_in_one_line(info: &PanicHookInfo<'_>) {
    eprintln!("panicked: {}", info.payload_as_str().unwrap_or("without a message"));
    exit(PANICKED);
}

/// Panics unless `sum` is that of the leaves of a skynet.
pub fn check_skynet(leaves: u64, sum: u64) {
    assert_eq!(sum, leaves * (leaves - 1) / 2, "skynet lost a leaf");
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<Args> {
    let workload = Workload::from_name(&args.next()?)?;
    let procs = args.next()?.parse().ok().filter(|&procs| procs > 0)?;
    let scale = args.next().map_or(Some(1.0), |scale| scale.parse().ok())?;
    (scale > 0.0 && args.next().is_none()).then_some(Args { workload, procs, scale })
}

fn measure<R>(args: &Args, run: &R) -> Result<Sample, Unsupported>
where
    R: Fn(Workload, u64) -> Result<Duration, Unsupported>,
{
    let workload = args.workload;
    let size = match workload.fixed_size(args.scale) {
        Some(size) => {
            run(workload, workload.warm_up_size())?;
            size
        }
        None => {
            let target = TARGET.mul_f64(args.scale);
            calibrate(workload.warm_up_size(), target, |size| run(workload, size))?
        }
    };
    let (cpu_before, resident_before) = (usage::cpu(), usage::resident());
    let elapsed = run(workload, size)?;
    let cpu = usage::cpu() - cpu_before;
    let resident_growth = usage::resident().saturating_sub(resident_before);
    Ok(Sample { ops: size * workload.ops_per_unit(), elapsed, cpu, resident_growth })
}

/// Warms up with ever larger sizes until one takes long enough to foretell the size that takes
/// `target`.
fn calibrate<E>(
    mut size: u64,
    target: Duration,
    mut run: impl FnMut(u64) -> Result<Duration, E>,
) -> Result<u64, E> {
    loop {
        let elapsed = run(size)?;
        if elapsed >= target / PROBE {
            let factor = target.as_secs_f64() / elapsed.as_secs_f64();
            return Ok(((size as f64 * factor) as u64).max(1));
        }
        size *= 2;
    }
}

fn print(args: &Args, sample: &Sample) {
    let (name, procs, ops) = (args.workload.name(), args.procs, sample.ops);
    let ns_per_op = |time: Duration| time.as_secs_f64() * 1e9 / ops as f64;
    print!("{name} {procs} {:.3} cpu={:.3}", ns_per_op(sample.elapsed), ns_per_op(sample.cpu));
    if matches!(args.workload, Workload::Parked | Workload::Sleepers) {
        print!(" bytes={}", sample.resident_growth / ops);
    }
    println!(" ops={ops}");
}
