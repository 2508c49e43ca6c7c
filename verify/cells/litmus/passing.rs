//! Message passing: data, then a flag; who sees the flag, does it see the data?

use super::program::{Litmus, Words, no_fence, outcome, program, silent};
use crate::cells::Scenario;
use crate::facade::Ordering::{self, Acquire, Relaxed, Release};
use crate::facade::{fence_heavy, fence_light};

fn mp(write: Ordering, writer: fn(), read: Ordering, reader: fn()) -> String {
    outcome([
        program(move |w| {
            w.x.store(1, Relaxed);
            writer();
            w.y.store(1, write);
            silent()
        }),
        program(move |w| {
            let flag = w.y.load(read);
            reader();
            format!("{flag}{}", w.x.load(Relaxed))
        }),
    ])
}

fn mp_fence_late(before: fn(&Words)) -> String {
    outcome([
        program(move |w| {
            w.x.store(1, Relaxed);
            w.y.store(1, Relaxed);
            before(w);
            fence_heavy();
            silent()
        }),
        program(move |w| {
            let flag = w.y.load(Relaxed);
            before(w);
            fence_heavy();
            format!("{flag}{}", w.x.load(Relaxed))
        }),
    ])
}

/// Message passing, nothing ordered: the reader may see the flag without the data.
pub(crate) static MP_RELAXED: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || mp(Relaxed, no_fence, Relaxed, no_fence),
        outcomes: &["00", "01", "10", "11"],
    },
    program: "x=1; y=1 || r y; r x",
    rust: &["00", "01", "10", "11"],
    sc: &["00", "01", "11"],
    remark: "",
};

/// Message passing, Release to Acquire.
pub(crate) static MP: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || mp(Release, no_fence, Acquire, no_fence),
        outcomes: &["00", "01", "11"],
    },
    program: "x=1; y=1 Release || r y Acquire; r x",
    rust: &["00", "01", "11"],
    sc: &["00", "01", "11"],
    remark: "",
};

/// Message passing by the facade's fences, between relaxed accesses.
pub(crate) static MP_FENCES: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || mp(Relaxed, fence_light, Relaxed, fence_heavy),
        outcomes: &["00", "01", "11"],
    },
    program: "x=1; fence; y=1 || r y; fence; r x",
    rust: &["00", "01", "11"],
    sc: &["00", "01", "11"],
    remark: "",
};

/// As `MP_FENCES`, but the writer's fence comes after the flag, where it orders nothing.
///
/// loom misses `10`: nothing can run between the flag and the fence. With an access of a third
/// word before each fence it shows it ([`MP_FENCE_LATE_SEEN`]).
pub(crate) static MP_FENCE_LATE: Litmus = Litmus {
    scenario: Scenario { threads: 2, run: || mp_fence_late(|_| ()), outcomes: &["00", "01", "11"] },
    program: "x=1; y=1; fence || r y; fence; r x",
    rust: &["00", "01", "10", "11"],
    sc: &["00", "01", "11"],
    remark: "a fence is no scheduling point: it sticks to the access before it",
};

/// As `MP_FENCE_LATE`, an access of a third word before each fence.
pub(crate) static MP_FENCE_LATE_SEEN: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            mp_fence_late(|w| {
                w.z.load(Relaxed);
            })
        },
        outcomes: &["00", "01", "10", "11"],
    },
    program: "x=1; y=1; z; fence || r y; z; fence; r x",
    rust: &["00", "01", "10", "11"],
    sc: &["00", "01", "11"],
    remark: "the access is the scheduling point that the fence lacks",
};

/// Message passing where the second read is a CAS that fails: a plain load to Rust.
pub(crate) static MP_FAILED_CAS: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| {
                    w.x.store(1, Relaxed);
                    w.y.store(1, Relaxed);
                    silent()
                }),
                program(|w| {
                    let flag = w.y.load(Relaxed);
                    let data = w.x.compare_exchange(9, 9, Relaxed, Relaxed).expect_err("never 9");
                    format!("{flag}{data}")
                }),
            ])
        },
        outcomes: &["00", "01", "11"],
    },
    program: "x=1; y=1 || r y; r x by a failed CAS",
    rust: &["00", "01", "10", "11"],
    sc: &["00", "01", "11"],
    remark: "loom: an RMW reads the newest store, also when it fails",
};

/// A relaxed read-modify-write by a third thread does not break the release sequence.
pub(crate) static MP_RELEASE_SEQUENCE: Litmus = Litmus {
    scenario: Scenario {
        threads: 3,
        run: || {
            outcome([
                program(|w| {
                    w.x.store(1, Relaxed);
                    w.y.store(1, Release);
                    silent()
                }),
                program(|w| {
                    w.y.fetch_add(2, Relaxed);
                    silent()
                }),
                program(|w| {
                    let flag = w.y.load(Acquire);
                    format!("{flag}{}", w.x.load(Relaxed))
                }),
            ])
        },
        outcomes: &["00", "01", "11", "20", "21", "31"],
    },
    program: "x=1; y=1 Release || y+=2 || r y Acquire; r x",
    rust: &["00", "01", "11", "20", "21", "31"],
    sc: &["00", "01", "11", "20", "21", "31"],
    remark: "",
};

/// How far back a stale read may reach.
pub(crate) static MP_OLD: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| {
                    for value in 1..=8 {
                        w.x.store(value, Relaxed);
                    }
                    w.y.store(1, Relaxed);
                    silent()
                }),
                program(|w| match w.y.load(Relaxed) {
                    0 => String::from("0-"),
                    flag => format!("{flag}{}", w.x.load(Relaxed)),
                }),
            ])
        },
        outcomes: &["0-", "12", "13", "14", "15", "16", "17", "18"],
    },
    program: "x=1; ...; x=8; y=1 || r y; if 1: r x",
    rust: &["0-", "10", "11", "12", "13", "14", "15", "16", "17", "18"],
    sc: &["0-", "18"],
    remark: "loom keeps seven stores of a word",
};
