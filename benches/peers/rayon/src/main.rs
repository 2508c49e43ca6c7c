//! rayon: two closures of its own at once, `join`, and nothing that waits for anything else.

use harness::forkjoin::{Join, matrix, quicksort};
use harness::{Unsupported, Workload};
use rayon::ThreadPoolBuilder;

struct Rayon;

impl Join for Rayon {
    fn join(a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
        rayon::join(a, b);
    }
}

fn main() {
    harness::main(|procs| {
        let pool = ThreadPoolBuilder::new().num_threads(procs).build().expect("a pool");
        move |workload, n| match workload {
            Workload::Quicksort => Ok(pool.install(|| quicksort::<Rayon>(n))),
            Workload::Matrix => Ok(pool.install(|| matrix::<Rayon>(n))),
            _ => Err::<_, Unsupported>("rayon's tasks do not wait for each other"),
        }
    })
}
