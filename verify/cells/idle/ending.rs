//! The runtime ends while a thread parks.

use core::ptr::NonNull;

use super::house::{Found, House};
use super::lacking::start_without_threads;
use super::queues::Count;
use crate::cells::{JoinHandle, Scenario, spawn};
use crate::proto::idle::{Parked, Spinning, Submitted};

/// A thread parks while one submits, for whom no other thread can be made, and the end comes: it is
/// told one thing, once.
pub(crate) const ENDS_AS_IT_PARKS: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let thread = spawn({
            let house = house.clone();
            move || {
                let orders = match house.idle.put_m(NonNull::from(&house.letters)) {
                    Parked::Idle => house.letters.take(),
                    Parked::LookAgain(p) => Some((p, Spinning::Yes)),
                    Parked::GoHome => None,
                };
                if let Some((p, spinning)) = orders {
                    house.worker("thread", p, spinning);
                }
            }
        });
        let submitter = spawn({
            let house = house.clone();
            move || {
                house.queues.put();
                if house.idle.submitted() == Submitted::Wake {
                    start_without_threads(&house);
                }
            }
        });
        for m in house.idle.close() {
            // SAFETY: the letter box lives as long as the house.
            unsafe { m.as_ref() }.give(None);
        }
        [thread, submitter].into_iter().for_each(JoinHandle::join);
        let found_by = house.found_by.lock().unwrap();
        found_by.first().map_or_else(|| "left".into(), |name| format!("found by {name}"))
    },
    outcomes: &["found by thread", "left"],
};
