//! The watcher: takes a P from a goroutine that has kept it for too long while others wait, and
//! gives the memory of unused stacks back (Go's `sysmon` and `retake`).
//!
//! It runs on a thread of its own, without a P. When every P is idle it sleeps for good, and whoever
//! starts one wakes it. A P whose goroutine blocks for long is taken though nobody waits for it, so that
//! it idles too. Where threads were refused the watcher tries again now and then.

use super::scarce::Tries;
use crate::base::list::List;
use crate::facade::now_ns;
use crate::proto::asleep;
use crate::proto::powner::Take;
use crate::proto::sysmonsleep::Watch;
use crate::sched::gmp::arena::Owner;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, G};
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::thread::handoffp::handoffp;
use crate::sched::thread::{netpoll, refused, start};
use crate::sched::work::{awaited, source, timers};

/// How often it looks when nobody says that he blocks.
const TICK_NS: u64 = 1_000_000;
/// How long one may block who says so, and how often it looks while one does (Go's number).
const GRACE_NS: u64 = 20_000;
/// So many looks in a row without one who blocks, and it looks half as often (Go's number).
const CALM_ROUNDS: u32 = 50;
/// How often it looks while goroutines block that do not say so and keep Ps from others.
const KEEN_NS: u64 = 50_000;
/// For how long nothing must have changed at a P until its thread is looked at, which costs a call into
/// the kernel. A thread that was found awake is looked at again ever more rarely.
const WAITED_FOR: Looks = Looks { first_ns: KEEN_NS, most_ns: TICK_NS };
/// The same for a P that nobody waits for.
const LEFT_ALONE: Looks = Looks { first_ns: 10_000_000, most_ns: 100_000_000 };
/// How often it gives stacks back.
const COOL_NS: u64 = 1_000_000_000;
/// How many at a time: it has other things to look at in between.
const AT_ONCE: usize = 256;

/// What the watcher knew of a P when it last saw something change there.
#[derive(Clone, Copy)]
struct Seen {
    schedtick: u32,
    blocking: Option<u32>,
    since_ns: u64,
    /// How long that was ago when the thread was last looked at.
    looked_after_ns: u64,
}

/// How often the thread of a P is looked at where nothing else changes.
struct Looks {
    first_ns: u64,
    most_ns: u64,
}

impl Seen {
    /// Nothing has changed for so long: whether the thread is to be looked at.
    fn is_look_due(&mut self, for_ns: u64, looks: &Looks) -> bool {
        let looked = self.looked_after_ns;
        let is_due = for_ns >= looked + looked.clamp(looks.first_ns, looks.most_ns);
        if is_due {
            self.looked_after_ns = for_ns;
        }
        is_due
    }
}

/// How often the watcher looks: soon again where goroutines block, then ever more slowly.
struct Pace {
    nap_ns: u64,
    calm_rounds: u32,
}

impl Pace {
    fn next(&mut self, blocks: Option<Blocks>) -> u64 {
        self.calm_rounds += 1;
        if let Some(blocks) = blocks {
            *self = Self { nap_ns: blocks.nap_ns(), calm_rounds: 0 };
        } else if self.calm_rounds >= CALM_ROUNDS {
            self.nap_ns = (2 * self.nap_ns).min(TICK_NS);
        }
        self.nap_ns
    }
}

/// A goroutine has just begun to block...
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Blocks {
    /// ... and was found to, while others wait for its P.
    Unsaid,
    /// ... and says so.
    Said,
}

impl Blocks {
    fn nap_ns(self) -> u64 {
        match self {
            Self::Unsaid => KEEN_NS,
            Self::Said => GRACE_NS,
        }
    }
}

