//! Work is submitted while spinners stop.

use core::ptr::NonNull;

use super::house::{Found, House};
use super::queues::{Count, G, Rings};
use crate::cells::{JoinHandle, Scenario, spawn};
use crate::proto::idle::Spinning;
use crate::proto::runq::{Next, Runq};

/// The last spinner stops while a thread without a processor submits.
pub(crate) const LAST_SPINNER_STOPS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let p = house.boot(Spinning::Yes);
        let spinner = spawn({
            let house = house.clone();
            move || house.quit("spinner", p, Spinning::Yes)
        });
        house.submit();
        spinner.join();
        house.end()
    },
    outcomes: &["found by new", "found by spinner"],
};

/// The same with real rings, where a queue's own Release store is all that the fence could be
/// confused with: the submitter's goroutine runs on, so that only a thief can help.
pub(crate) const THIEF_STOPS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2, Rings([Runq::new(), Runq::new()]), Found::Late);
        let own = house.boot_running();
        let p = house.boot(Spinning::Yes);
        let thief = spawn({
            let house = house.clone();
            move || house.quit("thief", p, Spinning::Yes)
        });
        let g = NonNull::from(Box::leak(Box::new(G(None))));
        assert!(house.queues.0[own as usize].put(g, Next::No).is_none());
        house.wakep();
        thief.join();
        // SAFETY: it came from a box, and nobody dereferences it any more.
        let _: Box<G> = unsafe { Box::from_raw(g.as_ptr()) };
        house.end()
    },
    outcomes: &["found by new", "found by thief"],
};

/// A thread that was not let spin gives up the only processor, without a last look, while another
/// submits.
pub(crate) const NO_LAST_LOOK: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let p = house.boot(Spinning::No);
        let quitter = spawn({
            let house = house.clone();
            move || house.quit("quitter", p, Spinning::No)
        });
        house.submit();
        quitter.join();
        house.end()
    },
    outcomes: &["found by new", "found by quitter"],
};

/// Two goroutines are submitted to one spinner, and each needs a processor.
pub(crate) const BATCH: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2, Count::new(), Found::AtOnce);
        let p = house.boot(Spinning::Yes);
        let spinner = spawn({
            let house = house.clone();
            move || house.quit("spinner", p, Spinning::Yes)
        });
        for _ in 0..2 {
            house.submit();
        }
        spinner.join();
        house.end()
    },
    outcomes: &["found by new, new", "found by new, spinner", "found by spinner, new"],
};

/// Two spinners stop while a third thread submits: only the last of them fences.
pub(crate) const TWO_SPINNERS_STOP: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(4, Count::new(), Found::Late);
        house.boot_running();
        house.boot_running();
        let spinners = ["first", "second"].map(|name| {
            let p = house.boot(Spinning::Yes);
            let house = house.clone();
            spawn(move || house.quit(name, p, Spinning::Yes))
        });
        house.submit();
        spinners.into_iter().for_each(JoinHandle::join);
        house.end()
    },
    outcomes: &["found by first", "found by new", "found by second"],
};

/// A spinner stops, and another thread takes the processor that it gave up and gives it up again
/// without a look, while a third submits: the spinner saw the goroutine, and no processor.
pub(crate) const PROCESSOR_IS_GONE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let p = house.boot(Spinning::Yes);
        let spinner = spawn({
            let house = house.clone();
            move || house.quit("spinner", p, Spinning::Yes)
        });
        let returner = spawn({
            let house = house.clone();
            move || {
                if let Some(p) = house.idle.take_p(Spinning::No) {
                    house.quit("returner", p, Spinning::No);
                }
            }
        });
        house.submit();
        spinner.join();
        returner.join();
        house.end()
    },
    outcomes: &["found by new", "found by returner", "found by spinner"],
};
