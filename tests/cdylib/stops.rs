//! Many goroutines stop the world at the same time. While one has stopped it, a wait of its own must
//! panic, and nobody else's wait may. Which of the two a wait is, its thread knows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gosched::{Runtime, go, stop_the_world, yield_now};

/// What was seen.
#[derive(Default)]
struct Seen {
    stops: AtomicU32,
    /// Waits inside a stop that did not panic.
    missed: AtomicU32,
    /// Waits elsewhere that did.
    spurious: AtomicU32,
    /// Goroutines that were on another thread after they had waited for their turn.
    moves: AtomicU32,
}

impl Seen {
    fn stop(&self) {
        let before = this_thread();
        let stopped = panics(|| {
            stop_the_world(|_| {
                self.moves.fetch_add(u32::from(this_thread() != before), Relaxed);
                self.stops.fetch_add(1, Relaxed);
                self.missed.fetch_add(u32::from(!panics(yield_now)), Relaxed);
            });
        });
        self.spurious.fetch_add(u32::from(stopped), Relaxed);
    }

    fn wait(&self) {
        let waited = panics(|| {
            yield_now();
            go(|| 1).join().unwrap();
            compute(Duration::from_micros(30));
        });
        self.spurious.fetch_add(u32::from(waited), Relaxed);
    }
}

fn this_thread() -> libc::pid_t {
    // SAFETY: asks for a number.
    unsafe { libc::gettid() }
}

fn panics(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

fn compute(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {}
}

/// Goes on for so many milliseconds; returns 0 if all was right.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn gosched_test_stops(millis: u32) -> i32 {
    std::panic::set_hook(Box::new(|_| ()));
    // SAFETY: nothing in these goroutines knows about threads but `Seen::stop`, which asks anew.
    let rt = unsafe { Runtime::builder().procs(4).start() }.unwrap();
    let end = Instant::now() + Duration::from_millis(millis.into());
    let seen = Arc::new(Seen::default());
    let goroutines: Vec<_> = (0..10)
        .map(|i| {
            let seen = seen.clone();
            rt.go(move || {
                while Instant::now() < end {
                    if i < 6 {
                        seen.stop()
                    } else {
                        seen.wait()
                    }
                    if i % 2 == 0 {
                        seen.spurious.fetch_add(u32::from(panics(yield_now)), Relaxed);
                    }
                }
            })
        })
        .collect();
    goroutines.into_iter().for_each(|one| one.join().unwrap());
    report(&seen)
}

fn report(seen: &Seen) -> i32 {
    let [stops, missed, spurious, moves] =
        [&seen.stops, &seen.missed, &seen.spurious, &seen.moves].map(|n| n.load(Relaxed));
    eprintln!("{stops} stops, {missed} missed, {spurious} spurious, {moves} moves");
    i32::from(stops == 0 || missed != 0 || spurious != 0)
}
