//! A program too large for loom: a hundred goroutines on four Ps, with channels, a mutex and a
//! count, started by each other.

use std::sync::Arc;

use super::runtime::{OnStack, end, runtime};
use crate::chan::{Receiver, Sender, bounded};
use crate::sync::{Mutex, WaitGroup};
use crate::{go, stop_the_world, yield_now};

const PROCS: usize = 4;
/// Each starts `CREW` others.
const CREWS: u32 = 20;
/// With the one that starts them five: a sender, a relay, and two that lock.
const CREW: u32 = 4;
/// Goroutines, with the main one.
const ALL: u32 = CREWS * (CREW + 1);

/// What the goroutines share.
#[derive(Clone)]
struct Shared {
    values: (Sender<u32>, Receiver<u32>),
    results: Sender<u32>,
    locked: Arc<Mutex<u32>>,
    ended: WaitGroup,
}

/// Starts a goroutine that the count knows of.
fn start(shared: &Shared, body: impl FnOnce(&Shared) + Send + 'static) {
    shared.ended.add(1);
    let shared = shared.clone();
    drop(go(move || {
        let stack = OnStack::new();
        stack.touch();
        body(&shared);
        assert_eq!(stack.touch(), 2);
        shared.ended.done();
    }));
}

/// A sender and a relay of one value, and two that count under the lock.
fn start_crew(shared: &Shared, value: u32) {
    start(shared, move |shared| shared.values.0.send(value).expect("relays wait"));
    start(shared, |shared| {
        let value = shared.values.1.recv().expect("senders wait");
        shared.results.send(value).expect("main waits");
    });
    start(shared, |shared| *shared.locked.lock().unwrap() += 1);
    start(shared, |shared| {
        let mut locked = shared.locked.lock().unwrap();
        yield_now(); // others find it locked
        *locked += 1;
    });
}

/// Every value sent is received once, every count is counted, and nobody is left.
pub(crate) fn storm() {
    let rt = runtime(PROCS);
    let rest = rt.run(|| {
        let (results, received) = bounded(2);
        let shared = Shared {
            values: bounded(0),
            results,
            locked: Arc::new(Mutex::new(0)),
            ended: WaitGroup::new(),
        };
        // The main goroutine is one of those that start a crew.
        start_crew(&shared, 0);
        for value in 1..CREWS {
            start(&shared, move |shared| start_crew(shared, value));
        }
        let (locked, ended) = (shared.locked.clone(), shared.ended.clone());
        let mut values: Vec<u32> = (0..CREWS).map(|_| received.recv().unwrap()).collect();
        values.sort_unstable();
        assert!(values.into_iter().eq(0..CREWS), "each value arrives once");
        ended.wait();
        assert_eq!(*locked.lock().unwrap(), 2 * CREWS);
        drop(shared);
        received.recv()
    });
    assert!(rest.is_err(), "nothing else was sent");
    end(rt, 0);
}

const _: () = assert!(ALL == 100);

/// Goroutines and a thread stop the world in turn: whoever is woken for it runs.
pub(crate) fn stops() {
    const TIMES: u32 = 3;
    let rt = runtime(2);
    let stopper = || rt.go(|| (0..TIMES).for_each(|_| stop_the_world(|_| ())));
    let all = [stopper(), stopper()];
    (0..TIMES).for_each(|_| rt.stop_the_world(|_| ()));
    all.into_iter().for_each(|one| one.join().unwrap());
    end(rt, 0);
}
