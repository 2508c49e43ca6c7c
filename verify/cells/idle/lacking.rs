//! No thread can be had, or the one there is sleeps: what was left to it is owed.

use core::ptr::NonNull;

use super::house::{Found, House, Orders, unclaim};
use super::queues::{Count, Queues};
use crate::cells::{JoinHandle, Scenario, spawn};
use crate::proto::idle::{Claim, Dropped, Parked, Spinning, Submitted, Unclaimed};

/// A thread that sleeps between its processors.
// MIRRORS park::stopm b1d7242c
// MIRRORS park::obey de126d37
fn sleeper(house: &House<Count>, first: Orders) {
    let mut orders = first;
    loop {
        if let Some((p, spinning)) = orders {
            house.worker("sleeper", p, spinning);
            if !house.held.lock().unwrap().is_empty() {
                return;
            }
        }
        orders = match house.idle.put_m(NonNull::from(&house.letters)) {
            Parked::Idle => house.letters.take(),
            Parked::LookAgain(p) => Some((p, Spinning::Yes)),
            Parked::GoHome => return,
        };
    }
}

/// `startm` where no thread can be made.
// MIRRORS start::startm 60acd228
// MIRRORS refused::undo 66d094db
pub(super) fn start_without_threads(house: &House<Count>) {
    if let Some(claim) = house.idle.claim()
        && let Some(m) = claim.m.or_else(|| unclaim(&house.idle, claim.p))
    {
        // SAFETY: the letter box lives as long as the house.
        unsafe { m.as_ref() }.give(Some((claim.p, Spinning::Yes)));
    }
}

/// The only thread stops spinning and goes to sleep for real; no other can be made. Lost work is a
/// deadlock.
pub(crate) const SLEEPER: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let p = house.boot(Spinning::Yes);
        let thread = spawn({
            let house = house.clone();
            move || sleeper(&house, Some((p, Spinning::Yes)))
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_without_threads(&house);
        }
        thread.join();
        house.end()
    },
    outcomes: &["found by sleeper"],
};

/// A wake-up whose goroutine somebody has taken covers another one; then no thread can be made for
/// it, while the only one there is is about to park.
pub(crate) const FAILED_START: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let thread = spawn({
            let house = house.clone();
            move || sleeper(&house, None)
        });
        let waker = spawn({
            let house = house.clone();
            move || start_without_threads(&house)
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_without_threads(&house);
        }
        waker.join();
        thread.join();
        house.end()
    },
    outcomes: &["found by sleeper"],
};

/// `refused::undo`: no thread can be made, and all there are keep to work of their own: whoever fails
/// to start one hands the processor to the thread that the work waits for, which runs it.
// MIRRORS refused::undo 66d094db
// MIRRORS refused::owe d1f0451d
fn start_who_never_parks(house: &House<Count>, name: &'static str) {
    let mut claim = house.idle.claim();
    while let Some(Claim { p, .. }) = claim {
        house.touch(p);
        if house.queues.take(p) {
            return house.run(name, p, Spinning::Yes);
        }
        let Unclaimed::Idle(debt) = house.idle.unclaim(p, Spinning::Yes, || false) else {
            panic!("none parks, and nobody asks");
        };
        claim = if house.queues.has_work() {
            house.idle.claim_owed()
        } else {
            house.idle.forgive(debt);
            None
        };
    }
}

/// A wake-up whose goroutine somebody has taken covers another one; then no thread can be made for
/// it, and none parks.
pub(crate) const NEVER_PARKS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let waker = spawn({
            let house = house.clone();
            move || start_who_never_parks(&house, "waker")
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_who_never_parks(&house, "submitter");
        }
        waker.join();
        house.end()
    },
    outcomes: &["found by submitter", "found by waker"],
};

/// A spinner gives its processor up because the world is stopped; whoever starts that knows of it,
/// and looks. One thread plays both.
// MIRRORS answer::leave_the_look 6c051a0c
// MIRRORS world::drop 38fb65e8
pub(crate) const STOPS_FOR_THE_WORLD: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let p = house.boot(Spinning::Yes);
        let submitter = spawn({
            let house = house.clone();
            move || {
                house.queues.put();
                house.wakep();
            }
        });
        house.idle.found_work();
        match house.idle.drop_p(p, || false) {
            Dropped::LookAgain => house.worker("starter", p, Spinning::Yes),
            Dropped::Idle => {
                house.idle.take_on_looks();
                if house.queues.has_work()
                    && let Some(p) = house.idle.take_p(Spinning::Yes)
                {
                    house.worker("starter", p, Spinning::Yes);
                }
            }
            Dropped::Asked => unreachable!("nobody asks"),
        }
        submitter.join();
        house.end()
    },
    outcomes: &["found by new", "found by starter"],
};

/// `refused::undo`, where nobody could run the work: the look stays owed if there is any.
// MIRRORS refused::owe d1f0451d
fn start_in_vain(house: &House<Count>) {
    let Some(claim) = house.idle.claim() else { return };
    house.touch(claim.p);
    let Unclaimed::Idle(debt) = house.idle.unclaim(claim.p, Spinning::Yes, || false) else {
        panic!("none parks, and nobody asks");
    };
    if !house.queues.has_work() {
        house.idle.forgive(debt);
    }
}

/// Two wake-ups fail one after the other, and only the first saw that nothing waits.
pub(crate) const FORGIVEN: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let others = [(); 2].map(|()| {
            let house = house.clone();
            spawn(move || start_in_vain(&house))
        });
        house.queues.put();
        if house.idle.submitted() == Submitted::Wake {
            start_in_vain(&house);
        }
        others.into_iter().for_each(JoinHandle::join);
        let claim = house.idle.claim_owed().expect("work waits");
        house.worker("retry", claim.p, Spinning::Yes);
        house.end()
    },
    outcomes: &["found by retry"],
};

/// No thread can be made for a wake-up that covers another one; then one can, for whoever tries again.
pub(crate) const RETRY: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1, Count::new(), Found::Late);
        let p = house.idle.claim().expect("idle at first").p;
        let submitter = spawn({
            let house = house.clone();
            move || {
                house.queues.put();
                house.wakep();
            }
        });
        assert!(unclaim(&house.idle, p).is_none(), "none parks");
        if let Some(claim) = house.idle.claim_owed() {
            house.worker("retry", claim.p, Spinning::Yes);
        }
        submitter.join();
        house.end()
    },
    outcomes: &["found by new", "found by retry"],
};
