//! What third parties see, and in which order.

use super::program::{Litmus, no_fence, outcome, program, silent};
use crate::cells::Scenario;
use crate::facade::Ordering::{self, Acquire, Relaxed, Release};
use crate::facade::fence_heavy;

fn wrc(write: Ordering, read: Ordering) -> String {
    outcome([
        program(move |w| {
            w.x.store(1, write);
            silent()
        }),
        program(move |w| {
            let seen = w.x.load(read);
            w.y.store(1, write);
            seen.to_string()
        }),
        program(move |w| {
            let flag = w.y.load(read);
            format!("{flag}{}", w.x.load(Relaxed))
        }),
    ])
}

fn iriw(write: Ordering, read: Ordering, fence: fn()) -> String {
    outcome([
        program(move |w| {
            w.x.store(1, write);
            silent()
        }),
        program(move |w| {
            w.y.store(1, write);
            silent()
        }),
        program(move |w| {
            let first = w.x.load(read);
            fence();
            format!("{first}{}", w.y.load(read))
        }),
        program(move |w| {
            let first = w.y.load(read);
            fence();
            format!("{first}{}", w.x.load(read))
        }),
    ])
}

/// Coherence: two reads of one word do not go back.
pub(crate) static CORR: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| {
                    w.x.store(1, Relaxed);
                    w.x.store(2, Relaxed);
                    silent()
                }),
                program(|w| {
                    let first = w.x.load(Relaxed);
                    format!("{first}{}", w.x.load(Relaxed))
                }),
            ])
        },
        outcomes: &["00", "01", "02", "11", "12", "22"],
    },
    program: "x=1; x=2 || r x; r x",
    rust: &["00", "01", "02", "11", "12", "22"],
    sc: &["00", "01", "02", "11", "12", "22"],
    remark: "",
};

/// Write to read causality, relaxed: what the middle thread saw the last one need not see.
pub(crate) static WRC_RELAXED: Litmus = Litmus {
    scenario: Scenario {
        threads: 3,
        run: || wrc(Relaxed, Relaxed),
        outcomes: &["0 00", "0 01", "0 10", "0 11", "1 00", "1 01", "1 10", "1 11"],
    },
    program: "x=1 || r x; y=1 || r y; r x",
    rust: &["0 00", "0 01", "0 10", "0 11", "1 00", "1 01", "1 10", "1 11"],
    sc: &["0 00", "0 01", "0 10", "0 11", "1 00", "1 01", "1 11"],
    remark: "",
};

/// Write to read causality, Release and Acquire.
pub(crate) static WRC: Litmus = Litmus {
    scenario: Scenario {
        threads: 3,
        run: || wrc(Release, Acquire),
        outcomes: &["0 00", "0 01", "0 10", "0 11", "1 00", "1 01", "1 11"],
    },
    program: "x=1 Release || r x Acquire; y=1 Release || r y Acquire; r x",
    rust: &["0 00", "0 01", "0 10", "0 11", "1 00", "1 01", "1 11"],
    sc: &["0 00", "0 01", "0 10", "0 11", "1 00", "1 01", "1 11"],
    remark: "",
};

/// All pairs of pairs of bits.
const SIXTEEN: &[&str] = &[
    "00 00", "00 01", "00 10", "00 11", "01 00", "01 01", "01 10", "01 11", "10 00", "10 01",
    "10 10", "10 11", "11 00", "11 01", "11 10", "11 11",
];

/// All but `10 10`, where the readers disagree on which write came first.
const AGREEING: &[&str] = &[
    "00 00", "00 01", "00 10", "00 11", "01 00", "01 01", "01 10", "01 11", "10 00", "10 01",
    "10 11", "11 00", "11 01", "11 10", "11 11",
];

/// Independent reads of independent writes, relaxed.
pub(crate) static IRIW_RELAXED: Litmus = Litmus {
    scenario: Scenario { threads: 4, run: || iriw(Relaxed, Relaxed, no_fence), outcomes: SIXTEEN },
    program: "x=1 || y=1 || r x; r y || r y; r x",
    rust: SIXTEEN,
    sc: AGREEING,
    remark: "shown within 2 preemptions",
};

/// Independent reads of independent writes, Release and Acquire: no better.
pub(crate) static IRIW_ACQUIRE: Litmus = Litmus {
    scenario: Scenario { threads: 4, run: || iriw(Release, Acquire, no_fence), outcomes: SIXTEEN },
    program: "x=1 Release || y=1 Release || r x; r y (Acquire) || r y; r x (Acquire)",
    rust: SIXTEEN,
    sc: AGREEING,
    remark: "shown within 2 preemptions",
};

/// Independent reads of independent writes, a fence between the reads of each reader.
pub(crate) static IRIW_FENCES: Litmus = Litmus {
    scenario: Scenario {
        threads: 4,
        run: || iriw(Relaxed, Relaxed, fence_heavy),
        outcomes: AGREEING,
    },
    program: "x=1 || y=1 || r x; fence; r y || r y; fence; r x",
    rust: AGREEING,
    sc: AGREEING,
    remark: "explored within 2 preemptions",
};
