//! What the threads of a model have done: each access of a word, in the order of the execution. When a model
//! fails, its last execution is told from this (`verify/cells/lanes`).
//!
//! A checker runs all threads of a model on one thread of the process, one at a time; so the journal is that
//! thread's, and an access is noted right after it was made. What destructors do while a panic unwinds is
//! left out.

use core::cell::RefCell;
use core::panic::Location;

#[cfg(feature = "loom")]
use ::loom::thread;
#[cfg(not(feature = "loom"))]
use ::shuttle::thread;

pub(crate) use thread::ThreadId;

/// A longer one begins with its later half.
const MOST: usize = 100_000;

/// What was done to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Load(u64),
    Store(u64),
    /// What was there, and what is there now.
    Change(u64, u64),
    /// A compare-exchange that failed: what it wanted, and what it saw.
    Failed(u64, u64),
    /// Something else: a fence, a sleep, a wake-up.
    Other(&'static str),
}

/// An access.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) who: ThreadId,
    pub(crate) at: &'static Location<'static>,
    /// The word's address, if it is about one,
    pub(crate) word: usize,
    /// and whether its values are addresses.
    pub(crate) has_places: bool,
    pub(crate) did: Did,
}

std::thread_local! {
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// A word's value, as it is told.
pub(super) trait Bits: Copy {
    const IS_PLACE: bool = false;

    fn bits(self) -> u64;
}

impl Bits for u32 {
    fn bits(self) -> u64 {
        self.into()
    }
}

impl Bits for usize {
    fn bits(self) -> u64 {
        self as u64
    }
}

impl<T> Bits for *mut T {
    const IS_PLACE: bool = true;

    fn bits(self) -> u64 {
        self.addr() as u64
    }
}

#[track_caller]
pub(super) fn load<V: Bits>(word: *const (), value: V) {
    note::<V>(word, Did::Load(value.bits()));
}

#[track_caller]
pub(super) fn store<V: Bits>(word: *const (), value: V) {
    note::<V>(word, Did::Store(value.bits()));
}

#[track_caller]
pub(super) fn change<V: Bits>(word: *const (), was: V, is: V) {
    note::<V>(word, Did::Change(was.bits(), is.bits()));
}

#[track_caller]
pub(super) fn exchange<V: Bits>(word: *const (), (wanted, new): (V, V), result: Result<V, V>) {
    let did = match result {
        Ok(was) => Did::Change(was.bits(), new.bits()),
        Err(saw) => Did::Failed(wanted.bits(), saw.bits()),
    };
    note::<V>(word, did);
}

#[track_caller]
pub(super) fn other(what: &'static str) {
    note::<u32>(core::ptr::null(), Did::Other(what));
}

#[track_caller]
fn note<V: Bits>(word: *const (), did: Did) {
    if std::thread::panicking() {
        return;
    }
    let at = Location::caller();
    let who = thread::current().id();
    ENTRIES.with_borrow_mut(|entries| {
        if entries.len() == MOST {
            entries.drain(..MOST / 2);
        }
        entries.push(Entry { who, at, word: word.addr(), has_places: V::IS_PLACE, did });
    });
}

/// An execution begins.
pub(crate) fn begin() {
    ENTRIES.with_borrow_mut(Vec::clear);
}

/// What was noted since it began.
pub(crate) fn take() -> Vec<Entry> {
    ENTRIES.take()
}
