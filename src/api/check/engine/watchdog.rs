//! Notices that an execution stands still: all goroutines of a check share one thread, and one of them blocks
//! it or computes without end. Nothing can be done about that from outside; it is said once.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "it looks from outside of the checked program, on a thread that the checker does not see"
)]

use std::panic::Location;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crate::facade::news::News;
use crate::machine::signal::write_stderr;

/// It looks so often until it complains.
const LOOKS: u32 = 100;

/// Counts steps.
#[derive(Clone)]
pub(super) struct Pulse(Arc<Beats>);

struct Beats {
    count: AtomicU64,
    last: AtomicU64,
    at: AtomicPtr<Location<'static>>,
}

impl Pulse {
    /// A new one, which is watched as long as it is there. After `silence` without a step it is said.
    pub(super) fn watched(silence: Duration) -> Self {
        let beats = Arc::new(Beats {
            count: AtomicU64::new(0),
            last: AtomicU64::new(0),
            at: AtomicPtr::new(std::ptr::null_mut()),
        });
        let watched = Arc::downgrade(&beats);
        // Without it nothing is said; the check is the same.
        let _ = thread::Builder::new()
            .name("gosched-watchdog".into())
            .spawn(move || watch(&watched, silence));
        Self(beats)
    }

    pub(super) fn beat(&self, news: &News) {
        // Relaxed: statistic, all of them.
        self.0.count.fetch_add(1, Relaxed);
        if let News::Calls { id, at: Some(at), .. } = news {
            self.0.last.store(*id, Relaxed);
            self.0.at.store(std::ptr::from_ref(*at).cast_mut(), Relaxed);
        }
    }
}

fn watch(beats: &Weak<Beats>, silence: Duration) {
    let (mut seen, mut ticks) = (0, 0);
    while let Some(beats) = beats.upgrade() {
        // Relaxed: statistic.
        let count = beats.count.load(Relaxed);
        ticks = if count == seen { ticks + 1 } else { 0 };
        seen = count;
        if ticks == LOOKS {
            write_stderr(beats.complaint(silence).as_bytes());
        }
        drop(beats);
        thread::sleep(silence / LOOKS);
    }
}

impl Beats {
    fn complaint(&self, silence: Duration) -> String {
        // Relaxed: statistic.
        let (id, at) = (self.last.load(Relaxed), self.at.load(Relaxed));
        // SAFETY: null, or made from such a reference.
        let at = unsafe { at.cast_const().as_ref() };
        let place = at.map(|at| format!("; the last call was made by goroutine {id} at {at}"));
        format!(
            "gosched::check: no step for {silence:?}{}. A goroutine computes, or blocks the one thread that all \
             goroutines of a check share: std::thread::sleep, a std::sync::Mutex that another goroutine holds over a \
             wait (use gosched::sync::Mutex), or a read from outside\n",
            place.unwrap_or_default()
        )
    }
}
