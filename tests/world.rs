//! Stopping the world, and changing the number of processors.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use gosched::{chan, go, yield_now};
use harness::runtime;

/// Go's `TestStopTheWorldDeadlock`: two that stop the world all the time, beside one that spawns all
/// the time.
#[test]
fn stopping_the_world_does_not_deadlock() {
    let rt = runtime(3);
    rt.run(|| {
        let (done, ended) = chan::bounded(0);
        let is_over = Arc::new(AtomicBool::new(false));
        let spawner = go({
            let is_over = is_over.clone();
            move || {
                while !is_over.load(Relaxed) {
                    go(yield_now).join().unwrap();
                }
            }
        });
        for kind in 0..2 {
            let done = done.clone();
            go(move || {
                for i in 0..1000 {
                    if kind == 0 {
                        gosched::stop_the_world(|world| assert!(world.num_goroutines() > 0));
                    } else {
                        gosched::set_procs(1 + i % 3);
                    }
                }
                done.send(()).unwrap();
            });
        }
        ended.recv().unwrap();
        ended.recv().unwrap();
        is_over.store(true, Relaxed);
        spawner.join().unwrap();
    });
}
