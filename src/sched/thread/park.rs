//! Parking Ms, and what a woken M does.

use core::ops::ControlFlow;

use super::sleeper::{self, Slept};
use crate::base::throw_unless;
use crate::proto::idle::{Parked, Spinning};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::m::{MRef, Orders};

/// Parks an M that has no P, until it gets one.
pub(crate) fn stopm(m: MRef) -> ControlFlow<()> {
    throw_unless!(!m.has_p(), "stopm: this M has a P");
    throw_unless!(m.spinning() == Spinning::No, "stopm: this M spins");
    m.sched.say(|| Event::ThreadParks);
    let orders = match m.sched.idle.put_m(m.as_ptr()) {
        Parked::Idle => m.orders.take(),
        Parked::LookAgain(p) => Orders::Run(m.sched.p(p), Spinning::Yes),
        Parked::GoHome => Orders::GoHome,
    };
    m.sched.say(|| Event::ThreadWakes);
    obey(m, orders)
}

/// Takes a P as ordered, or ends.
pub(crate) fn obey(m: MRef, orders: Orders) -> ControlFlow<()> {
    match orders {
        Orders::Run(p, spinning) => {
            m.set_spinning(spinning);
            m.acquirep(p);
            ControlFlow::Continue(())
        }
        Orders::WaitForTime => match sleeper::sleep(m) {
            Slept::WithP => ControlFlow::Continue(()),
            Slept::WithoutP => stopm(m),
        },
        Orders::GoHome => ControlFlow::Break(()),
    }
}
