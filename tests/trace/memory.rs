//! How much memory a flight recorder takes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::time::Duration;

use gosched::{Runtime, go};

use crate::harness::in_child;

/// How many bytes the process has now.
static BYTES: AtomicIsize = AtomicIsize::new(0);

struct Counts;

#[global_allocator]
static COUNTS: Counts = Counts;

// SAFETY: the system's allocator, and a count.
unsafe impl GlobalAlloc for Counts {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size().cast_signed(), Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size().cast_signed(), Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Goroutines on threads of their own that do little each: their tapes are many and short.
fn busy(rt: &Runtime) {
    rt.run(|| {
        let sleepers: Vec<_> = (0..100)
            .map(|_| go(|| (0..100).for_each(|_| gosched::time::sleep(Duration::from_millis(11)))))
            .collect();
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

#[test]
fn a_flight_recorder_takes_no_more_memory_than_was_said() {
    const NAME: &str = "memory::a_flight_recorder_takes_no_more_memory_than_was_said";
    const BOUND: isize = 400_000;
    let child = in_child(NAME, || {
        let rt = Runtime::builder().procs(2).stack_size(64 << 10).start_threaded().unwrap();
        busy(&rt); // whatever is made once
        let recorder = rt.flight_recorder(BOUND.cast_unsigned()).unwrap();
        busy(&rt);
        let with = BYTES.load(Relaxed);
        drop(recorder);
        let kept = with - BYTES.load(Relaxed);
        assert!((BOUND / 2..BOUND + BOUND / 5).contains(&kept), "{kept}");
    });
    child.succeeds();
}
