//! gosched itself, beside tasks that keep their threads.

use std::time::{Duration, Instant};

use gosched::sync::Mutex;
use gosched::{Runtime, chan, yield_now};
use harness::Unsupported;
use harness::latency::{self, Mark, Peer, Stamp, Step, getpid, ns_per_call, time};

fn main() {
    latency::main(|procs| {
        // SAFETY: no goroutine here, nor a dependency that it calls, holds a thread-local or
        // anything else of its thread at a switch point.
        Gosched(unsafe { Runtime::builder().procs(procs).start() }.expect("a runtime"))
    })
}

struct Gosched(Runtime);

impl Peer for Gosched {
    fn receiver(
        &self,
        room: usize,
        received: impl FnMut(Stamp) + Send + 'static,
    ) -> impl FnMut(Stamp) {
        let (tx, rx) = chan::bounded(room);
        self.0.go(move || rx.iter().for_each(received));
        move |stamp| tx.send(stamp).expect("the receiver listens")
    }

    fn task(&self, mark: Mark, mut step: Step) -> Result<(), Unsupported> {
        match mark {
            Mark::Plain => self.0.go(move || {
                loop {
                    step();
                    yield_now();
                }
            }),
            Mark::Blocking => self.0.go(move || {
                loop {
                    gosched::blocking(&mut step);
                    yield_now();
                }
            }),
            Mark::InPlace => return Err("gosched's `blocking` is in place"),
        };
        Ok(())
    }

    fn calls(&self) -> Vec<(&'static str, f64)> {
        let cost = |calls: fn(u64) -> Duration| ns_per_call(|n| self.0.run(move || calls(n)));
        let counter = |n| {
            let count = Mutex::new(0_u64);
            time(n, || *count.lock().expect("nobody panics with it") += 1)
        };
        vec![
            ("lock", cost(counter)),
            ("yield", cost(|n| time(n, yield_now))),
            ("raw", cost(|n| time(n, getpid))),
            ("marked", cost(|n| time(n, || gosched::blocking(getpid)))),
            ("empty", cost(|n| time(n, || gosched::blocking(|| ())))),
        ]
    }

    fn pause(&self) -> Result<Instant, Unsupported> {
        Ok(self.0.stop_the_world(|_| Instant::now()))
    }
}
