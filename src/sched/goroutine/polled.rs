//! Waiting until it is worth trying an operation on a descriptor again.

use std::fmt::Display;
use std::io;
use std::os::fd::RawFd;

use super::here::Here;
use super::virtually;
use crate::facade::Ordering::Relaxed;
use crate::facade::process::Global;
use crate::machine::{poll, signal};
use crate::proto::claim::Claim;
use crate::proto::note::Sleep;
use crate::proto::pollsema::{Look, Queued};
use crate::proto::timers::NEVER;
use crate::proto::waitq::Waiter;
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::pd::{Pd, Way};
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::gmp::wait::{Abandon, Site, Wait};

/// The case of a claim that an event wins.
const READY: u32 = 0;

/// Whether this code is on a goroutine that can wait for events, and the kernel tells us of some.
pub(crate) fn can_park() -> bool {
    let can_hear = match Here::arrive() {
        Here::Goroutine(section) => section.m().sched.sleeper.can_hear(),
        Here::Thread(_) => return false,
    };
    if !can_hear {
        say_unheard(&"it refused an eventfd when the runtime started");
    }
    can_hear
}

/// Says, once in this process, that waits hold threads, and why.
#[cold]
pub(crate) fn say_unheard(why: &dyn Display) {
    static SAID: Global<()> = Global::new();
    SAID.init(|| {
        let text = format!(
            "gosched: the kernel does not tell of events ({why}), so a goroutine that waits for a socket or \
             another descriptor holds a thread\n"
        );
        signal::write_stderr(text.as_bytes());
    });
}

/// Waits for an event that came after `look`, until `deadline_ns`; `NEVER` is no deadline. On a goroutine.
/// It may come back for no reason.
pub(crate) fn park(pd: &'static Pd, way: Way, look: Look, deadline_ns: u64, at: Site) -> Sleep {
    let mut here = Here::arrive();
    let Here::Goroutine(section) = &here else { return Sleep::Woken };
    let awaited = Awaited::begin(section.m().sched);
    let why = (reason(way), at);
    let slept = if deadline_ns == NEVER {
        let waiter = Waiter::new(look, here.waker());
        wait(&mut here, &Node { pd, way, waiter: &waiter }, look, |here, node| {
            here.park(why.0, why.1, node);
            Sleep::Woken
        })
    } else {
        let claim = Claim::new();
        let waiter = Waiter::claimed(look, here.waker(), &claim, READY);
        wait(&mut here, &Node { pd, way, waiter: &waiter }, look, |here, node| {
            here.park_until(deadline_ns, &claim, why, node)
        })
    };
    drop(awaited);
    slept
}

fn reason(way: Way) -> Wait {
    match way {
        Way::Input => Wait::Input,
        Way::Output => Wait::Output,
    }
}

/// Queues, and parks; takes the node out if the time was up.
fn wait(
    here: &mut Here,
    node: &Node<'_>,
    look: Look,
    park: impl FnOnce(&mut Here, &Node<'_>) -> Sleep,
) -> Sleep {
    let sema = node.pd.way(node.way);
    // SAFETY: the node stays where it is until it was woken, or withdrawn below, or for ever.
    if unsafe { sema.queue(node.waiter, look) } == Queued::No {
        return Sleep::Woken;
    }
    let slept = park(here, node);
    if slept == Sleep::TimedOut {
        drop(sema.withdraw(node.waiter));
    }
    slept
}

/// A goroutine that waits for a descriptor is counted, from before it queues until it runs again.
///
/// Nobody is told: its M looks for events itself if it finds nothing else to run, and the watcher does if it
/// does. To tell the sleeper at each wait would wake a thread for each message.
struct Awaited(SchedRef);

impl Awaited {
    fn begin(sched: SchedRef) -> Self {
        // Relaxed: its M, which reads it before it parks, has written it; others may see it late.
        sched.awaited.fetch_add(1, Relaxed);
        Self(sched)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // Relaxed: a hint from here on.
        self.0.awaited.fetch_sub(1, Relaxed);
    }
}

/// A wait for a descriptor. An event tells all who wait, so nothing is passed on.
struct Node<'a> {
    pd: &'static Pd,
    way: Way,
    waiter: &'a Waiter<Look, Waker>,
}

impl Abandon for Node<'_> {
    fn abandon(&self) {
        if let Some(waker) = self.pd.way(self.way).withdraw(self.waiter) {
            waker.abandon();
        }
    }
}

/// Waits with the thread until an operation on `fd` is worth trying, until `deadline_ns`.
pub(crate) fn block(fd: RawFd, way: Way, deadline_ns: u64) -> io::Result<Sleep> {
    let at_most_ns =
        (deadline_ns != NEVER).then(|| deadline_ns.saturating_sub(virtually::now_ns()));
    let what = match way {
        Way::Input => poll::input(fd),
        Way::Output => poll::output(fd),
    };
    let is_late = poll::sleep(&mut [what], at_most_ns)?;
    Ok(if is_late { Sleep::TimedOut } else { Sleep::Woken })
}
