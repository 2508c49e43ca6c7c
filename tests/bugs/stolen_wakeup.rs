//! Two consumers are woken for one value, and each takes it for granted that it is there: `if` where `while` is
//! meant.

use std::collections::VecDeque;
use std::sync::Arc;

use gosched::go;
use gosched::sync::{Condvar, Mutex};

pub fn kernel(fixed: bool) {
    let shared = Arc::new((Mutex::new(VecDeque::new()), Condvar::new()));
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            let shared = shared.clone();
            go(move || take(&shared.0, &shared.1, fixed))
        })
        .collect();
    for value in 0..2 {
        shared.0.lock().unwrap().push_back(value);
        shared.1.notify_all();
    }
    consumers.into_iter().for_each(|consumer| assert!(consumer.join().unwrap() < 2));
}

fn take(queue: &Mutex<VecDeque<u32>>, filled: &Condvar, fixed: bool) -> u32 {
    let mut queue = queue.lock().unwrap();
    if fixed {
        queue = filled.wait_while(queue, |queue| queue.is_empty()).unwrap();
    } else if queue.is_empty() {
        queue = filled.wait(queue).unwrap();
    }
    queue.pop_front().expect("woken, so there is a value")
}
