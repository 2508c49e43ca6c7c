//! A model that fails is told in lanes.

use std::panic::catch_unwind;
use std::sync::Arc;

use super::Bound;
use crate::cells::{Scenario, beside, lanes};
use crate::facade::{AtomicU32, Ordering::Relaxed};

/// Both may read the old value: there is no fence.
fn store_buffering() -> String {
    let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let other = beside(&words, |words| {
        words.1.store(1, Relaxed);
        if words.0.load(Relaxed) == 0 {
            words.1.store(2, Relaxed);
        }
    });
    words.0.store(1, Relaxed);
    let saw = words.1.load(Relaxed);
    other.join();
    format!("{saw} {}", words.1.load(Relaxed))
}

static SCENARIO: Scenario =
    Scenario { threads: 2, run: store_buffering, outcomes: &["0 1", "1 1", "1 2", "2 2"] };

fn explore(name: &str) {
    super::explore(name, &SCENARIO, Bound::All);
}

#[test]
fn a_failure_is_drawn_with_the_old_values_that_it_read() {
    let name = "drawn::store_buffering";
    let failed = catch_unwind(|| explore(name));
    assert!(failed.is_err(), "both read what was there before");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let svg = std::fs::read_to_string(root.join("target/lanes/drawn-store_buffering.svg")).unwrap();
    for words in [
        "an outcome that must not be: 0 2",
        "thread 1",
        "0, not yet 1",
        "words.1.store(1, Relaxed)",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
}

#[test]
fn one_that_holds_tells_nothing() {
    assert_eq!(lanes::told("drawn::quiet", || 3), 3);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(!root.join("target/lanes/drawn-quiet.svg").exists());
}