/// The watcher's thread.
pub(crate) fn sysmon(sched: SchedRef) {
    let mut seen = Vec::new();
    let mut pace = Pace { nap_ns: TICK_NS, calm_rounds: 0 };
    let mut nap_ns = TICK_NS;
    let mut cooled_ns = now_ns();
    let mut tries = Tries::new(cooled_ns);
    let mut is_cooling = false;
    loop {
        refused::settle(&sched);
        end_a_vain_sleep(&sched);
        asleep::threads().count_in();
        let watch = if is_all_quiet(&sched) { rest(&sched) } else { sched.watcher.nap(nap_ns) };
        // By itself, though somebody may have woken it: it does nothing for one who sleeps by now. Where
        // it will, the count is one too low meanwhile (`refused::lacks`).
        asleep::threads().count_out();
        if watch == Watch::Over {
            return;
        }
        let now = now_ns();
        sched.clock.wind(now);
        nap_ns = pace.next(retake(sched, &mut seen, now));
        tries.look(sched, now);
        wait_for_time(sched);
        if awaited::are_unheard(&sched) {
            netpoll::poll_without_p(sched);
        }
        if now - cooled_ns >= COOL_NS {
            cooled_ns = now;
            is_cooling = true;
        }
        // A few at each tick: there may be a million, and Ps to be taken meanwhile.
        while is_cooling {
            is_cooling = give_back(&sched, sched.free.take_spare(AT_ONCE));
            if !is_all_quiet(&sched) {
                break;
            }
        }
    }
}

/// Has an M wait for time, if nobody does: all that would are busy with goroutines.
fn wait_for_time(sched: SchedRef) {
    if timers::are_forgotten(&sched) {
        start::start(sched, sched.idle.take_m().map(MRef::from_ptr), Orders::WaitForTime);
    }
}

/// Has the sleeper look again if what it waits for is gone: it is no sign of life.
fn end_a_vain_sleep(sched: &Sched) {
    if sched.sleeper.sleeps_in_vain(timers::earliest(sched), awaited::are_awaited(sched)) {
        sched.sleeper.wake();
    }
}

/// Sleeps while there is nothing to watch: for good, but for free slots that may be given back later.
fn rest(sched: &Sched) -> Watch {
    let is_busy = || {
        sched.clock.stop();
        !is_all_quiet(sched)
    };
    if sched.free.is_empty() {
        sched.watcher.sleep(is_busy)
    } else {
        sched.watcher.doze(COOL_NS, is_busy)
    }
}

/// Whether there is nothing to watch: every P idles, and not for want of a thread.
pub(crate) fn is_all_quiet(sched: &Sched) -> bool {
    sched.idle.procs_idle() == sched.allp.len() && !sched.idle.is_short() && !*sched.lacks.lock()
}

/// Gives the memory of free slots back, for good; false if there were none.
pub(crate) fn give_back(sched: &Sched, free: List<G>) -> bool {
    // SAFETY: taken out of the list.
    unsafe { g::give_back(free, sched.config.stack, Owner::new(sched)) }
}

/// Takes every P that one goroutine keeps for too long. Says whether some goroutine has just begun to
/// block.
fn retake(sched: SchedRef, seen: &mut Vec<Seen>, now_ns: u64) -> Option<Blocks> {
    let unseen = Seen { schedtick: u32::MAX, blocking: None, since_ns: now_ns, looked_after_ns: 0 };
    seen.resize(sched.allp.len() as usize, unseen);
    let mut blocks = None;
    for (p, seen) in sched.allp.iter().map(PRef::new).zip(seen) {
        let blocking = p.owner().and_then(|m| m.blocking());
        let now = Seen { schedtick: p.schedtick(), blocking, ..unseen };
        let is_news = (now.schedtick, now.blocking) != (seen.schedtick, seen.blocking);
        if is_news {
            *seen = now;
        }
        let for_ns = now_ns - seen.since_ns;
        // Later its P has been taken, and looking often is of no use to anybody.
        if blocking.is_some() && for_ns <= TICK_NS {
            blocks = Some(Blocks::Said);
        }
        if is_news {
            continue;
        }
        let Some(why) = keeps_too_long(&sched, p, seen, for_ns) else { continue };
        // Refused: it is nobody's now. Asked: it is given up as soon as its goroutine leaves the
        // runtime.
        if take(sched, p) == Take::Taken {
            *seen = Seen { since_ns: now_ns, looked_after_ns: 0, ..*seen };
            blocks = blocks.max((why == Why::Asleep).then_some(Blocks::Unsaid));
        }
    }
    blocks
}

