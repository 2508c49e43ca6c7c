//! Atomic sites: which there are, and which one is weakened.
//!
//! A site is a place in the source, `file:line:column`. A mutant is a site and one weakening, as
//! in `GOSCHED_MUTANT=src/proto/runq.rs:120:19/release`.

use core::sync::atomic::Ordering;
use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, OnceLock};

/// What an access does.
#[derive(Clone, Copy)]
pub(crate) enum Op {
    Load,
    Store,
    Rmw,
    Failure,
}

/// One step down from an ordering, by its name in a mutant.
fn weakenings(op: Op, order: Ordering) -> &'static [(&'static str, Ordering)] {
    match (op, order) {
        (Op::Failure, Ordering::Acquire) => &[("failure", Ordering::Relaxed)],
        (_, Ordering::Acquire) => &[("acquire", Ordering::Relaxed)],
        (_, Ordering::Release) => &[("release", Ordering::Relaxed)],
        (_, Ordering::AcqRel) => &[("acquire", Ordering::Release), ("release", Ordering::Acquire)],
        _ => &[],
    }
}

fn mutant() -> Option<&'static str> {
    static MUTANT: OnceLock<Option<String>> = OnceLock::new();
    MUTANT.get_or_init(|| std::env::var("GOSCHED_MUTANT").ok()).as_deref()
}

fn lists_sites() -> bool {
    static LISTS: OnceLock<bool> = OnceLock::new();
    *LISTS.get_or_init(|| std::env::var_os("GOSCHED_SITES").is_some())
}

/// Whether the companions are on; `GOSCHED_LOOM=stock` shows what loom alone would explore.
pub(crate) fn is_strict() -> bool {
    static STRICT: OnceLock<bool> = OnceLock::new();
    *STRICT.get_or_init(|| std::env::var_os("GOSCHED_LOOM").is_none_or(|v| v != "stock"))
}

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn is_product(at: &Location<'_>) -> bool {
    // The suites are mounted as src/../verify.
    at.file().starts_with("src/")
        && !at.file().starts_with("src/facade/")
        && !at.file().starts_with("src/../")
}

fn is_weakened(at: &Location<'_>, how: &str) -> bool {
    if lists_sites() && is_product(at) {
        let site = format!("{}:{}:{}/{how}", at.file(), at.line(), at.column());
        SEEN.lock().expect("no panic while it is held").insert(site);
    }
    let Some(mutant) = mutant() else { return false };
    let Some((place, wanted)) = mutant.split_once('/').and_then(|_| mutant.rsplit_once('/')) else {
        return false;
    };
    let mut parts = place.rsplitn(3, ':');
    let (column, line, file) = (parts.next(), parts.next(), parts.next());
    wanted == how
        && file == Some(at.file())
        && line.and_then(|n| n.parse().ok()) == Some(at.line())
        && column.and_then(|n| n.parse().ok()) == Some(at.column())
}

#[track_caller]
pub(crate) fn order(op: Op, order: Ordering) -> Ordering {
    if mutant().is_none() && !lists_sites() {
        return order;
    }
    let at = Location::caller();
    weakenings(op, order)
        .iter()
        .find(|(how, _)| is_weakened(at, how))
        .map_or(order, |&(_, weaker)| weaker)
}

#[track_caller]
pub(crate) fn keeps_fence() -> bool {
    (mutant().is_none() && !lists_sites()) || !is_weakened(Location::caller(), "fence")
}

/// The mutants of every product site reached so far; empties the list.
#[cfg(test)]
pub(crate) fn take_seen() -> BTreeSet<String> {
    std::mem::take(&mut *SEEN.lock().expect("no panic while it is held"))
}
