//! Producers and consumers wait on one condition variable, and `notify_one` wakes one of the wrong kind: all
//! wait.

use std::sync::Arc;

use gosched::go;
use gosched::sync::{Condvar, Mutex};

pub fn kernel(fixed: bool) {
    let shared = Arc::new((Mutex::new(None), Condvar::new()));
    let consumers = (0..2).map(|_| {
        let shared = shared.clone();
        go(move || {
            let (place, changed) = &*shared;
            let mut place =
                changed.wait_while(place.lock().unwrap(), |place| place.is_none()).unwrap();
            *place = None;
            wake(changed, fixed);
        })
    });
    let consumers: Vec<_> = consumers.collect();
    let producers = (0..2).map(|value| {
        let shared = shared.clone();
        go(move || {
            let (place, changed) = &*shared;
            let mut place =
                changed.wait_while(place.lock().unwrap(), |place| place.is_some()).unwrap();
            *place = Some(value);
            wake(changed, fixed);
        })
    });
    let producers: Vec<_> = producers.collect();
    consumers.into_iter().chain(producers).for_each(|worker| worker.join().unwrap());
}

fn wake(changed: &Condvar, fixed: bool) {
    if fixed { changed.notify_all() } else { changed.notify_one() }
}
