//! The same with three values: the reader must come between each two of the writer's steps, and stay for long.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

const LOOKS: u32 = 10;

pub fn kernel(fixed: bool) {
    let stage = Arc::new(Mutex::new(0));
    let theirs = stage.clone();
    let writer = go(move || {
        for next in 1..=3 {
            *theirs.lock().unwrap() = next;
        }
    });
    let mut counts = [0; 4];
    for _ in 0..3 * LOOKS {
        counts[*stage.lock().unwrap()] += 1;
    }
    if !fixed {
        assert!(counts[1] < LOOKS || counts[2] < LOOKS, "stayed in both");
    }
    writer.join().unwrap();
}
