//! Store buffering, of which every store-load handshake is made, and load buffering.

use super::program::{Litmus, no_fence, outcome, program};
use crate::cells::Scenario;
use crate::facade::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use crate::facade::{fence_heavy, fence_light};

fn sb(write: Ordering, read: Ordering, left: fn(), right: fn()) -> String {
    outcome([
        program(move |w| {
            w.x.store(1, write);
            left();
            w.y.load(read).to_string()
        }),
        program(move |w| {
            w.y.store(1, write);
            right();
            w.x.load(read).to_string()
        }),
    ])
}

/// Store buffering, relaxed: both may miss the other's write.
pub(crate) static SB_RELAXED: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || sb(Relaxed, Relaxed, no_fence, no_fence),
        outcomes: &["0 0", "0 1", "1 0", "1 1"],
    },
    program: "x=1; r y || y=1; r x",
    rust: &["0 0", "0 1", "1 0", "1 1"],
    sc: &["0 1", "1 0", "1 1"],
    remark: "",
};

/// Store buffering, Release and Acquire: no better.
pub(crate) static SB_ACQ_REL: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || sb(Release, Acquire, no_fence, no_fence),
        outcomes: &["0 0", "0 1", "1 0", "1 1"],
    },
    program: "x=1 Release; r y Acquire || y=1 Release; r x Acquire",
    rust: &["0 0", "0 1", "1 0", "1 1"],
    sc: &["0 1", "1 0", "1 1"],
    remark: "why a port of Go to Release and Acquire loses wake-ups",
};

/// Store buffering, `SeqCst` accesses: Rust forbids that both miss, loom does not.
pub(crate) static SB_SEQ_CST: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || sb(SeqCst, SeqCst, no_fence, no_fence),
        outcomes: &["0 0", "0 1", "1 0", "1 1"],
    },
    program: "x=1 SeqCst; r y SeqCst || y=1 SeqCst; r x SeqCst",
    rust: &["0 1", "1 0", "1 1"],
    sc: &["0 1", "1 0", "1 1"],
    remark: "loom takes SeqCst accesses for AcqRel: no product word uses them",
};

/// Store buffering with the facade's fences, the light and the heavy one.
pub(crate) static SB_FENCES: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || sb(Relaxed, Relaxed, fence_light, fence_heavy),
        outcomes: &["0 1", "1 0", "1 1"],
    },
    program: "x=1; light fence; r y || y=1; heavy fence; r x",
    rust: &["0 1", "1 0", "1 1"],
    sc: &["0 1", "1 0", "1 1"],
    remark: "the shape of every store-load handshake here",
};

/// Store buffering with the light fence only.
pub(crate) static SB_FENCE_LIGHT_ALONE: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || sb(Relaxed, Relaxed, fence_light, no_fence),
        outcomes: &["0 0", "0 1", "1 0", "1 1"],
    },
    program: "x=1; light fence; r y || y=1; r x",
    rust: &["0 0", "0 1", "1 0", "1 1"],
    sc: &["0 1", "1 0", "1 1"],
    remark: "so a removed fence is noticed, on either side",
};

/// Store buffering with the heavy fence only.
pub(crate) static SB_FENCE_HEAVY_ALONE: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || sb(Relaxed, Relaxed, no_fence, fence_heavy),
        outcomes: &["0 0", "0 1", "1 0", "1 1"],
    },
    program: "x=1; r y || y=1; heavy fence; r x",
    rust: &["0 0", "0 1", "1 0", "1 1"],
    sc: &["0 1", "1 0", "1 1"],
    remark: "",
};

/// Store buffering on one word: read-modify-writes need no fence.
pub(crate) static SB_RMW: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| w.x.fetch_add(1, Relaxed).to_string()),
                program(|w| w.x.fetch_add(1, Relaxed).to_string()),
            ])
        },
        outcomes: &["0 1", "1 0"],
    },
    program: "r x, x+=1 || r x, x+=1",
    rust: &["0 1", "1 0"],
    sc: &["0 1", "1 0"],
    remark: "the other shape of a handshake here",
};

/// Load buffering: both read what the other writes afterwards.
pub(crate) static LB: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| {
                    let read = w.x.load(Relaxed);
                    w.y.store(1, Relaxed);
                    read.to_string()
                }),
                program(|w| {
                    let read = w.y.load(Relaxed);
                    w.x.store(1, Relaxed);
                    read.to_string()
                }),
            ])
        },
        outcomes: &["0 0", "0 1", "1 0"],
    },
    program: "r x; y=1 || r y; x=1",
    rust: &["0 0", "0 1", "1 0", "1 1"],
    sc: &["0 0", "0 1", "1 0"],
    remark: "loom runs a thread in program order: orderings only this needs are `unchecked`",
};
