//! Taking the kernel's events, and queueing the goroutines that they ready (Go's `netpoll`, `injectglist`).

use super::outside::ready_from_outside;
use super::start;
use crate::base::list::List;
use crate::facade::{Event, events};
use crate::proto::gstatus::Readied;
use crate::proto::pollbreak::Added;
use crate::proto::runq::Next;
use crate::sched::gmp::event::Event as Happens;
use crate::sched::gmp::g::{self, G, Waker};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::pd::Pd;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::work::{awaited, faketime, queue};

/// Makes sure that somebody hears of events, if they are awaited and a P is idle.
pub(crate) fn ensure_heard(sched: SchedRef) {
    if awaited::open_ears(&sched) == Added::Nobody {
        start::wakep(sched);
    }
}

/// Takes what is there, and queues the goroutines at the caller's P. Does not wait. Returns how many.
pub(crate) fn poll(sched: SchedRef, p: PRef) -> usize {
    put(&sched, p, harvest(sched))
}

/// The same, but queues them behind all that wait in the shared queue. A P that always has work of its own
/// looks at events more often than at that queue: what it put into its own would come first each time.
pub(super) fn poll_in_turn(sched: SchedRef) -> usize {
    queue::put_shared_all(&sched, harvest(sched))
}

/// The same for one who has no P.
pub(crate) fn poll_without_p(sched: SchedRef) {
    inject(sched, harvest(sched));
}

/// Takes what is there before a virtual clock moves on, so that what a goroutine has written comes before what
/// its reader's time-out would do. Called by one who still counts as able to run.
pub(crate) fn poll_before_a_jump(sched: SchedRef) {
    if sched.faketime.is_some() && awaited::are_awaited(&sched) {
        poll_without_p(sched);
    }
}

/// Queues goroutines where every P finds them.
pub(super) fn inject(sched: SchedRef, ready: List<G>) {
    for _ in 0..queue::put_shared_all(&sched, ready) {
        start::wakep(sched);
    }
}

/// Queues goroutines at the caller's P. Returns how many.
pub(super) fn put(sched: &Sched, p: PRef, mut ready: List<G>) -> usize {
    let mut count = 0;
    while let Some(g) = ready.pop_front() {
        queue::put(sched, p, g, Next::No);
        count += 1;
    }
    count
}

/// Takes what is there. Goroutines of this scheduler are for the caller to queue; all others are woken.
fn harvest(sched: SchedRef) -> List<G> {
    let mut ready = List::new();
    take_all(sched, &mut ready);
    say(sched, &ready);
    ready
}

/// The same for the sleeper, who has taken something in its sleep.
pub(super) fn harvest_heard(sched: SchedRef) -> List<G> {
    let mut ready = List::new();
    if sched.sleeper.take_heard(|event| tell(sched, event, &mut ready)) {
        take_all(sched, &mut ready);
    }
    say(sched, &ready);
    ready
}

/// Says how many goroutines the kernel's events ready.
fn say(sched: SchedRef, ready: &List<G>) {
    if !ready.is_empty() {
        sched.say(|| Happens::Polled(u32::try_from(ready.len()).unwrap_or(u32::MAX)));
    }
}

fn take_all(sched: SchedRef, ready: &mut List<G>) {
    // Progress: each turn takes a batch of what has happened; a kernel that is faster than that is none.
    while events::take(|event| tell(sched, event, ready)) {}
}

fn tell(sched: SchedRef, event: Event, ready: &mut List<G>) {
    Pd::tell(event, |waker| wake(sched, waker, ready));
}

fn wake(sched: SchedRef, waker: Waker, ready: &mut List<G>) {
    match waker {
        Waker::Goroutine(g) if g::header(g).sched == sched => {
            sched.say(|| Happens::Readied(g));
            // Not ready yet: its M has not left it, and runs it again.
            if g::header(g).status.ready() == Readied::Won {
                faketime::enter(&sched);
                ready.push_back(g);
            }
        }
        Waker::Goroutine(g) => ready_from_outside(g, g::header(g).sched),
        Waker::Thread(note) => note.wakeup(),
        Waker::Task(_) => crate::base::throw!("a task waits for a descriptor"),
    }
}
