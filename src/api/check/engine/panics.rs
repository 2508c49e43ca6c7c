//! The panics of goroutines that are checked: kept instead of printed, because the same failure is run many
//! times. All other panics are told as before.

#![expect(clippy::disallowed_types, reason = "Once: nobody waits there in a goroutine")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use crate::facade::directed::kept;
use crate::sched::g;

/// A panic: its message, and where.
#[derive(Clone, Debug, Default)]
pub(super) struct Panic {
    pub(super) message: String,
    pub(super) at: String,
}

kept! {
    /// Whether this thread runs the program of a check.
    fn is_checking: Cell<bool> = Cell::new(false)
}

kept! {
    /// The last panic of each goroutine.
    fn last: RefCell<HashMap<u64, Panic>> = RefCell::default()
}

/// From now on the panics of this thread's goroutines are kept.
pub(super) fn keep() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(install);
    is_checking(|is| is.set(true));
}

/// Takes the last panic of a goroutine.
pub(super) fn take(id: u64) -> Panic {
    last(|last| last.borrow_mut().remove(&id)).unwrap_or_default()
}

/// shuttle puts a hook of its own before the one that it finds, once, and tells of every panic. So it finds
/// none, and its own is replaced.
fn install() {
    let others = panic::take_hook();
    shuttle::check_dfs(|| (), Some(1));
    drop(panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        if !is_checking(Cell::get) || !note(info) {
            others(info);
        }
    }));
}

/// Keeps a panic, if it is a goroutine's.
fn note(info: &PanicHookInfo<'_>) -> bool {
    let Some(g) = g::current() else { return false };
    let message = info.payload_as_str().unwrap_or("(the payload is no text)").to_owned();
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    let id = g::header(g).id();
    last(|last| last.borrow_mut().insert(id, Panic { message, at }));
    true
}
