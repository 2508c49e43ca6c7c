//! A worker says that it is done before it has stored its result.

use std::sync::Arc;

use gosched::go;
use gosched::sync::{Mutex, WaitGroup};

pub fn kernel(fixed: bool) {
    let group = WaitGroup::new();
    let results = Arc::new(Mutex::new(Vec::new()));
    for n in 0..2 {
        group.add(1);
        let (group, results) = (group.clone(), results.clone());
        go(move || {
            if !fixed {
                group.done();
            }
            results.lock().unwrap().push(n * n);
            if fixed {
                group.done();
            }
        });
    }
    group.wait();
    assert_eq!(results.lock().unwrap().len(), 2, "a result is missing");
}
