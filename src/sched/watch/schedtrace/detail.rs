//! The lines about each P, M and G.

use core::fmt::{self, Display};
use std::collections::HashMap;

use super::block::Block;
use super::head;
use crate::sched::gmp::g::GRef;
use crate::sched::gmp::m::{M, MRef};
use crate::sched::gmp::p::P;
use crate::sched::gmp::schedt::Sched;
use crate::sched::gmp::wait::Place;
use crate::sched::watch::census::{Listed, State};
use crate::sched::watch::dump;
use crate::sched::watch::peeker::Peeker;
use crate::sched::watch::print::Rounded;

/// Adds the lines of all. Each line is true of some moment, and they are not all of the same one.
pub(super) fn write(sched: &Sched, block: &mut Block<'_, impl FnMut(&str)>) {
    let ms = Ms::of(sched);
    let gs = dump::each(sched, Peeker::without_stacks());
    let ids = gs.iter().map(|(g, listed)| (*g, listed.id)).collect();
    let is_stopped = head::is_world_wanted(sched);
    for p in sched.allp.iter() {
        block.line(PLine { p, m: ms.with_p(p.id), is_stopped });
    }
    for m in &ms.0 {
        block.line(MLine { m, ids: &ids });
    }
    for (g, listed) in &gs {
        let m = ms.with_g(*g).filter(|_| listed.runs());
        block.line(GLine { listed, m, locked_m: ms.locked_to(*g) });
    }
}

/// What was seen of an M.
struct Seen {
    m: MRef,
    p: Option<u32>,
    curg: Option<GRef>,
    lockedg: Option<GRef>,
    /// Whether its goroutine says that it blocks,
    says_so: bool,
    /// and whether its thread is asleep in the kernel.
    is_asleep: bool,
}

impl Seen {
    fn new(m: &M) -> Self {
        Self {
            m: MRef::new(m),
            p: m.lease.leased(),
            curg: m.running(),
            lockedg: m.peek_lockedg(),
            says_so: m.blocking().is_some(),
            is_asleep: false,
        }
    }

    fn blocks(&self) -> bool {
        self.says_so || self.is_asleep
    }
}

/// The Ms that there are.
struct Ms(Vec<Seen>);

impl Ms {
    fn of(sched: &Sched) -> Self {
        let mut all = Vec::new();
        sched.mlife.for_each(|m| all.push(Seen::new(m)));
        // Not in the lock: it asks the kernel.
        all.iter_mut().for_each(|seen| seen.is_asleep = seen.m.is_asleep());
        Self(all)
    }

    fn with_p(&self, p: u32) -> Option<&Seen> {
        self.0.iter().find(|seen| seen.p == Some(p))
    }

    fn with_g(&self, g: GRef) -> Option<&Seen> {
        self.0.iter().find(|seen| seen.curg == Some(g))
    }

    fn locked_to(&self, g: GRef) -> Option<&Seen> {
        self.0.iter().find(|seen| seen.lockedg == Some(g))
    }
}

/// A number, or Go's word for none.
struct OrNil<T>(Option<T>);

impl<T: Display> Display for OrNil<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("nil"),
        }
    }
}

fn id(seen: Option<&Seen>) -> OrNil<u32> {
    OrNil(seen.map(|seen| seen.m.id()))
}

struct PLine<'a> {
    p: &'a P,
    m: Option<&'a Seen>,
    is_stopped: bool,
}

impl PLine<'_> {
    /// Go's number: idle, running, with a goroutine that blocks, stopped.
    fn status(&self) -> u8 {
        match self.m {
            None if self.is_stopped => 3,
            None => 0,
            Some(m) if m.curg.is_some() && m.blocks() => 2,
            Some(_) => 1,
        }
    }
}

impl Display for PLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, status) = (self.p, self.status());
        write!(f, "  P{}: status={status} schedtick={} m={}", p.id, p.schedtick(), id(self.m))?;
        write!(f, " runqsize={} timerslen={}", p.runq.len(), p.timers.len())
    }
}

struct MLine<'a> {
    m: &'a Seen,
    ids: &'a HashMap<GRef, u64>,
}

impl Display for MLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { m: seen, ids } = self;
        let g = |g: Option<GRef>| OrNil(g.and_then(|g| ids.get(&g)));
        write!(f, "  M{}: p={} curg={}", seen.m.id(), OrNil(seen.p), g(seen.curg))?;
        write!(f, " spinning={} blocked={}", seen.m.peek_spins(), seen.blocks())?;
        write!(f, " lockedg={} tid={}", g(seen.lockedg), seen.m.tid())
    }
}

struct GLine<'a> {
    listed: &'a Listed,
    m: Option<&'a Seen>,
    locked_m: Option<&'a Seen>,
}

impl Display for GLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let g = self.listed;
        write!(f, "  G{}: status=", g.id)?;
        match g.state {
            State::Runnable if g.is_held_back => f.write_str("1(held back by a pause)")?,
            State::Runnable => f.write_str("1(ready to run)")?,
            State::Running if self.m.is_some_and(Seen::blocks) => f.write_str("3(blocks)")?,
            State::Running => f.write_str("2(runs)")?,
            State::Waits(wait, ns) | State::Sleeps(wait, ns) => {
                write!(f, "4({} for {})", wait.words(), Rounded(ns))?;
            }
        }
        write!(f, " m={} lockedm={}", id(self.m), id(self.locked_m))?;
        if let Some(tags) = &g.tags {
            tags.name().map_or(Ok(()), |name| write!(f, " name={name:?}"))?;
            tags.labels().iter().try_for_each(|(key, value)| write!(f, " {key:?}={value:?}"))?;
        }
        if let Some(at) = g.waits_at {
            write!(f, " at={}", Place(at))?;
        }
        write!(f, " started={}", Place(g.started_at))
    }
}
