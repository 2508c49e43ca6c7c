//! The scheduler: the verbs on goroutines, threads and processors, composed from `proto`.
//!
//! No ordering is written here, and a word is shared only through a protocol.
//!
//! # Rooms
//!
//! Five folders, each of which imports only from those above it:
//!
//! | room | what lives there |
//! |---|---|
//! | [`gmp`] | what there is: the four types that name each other, where stacks lie, marks |
//! | [`work`] | where work is: the one list of sources, queues, ways to take from them |
//! | [`thread`] | what an M does: start, park, hand a P on, answer a stop, run goroutines, end |
//! | [`goroutine`] | what a goroutine does: be born, enter the runtime, wait, ready another, spend |
//! | [`watch`] | who oversees: the watcher, stops and pauses, deadlocks, the beginning and the end |
//!
//! Within a room the imports form no circle, except between G, M, P and the scheduler in [`gmp`].
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | G | a goroutine: its stack, with its header at the top ([`gmp::g`]) |
//! | M | an operating-system thread that runs goroutines ([`gmp::m`]) |
//! | P | a processor: the right to run goroutines, with a queue of them ([`gmp::p`]) |
//! | g0 | an M's own stack, where the scheduler runs |
//! | runq, globrunq, runnext | a P's queue, the shared one, the goroutine that runs next |
//! | spinning, nmspinning | an M without work looks for some; the number of such Ms |
//! | npidle, needspinning | the number of idle Ps; the mark of a wake-up that found none |
//! | startm, stopm, newm, mstart | start, park, create, be an M |
//! | acquirep, releasep | an M gets, gives up a P |
//! | wakep | start an M for work that was just queued, unless an M looks for work already |
//! | gopark, goready | a goroutine waits; its wait is ended (here [`section::Section::park`], [`goroutine::ready`]) |
//! | goexit | a goroutine's end |
//! | sysmon, retake | the watcher: the thread that takes Ps from goroutines that keep them too long; its step |
//! | handoffp | hand on a P that its owner cannot run |
//! | stop-the-world, gcwaiting, stopwait | one caller gets every P; `wanted` and `left` in `proto/stop` |
//! | forEachP, safe-point function | a function that runs once for each P, by its owner |
//! | procresize | another number of Ps |
//! | lockedm, lockedg; stoplockedm, startlockedm | a goroutine and an M wired to each other; the M waits, is handed a P |
//! | allm, freem, mexit | the Ms there are, the records of ended Ms, an M's end |
//! | template thread | makes Ms for a thread whose own state must not be inherited |
//! | checkTimers, runtimer | running the timers of a P that are due ([`work::timers`]) |
//! | timeSleepUntil, pollUntil | the earliest deadline of all Ps; until when the sleeper sleeps |
//! | sleeper | the one M, without a P, that waits for time ([`thread::sleeper`]); Go's blocking `netpoll` |
//! | checkdead | noticing that nothing can ever happen again ([`deadlock`]) |
//!
//! # A goroutine's way
//!
//! [`spawn`] makes it on a free slot and queues it; [`thread::find`] takes it from a queue;
//! [`thread::schedule`] runs it until it leaves its stack with an [`After`](gmp::leave::After) that
//! says why.

pub(crate) mod gmp;
mod goroutine;
mod thread;
mod watch;
mod work;

// What the layer above names.
pub(crate) use gmp::{
    arena, event, fork, g, marks, measures, pd, schedt, tags, task, unwanted, wait,
};
pub(crate) use goroutine::{
    alarm, blocking, here, idling, inqueue, nap, osthread, polled, section, spawn, step, virtually,
};
#[cfg(test)]
#[allow(unused_imports, reason = "only the models ask")]
pub(crate) use thread::start;
pub(crate) use watch::{
    atfork, boot, census, deadlock, dump, end, lines, metrics, pause, sysmon, trace, world,
};
