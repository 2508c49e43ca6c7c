//! Three philosophers, three forks, each takes the left one first.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Mutex;

pub fn kernel(fixed: bool) {
    let forks: Arc<Vec<_>> = Arc::new((0..3).map(Mutex::new).collect());
    let philosophers: Vec<_> = (0..3)
        .map(|seat| {
            let forks = forks.clone();
            go(move || {
                let (mut first, mut second) = (seat, (seat + 1) % 3);
                if fixed && first > second {
                    (first, second) = (second, first);
                }
                let _one = forks[first].lock().unwrap();
                let _other = forks[second].lock().unwrap();
            })
        })
        .collect();
    philosophers.into_iter().for_each(|philosopher| philosopher.join().unwrap());
}
