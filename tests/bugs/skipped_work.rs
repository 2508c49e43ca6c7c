//! "Somebody is at it already": an event that comes while the worker looks for the last time is nobody's.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

struct Shared {
    events: Mutex<u32>,
    works: Mutex<()>,
    done: Mutex<u32>,
}

pub fn kernel(fixed: bool) {
    let shared =
        Arc::new(Shared { events: Mutex::new(0), works: Mutex::new(()), done: Mutex::new(0) });
    let sources: Vec<_> = (0..2)
        .map(|_| {
            let shared = shared.clone();
            go(move || {
                *shared.events.lock().unwrap() += 1;
                work(&shared, fixed);
            })
        })
        .collect();
    sources.into_iter().for_each(|source| source.join().unwrap());
    assert_eq!(*shared.done.lock().unwrap(), 2, "an event was forgotten");
}

fn work(shared: &Shared, fixed: bool) {
    loop {
        let Ok(works) = shared.works.try_lock() else { return };
        let events = std::mem::take(&mut *shared.events.lock().unwrap());
        *shared.done.lock().unwrap() += events;
        drop(works);
        if !fixed || *shared.events.lock().unwrap() == 0 {
            return;
        }
    }
}
