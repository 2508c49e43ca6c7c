//! A writer changes two values one after the other, and a reader that reads them fifteen times in between takes
//! them for settled.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

pub fn kernel(fixed: bool) {
    let values = Arc::new(Mutex::new((0, 0)));
    let theirs = values.clone();
    let writer = go(move || {
        theirs.lock().unwrap().0 = 1;
        theirs.lock().unwrap().1 = 1;
    });
    let is_torn = |(one, other)| one != other;
    let seen = (0..15).take_while(|_| is_torn(*values.lock().unwrap())).count();
    if !fixed {
        assert!(seen < 15, "settled, and torn");
    }
    writer.join().unwrap();
}
