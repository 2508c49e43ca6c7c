//! Two locks in two orders (GoBench: cockroach 10214 and others).

use std::sync::Arc;

use gosched::{go, sync::Mutex};

pub fn kernel(fixed: bool) {
    let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    let (a2, b2) = (a.clone(), b.clone());
    let other = go(move || {
        let a = a2.lock().unwrap();
        let b = b2.lock().unwrap();
        *a + *b
    });
    let sum = if fixed {
        let a = a.lock().unwrap();
        let b = b.lock().unwrap();
        *a + *b
    } else {
        let b = b.lock().unwrap();
        let a = a.lock().unwrap();
        *a + *b
    };
    assert_eq!(other.join().unwrap(), sum);
}
