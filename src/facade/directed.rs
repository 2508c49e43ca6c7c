//! In a check of a user's program somebody directs: says which goroutine runs next, which way a random
//! choice goes and when time passes, and is told what happens.
//!
//! All threads of a check are tasks on one thread of the system. So who directs is known by a thread-local
//! of std's, which a checker does not see.

use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use std::collections::HashMap;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::news::{Mishap, News, Next};

/// Who directs.
pub(crate) trait Director {
    /// One of `n`.
    fn choose(&self, n: usize) -> usize;
    /// What the network does; zero is that nothing is amiss, and there are `n` answers.
    fn mishap(&self, what: Mishap, n: usize) -> usize;
    /// Who runs next: the goroutine that runs, if there is one, one of those that are ready, or the clock, if
    /// it has anything to do.
    fn next(&self, current: Option<u64>, ready: &[u64], has_deadline: bool) -> Next;
    /// Something happened.
    fn tell(&self, news: News);
    /// Whether nobody need run any more.
    fn is_over(&self) -> bool;
}

std::thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static HAS_RUNTIME: Cell<bool> = const { Cell::new(false) };
    static DIRECTOR: RefCell<Option<Rc<dyn Director>>> = const { RefCell::new(None) };
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static ASIDE: RefCell<Aside> = RefCell::default();
    static EXECUTION: Cell<usize> = const { Cell::new(0) };
    static WATCHED: RefCell<HashMap<RawFd, usize>> = RefCell::default();
}

/// From now on this thread's execution has a director, or none.
pub(crate) fn set(director: Option<Rc<dyn Director>>) {
    IS_ON.set(director.is_some());
    DIRECTOR.set(director);
    HAS_RUNTIME.set(false);
    QUIET.set(false);
    ASIDE.take();
    WATCHED.take();
    EXECUTION.set(EXECUTION.get() + 1);
}

/// The number of this thread's execution.
pub(crate) fn execution() -> usize {
    EXECUTION.get()
}

/// Whether a number is that of a simulated descriptor, as the kernel has none.
fn is_simulated(number: RawFd) -> bool {
    number < -1
}

/// Whether a descriptor is a simulated one; then [`watcher`] knows the word from now on.
pub(crate) fn watch(number: RawFd, word: usize) -> bool {
    if is_simulated(number) {
        WATCHED.with_borrow_mut(|watched| watched.insert(number, word));
    }
    is_simulated(number)
}

pub(crate) fn forget(number: RawFd) {
    WATCHED.with_borrow_mut(|watched| watched.remove(&number));
}

/// Who is told of a simulated descriptor.
pub(crate) fn watcher(number: RawFd) -> Option<usize> {
    WATCHED.with_borrow(|watched| watched.get(&number).copied())
}

/// A runtime is started. Returns whether the execution may have it: it has one, in which the program runs.
pub(crate) fn may_start() -> bool {
    !is_on() || !HAS_RUNTIME.replace(true)
}

fn ask<R>(question: impl FnOnce(&dyn Director) -> R) -> Option<R> {
    DIRECTOR.with_borrow(|director| director.as_deref().map(question))
}

#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.get()
}

pub(crate) fn choose(n: usize) -> Option<usize> {
    ask(|director| if n < 2 { 0 } else { director.choose(n) })
}

pub(crate) fn mishap(what: Mishap, n: usize) -> usize {
    ask(|director| director.mishap(what, n)).unwrap_or(0)
}

pub(crate) fn next(current: Option<u64>, ready: &[u64], has_deadline: bool) -> Next {
    ask(|director| director.next(current, ready, has_deadline)).unwrap_or(Next::Stay)
}

pub(crate) fn tell(news: impl FnOnce() -> News) {
    ask(|director| director.tell(news()));
}

pub(crate) fn is_over() -> bool {
    ask(|director| director.is_over()).unwrap_or(false)
}

/// Whether the calls that follow are no steps.
pub(crate) fn set_quiet(is: bool) {
    QUIET.set(is);
}

pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}

/// Lets the other threads of the check run.
pub(crate) fn hand_over() {
    ::shuttle::thread::yield_now();
}

/// The goroutines that were taken out of the queues to choose from them: whose, and which.
#[derive(Default)]
pub(crate) struct Aside {
    ready: Vec<(usize, NonNull<()>)>,
    chosen: Option<(usize, NonNull<()>)>,
    preferred: Option<NonNull<()>>,
}

impl Aside {
    pub(crate) fn push(&mut self, whose: usize, g: NonNull<()>) {
        self.ready.push((whose, g));
    }

    /// Those of one scheduler.
    pub(crate) fn of(&self, whose: usize) -> impl Iterator<Item = NonNull<()>> {
        self.ready.iter().filter(move |(of, _)| *of == whose).map(|(_, g)| *g)
    }

    /// Has one of them run next.
    pub(crate) fn choose(&mut self, whose: usize, nth: usize) {
        self.chosen = self.take(whose, nth).map(|g| (whose, g));
    }

    /// Makes one the first in turn, once it is here.
    pub(crate) fn prefer(&mut self, g: NonNull<()>) {
        self.preferred = Some(g);
    }

    /// Sees to whom was made the first in turn.
    pub(crate) fn arrange(&mut self) {
        if let Some(g) = self.preferred
            && let Some(place) = self.ready.iter().position(|(_, other)| *other == g)
        {
            self.ready[..=place].rotate_right(1);
            self.preferred = None;
        }
    }

    /// Takes one of them out.
    pub(crate) fn take(&mut self, whose: usize, nth: usize) -> Option<NonNull<()>> {
        let mut of = self.ready.iter().enumerate().filter(|(_, (of, _))| *of == whose);
        let (place, _) = of.nth(nth)?;
        Some(self.ready.remove(place).1)
    }

    pub(crate) fn take_chosen(&mut self, whose: usize) -> Option<NonNull<()>> {
        self.chosen.take_if(|(of, _)| *of == whose).map(|(_, g)| g)
    }
}

pub(crate) fn aside<R>(use_it: impl FnOnce(&mut Aside) -> R) -> R {
    ASIDE.with_borrow_mut(use_it)
}

/// What a check keeps for its own thread: an accessor that is not inlined, as [`tls!`](super::tls) makes, but
/// of std's. All tasks of the checker see the same.
macro_rules! kept {
    ($(#[$doc:meta])* fn $name:ident: $t:ty = $init:expr) => {
        $(#[$doc])*
        #[inline(never)]
        fn $name<R>(use_it: impl FnOnce(&$t) -> R) -> R {
            ::std::thread_local! { static HERE: $t = $init; }
            HERE.with(use_it)
        }
    };
}
pub(crate) use kept;
