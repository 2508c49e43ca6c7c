//! The scheduler: the verbs on goroutines, threads and processors, composed from `proto`.
//!
//! No ordering is written here, and no word is shared but through a protocol.
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | G | a goroutine: its stack, with its header at the top ([`g`]) |
//! | M | an operating-system thread that runs goroutines ([`m`]) |
//! | P | a processor: the right to run goroutines, with a queue of them ([`p`]) |
//! | g0 | an M's own stack, where the scheduler runs |
//! | runq, globrunq, runnext | a P's queue, the shared one, the goroutine that runs next |
//! | spinning, nmspinning | of an M without work: looking for some; how many do |
//! | npidle, needspinning | idle Ps; a wake-up found none |
//! | startm, stopm, newm, mstart | start, park, create, be an M |
//! | acquirep, releasep | an M gets, gives up a P |
//! | wakep | start an M for work that was just queued, if nobody will see it |
//! | gopark, goready | a goroutine waits; ends another's wait (here [`section::Section::park`], [`ready`]) |
//! | goexit | a goroutine's end |
//! | checkdead | noticing that nothing can ever happen again ([`deadlock`]) |
//! | sysmon, retake | the thread that takes Ps from goroutines that keep them too long |
//! | handoffp | hand on a P that its owner cannot run |
//! | stop-the-world, gcwaiting, stopwait | one caller gets every P; `wanted` and `left` in `proto/stop` |
//! | forEachP, safe-point function | a function that runs once for each P, by its owner |
//! | procresize | another number of Ps |
//! | lockedm, lockedg; stoplockedm, startlockedm | a goroutine and an M wired to each other; the M waits, is handed a P |
//! | allm, freem, mexit | the Ms there are, the records of those that were, an M's end |
//! | template thread | makes Ms for threads whose own state must not be passed on |
//! | checkdead | noticing that nothing can ever happen again ([`deadlock`]) |
//!
//! # A goroutine's way
//!
//! [`spawn`] makes it on a free slot and queues it; [`find`] takes it from a queue; [`schedule`]
//! runs it until it leaves its stack with an [`After`](leave::After) that says why.

pub(crate) mod arena;
mod atfork;
pub(crate) mod blocking;
pub(crate) mod boot;
pub(crate) mod budget;
pub(crate) mod census;
pub(crate) mod deadlock;
mod entry;
mod exit;
mod find;
pub(crate) mod fork;
pub(crate) mod g;
mod guards;
mod handoffp;
pub(crate) mod here;
mod leave;
pub(crate) mod lockedm;
mod m;
mod newm;
mod overflow;
mod p;
pub(crate) mod pause;
mod queue;
mod ready;
mod region;
pub(crate) mod schedt;
mod schedule;
pub(crate) mod section;
mod slot;
pub(crate) mod spawn;
mod steal;
pub(crate) mod sysmon;
pub(crate) mod wait;
pub(crate) mod wake;
mod work;
pub(crate) mod world;
