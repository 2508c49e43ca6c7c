//! A goroutine's birth.

use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use super::entry::goroutine_main;
use super::section::Section;
use crate::facade::{Ordering::Relaxed, panicking};
use crate::proto::{freelist::Local, runq::Next};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, Body, G, GClass, GRef, Name, Panic};
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::gmp::tags::Tags;
use crate::sched::gmp::wait::{Fate, Site};
use crate::sched::gmp::{arena, fork};
use crate::sched::thread::start;
use crate::sched::work::{faketime, queue};

/// What is said of a goroutine when it is started.
#[derive(Clone, Copy)]
pub(crate) struct Birth<'a> {
    pub(crate) class: GClass,
    /// Where it is started.
    pub(crate) at: Site,
    /// What is told if it never ends. Stays in place until it has ended.
    pub(crate) fate: NonNull<dyn Fate>,
    /// Its name and labels; `None` for those that it inherits.
    pub(crate) tags: Option<&'a Arc<Tags>>,
}

/// Starts a goroutine that runs `f` in `sched`.
///
/// `f` must not panic, with the exception that [`crate::facade::owns_panics`] names.
///
/// # Errors
///
/// If there is no memory for its stack.
pub(crate) fn spawn<F>(sched: SchedRef, birth: Birth<'_>, f: F) -> io::Result<()>
where
    F: FnOnce() -> Result<(), Panic> + Send + 'static,
{
    if !g::is_placed::<F>() {
        return spawn_placed(sched, birth, Box::new(f));
    }
    spawn_placed(sched, birth, f)
}

fn spawn_placed<F>(sched: SchedRef, birth: Birth<'_>, f: F) -> io::Result<()>
where
    F: FnOnce() -> Result<(), Panic> + Send + 'static,
{
    match Section::enter() {
        Some(here) if here.g().sched == sched => spawn_here(here, birth, f),
        here => {
            drop(here); // a goroutine of another runtime: what `f` captured may be dropped below
            spawn_outside(sched, birth, f)
        }
    }
}

/// From a goroutine of the same runtime: on its P.
fn spawn_here<F>(mut here: Section, birth: Birth<'_>, f: F) -> io::Result<()>
where
    F: FnOnce() -> Result<(), Panic> + Send + 'static,
{
    let p = here.p();
    let sched = here.m().sched;
    let g = match p.own(|own| sched.free.get(&mut own.free)) {
        Some(g) => g,
        None => match new_slot(sched) {
            Ok(g) => g,
            Err(error) => {
                drop(here); // before `f`: what it captured is the user's, and may wake others
                return Err(error);
            }
        },
    };
    let name = Name { id: p.own(|own| own.next_id(sched)), started_at: birth.at, fate: birth.fate };
    // SAFETY: the slot is dead and ours.
    unsafe { g::header(g).bear(name, f, call::<F>, goroutine_main) };
    g::header(g).set_class(birth.class);
    tag(g, Some(here.g()), birth.tags);
    sched.say(|| Event::Made(g));
    p.count_born();
    faketime::enter(&sched);
    if p.runq.waiting() >= CONGESTED
        && birth.class == GClass::Normal
        && !panicking()
        && here.m().lockedg().is_none()
    {
        here.run_first(g);
    } else {
        queue::put(&sched, p, g, Next::Yes);
        start::wakep(sched);
    }
    Ok(())
}

/// If so many goroutines are queued on a P, a goroutine that is made there runs before its maker. A
/// queue is served in order, so a tree of goroutines unfolds level by level, and each has a stack
/// that lies cold until its turn comes. From this number on the tree unfolds depth first, on few
/// stacks, and those are warm (measured: RESEARCH.md). The queued goroutines get their turn when a
/// time slice ends.
const CONGESTED: usize = crate::sched::gmp::p::RUNQ_LEN / 4;

/// From anywhere else: into the shared queue.
fn spawn_outside<F>(sched: SchedRef, birth: Birth<'_>, f: F) -> io::Result<()>
where
    F: FnOnce() -> Result<(), Panic> + Send + 'static,
{
    if sched.is_gone() {
        fork::gone();
    }
    let mut local = Local::new();
    let found = sched.free.get(&mut local);
    sched.free.flush(&mut local);
    let g = match found {
        Some(g) => g,
        None => new_slot(sched)?,
    };
    let name = Name { id: sched.next_ids(1), started_at: birth.at, fate: birth.fate };
    // SAFETY: the slot is dead and ours.
    unsafe { g::header(g).bear(name, f, call::<F>, goroutine_main) };
    g::header(g).set_class(birth.class);
    tag(g, None, birth.tags);
    sched.say(|| Event::Made(g));
    // Relaxed: statistic.
    sched.born_outside.fetch_add(1, Relaxed);
    faketime::enter(&sched);
    queue::put_shared(&sched, g);
    start::wakep(sched);
    Ok(())
}

/// Gives a goroutine that was just made its name and labels, or those that its maker passes on.
#[inline]
fn tag(g: GRef, maker: Option<&G>, own: Option<&Arc<Tags>>) {
    if own.is_some() || maker.is_some_and(|maker| maker.tags.is_some()) {
        tag_slowly(g, maker, own);
    }
}

#[cold]
fn tag_slowly(g: GRef, maker: Option<&G>, own: Option<&Arc<Tags>>) {
    let header = g::header(g);
    let lock = &header.sched.tags;
    let tags = match own {
        Some(own) => Some(own.clone()),
        None => maker.and_then(|maker| Tags::heirs(&maker.tags.get(lock)?).cloned()),
    };
    if let Some(tags) = tags {
        header.tags.set(lock, tags);
    }
}

fn new_slot(sched: SchedRef) -> io::Result<GRef> {
    let class = sched.config.stack;
    let serial = sched.next_serial();
    arena::carve(class, arena::Owner::new(&*sched), |top| g::new(top, class, sched, serial))
}

/// Calls the closure of a goroutine.
///
/// # Safety
///
/// - It is an `F`, and nobody calls it again.
unsafe fn call<F: FnOnce() -> Result<(), Panic>>(g: GRef) -> Result<(), Panic> {
    // SAFETY: as the caller says; it is moved out.
    let f = unsafe { g::place_of::<F>(g).read() };
    f()
}

const _: fn() = || {
    fn is_body(_: Body) {}
    is_body(call::<fn() -> Result<(), Panic>>);
};
