//! A goroutine counts, and another reads the count twenty times. Only if it reads at one place of the first do the
//! numbers collide.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

const LOOKS: usize = 20;

pub fn kernel(fixed: bool) {
    let count = Arc::new(Mutex::new(0));
    let (mine, theirs) = (count.clone(), count.clone());
    let one = go(move || {
        for step in 0..7 {
            let mut count = mine.lock().unwrap();
            if *count == step {
                *count += 1;
            }
        }
    });
    let other = go(move || {
        let mut seen = Vec::new();
        for _ in 0..LOOKS {
            seen.push(*theirs.lock().unwrap());
        }
        seen
    });
    one.join().unwrap();
    let seen = other.join().unwrap();
    if !fixed {
        assert_ne!(seen, [4; LOOKS], "all at the same place");
    }
}