/// Why a P is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Its goroutine has had it for long enough, or says that it blocks.
    Enough,
    /// Its goroutine is asleep in the kernel, and others wait.
    Asleep,
}

/// Whether a P is to be taken whose goroutine has run for so long. A goroutine that says that it
/// blocks has little time, and one that is asleep in the kernel has not much more; one that computes
/// has a quantum.
fn keeps_too_long(sched: &Sched, p: PRef, seen: &mut Seen, for_ns: u64) -> Option<Why> {
    if !source::waits_for(sched, p) {
        return blocks_for_long(p, seen, for_ns).then_some(Why::Enough);
    }
    let has_had_enough = for_ns >= sched.config.quantum_ns
        || p.runs_idle_class()
        || seen.blocking.is_some() && for_ns >= GRACE_NS;
    if has_had_enough {
        return Some(Why::Enough);
    }
    (seen.is_look_due(for_ns, &WAITED_FOR) && is_asleep(p)).then_some(Why::Asleep)
}

/// Whether a P that nobody waits for is with a goroutine that blocks. It does not need the P, which runs
/// at once what may come; and when all Ps idle the watcher can sleep. A goroutine that computes keeps
/// its P.
fn blocks_for_long(p: PRef, seen: &mut Seen, for_ns: u64) -> bool {
    match seen.blocking {
        Some(_) => for_ns >= TICK_NS,
        None => seen.is_look_due(for_ns, &LEFT_ALONE) && is_asleep(p),
    }
}

fn is_asleep(p: PRef) -> bool {
    p.owner().is_some_and(|m| m.is_asleep())
}

/// Takes a P whose goroutine is in user code, and hands it on.
pub(crate) fn take(sched: SchedRef, p: PRef) -> Take {
    let taken = p.owner().map_or(Take::Refused, |m| m.lease.take(p.id));
    if taken == Take::Taken {
        sched.say(|| Event::Taken(p.id));
        handoffp(sched, p);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_soon_again_after_one_who_blocks_and_then_ever_more_rarely() {
        let mut pace = Pace { nap_ns: TICK_NS, calm_rounds: 0 };
        assert_eq!(pace.next(None), TICK_NS);
        assert_eq!(pace.next(Some(Blocks::Said)), GRACE_NS);
        assert_eq!(pace.next(Some(Blocks::Unsaid)), KEEN_NS);
        let naps: Vec<_> = (0..CALM_ROUNDS + 10).map(|_| pace.next(None)).collect();
        assert!(naps[..CALM_ROUNDS as usize - 1].iter().all(|&nap| nap == KEEN_NS));
        assert!(naps.is_sorted());
        assert_eq!(naps.last(), Some(&TICK_NS));
    }

    #[test]
    fn a_thread_that_is_found_awake_is_looked_at_again_within_a_bound() {
        for looks in [WAITED_FOR, LEFT_ALONE] {
            let mut seen = Seen { schedtick: 0, blocking: None, since_ns: 0, looked_after_ns: 0 };
            let times = (0..20 * looks.most_ns).step_by(10_000);
            let due: Vec<_> = times.filter(|&ns| seen.is_look_due(ns, &looks)).collect();
            assert_eq!(due[0], looks.first_ns);
            assert!(due.windows(2).all(|two| two[1] - two[0] <= looks.most_ns), "{due:?}");
            assert!(due.len() <= 20 + 10, "it costs little: {due:?}");
        }
    }
}
