//! Litmus programs: what the checkers can see, and what they cannot.
//!
//! Each is a few accesses of two words by two to four threads; what the threads read is its
//! outcome, in the order of the program text. Three sets stand side by side: the outcomes that
//! Rust's memory model (C++20's) allows, those that the strict loom shows (`scenario.outcomes`),
//! and the sequentially consistent ones, which are all that shuttle shows. The suites assert the
//! last two exactly.
//!
//! Where loom shows less than Rust allows it can miss a bug; where it shows more it raises false
//! alarms. `remark` says which, and what the product does about it.

#![expect(clippy::disallowed_types, reason = "what the threads read is no part of the model")]

use core::ops::Deref;
use std::sync::{Arc, Mutex};

use super::{Scenario, spawn};
use crate::facade::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::facade::{AtomicU32, Futex, Ordering, fence_heavy, fence_light};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { litmus:
            message_passing_relaxed_shows_a_flag_without_data =
                MP_RELAXED, loom All, shuttle sequentially_consistent;
            message_passing_by_release_and_acquire_brings_the_data =
                MP, loom All, shuttle sequentially_consistent;
            message_passing_by_fences_brings_the_data =
                MP_FENCES, loom All, shuttle sequentially_consistent;
            a_fence_that_comes_too_late_is_not_noticed =
                MP_FENCE_LATE, loom All, shuttle sequentially_consistent;
            an_access_before_the_late_fence_shows_that_it_is_late =
                MP_FENCE_LATE_SEEN, loom All, shuttle sequentially_consistent;
            a_failed_cas_reads_the_newest_value =
                MP_FAILED_CAS, loom All, shuttle sequentially_consistent;
            an_rmw_continues_the_release_sequence =
                MP_RELEASE_SEQUENCE, loom All, shuttle sequentially_consistent;
            a_stale_read_reaches_back_seven_stores =
                MP_OLD, loom All, shuttle sequentially_consistent;
            store_buffering_relaxed_lets_both_miss =
                SB_RELAXED, loom All, shuttle sequentially_consistent;
            store_buffering_by_release_and_acquire_lets_both_miss =
                SB_ACQ_REL, loom All, shuttle sequentially_consistent;
            store_buffering_by_seq_cst_accesses_is_a_false_alarm =
                SB_SEQ_CST, loom All, shuttle sequentially_consistent;
            store_buffering_with_both_fences_lets_one_see =
                SB_FENCES, loom All, shuttle sequentially_consistent;
            store_buffering_with_the_light_fence_alone_lets_both_miss =
                SB_FENCE_LIGHT_ALONE, loom All, shuttle sequentially_consistent;
            store_buffering_with_the_heavy_fence_alone_lets_both_miss =
                SB_FENCE_HEAVY_ALONE, loom All, shuttle sequentially_consistent;
            store_buffering_on_one_word_lets_one_see =
                SB_RMW, loom All, shuttle sequentially_consistent;
            load_buffering_is_not_shown = LB, loom All, shuttle sequentially_consistent;
            reads_of_one_word_do_not_go_back = CORR, loom All, shuttle sequentially_consistent;
            causality_relaxed_is_not_passed_on =
                WRC_RELAXED, loom All, shuttle sequentially_consistent;
            causality_by_release_and_acquire_is_passed_on =
                WRC, loom All, shuttle sequentially_consistent;
            independent_reads_relaxed_may_disagree =
                IRIW_RELAXED, loom Preemptions(2), shuttle sequentially_consistent;
            independent_reads_by_acquire_may_disagree =
                IRIW_ACQUIRE, loom Preemptions(2), shuttle sequentially_consistent;
            independent_reads_with_fences_agree =
                IRIW_FENCES, loom Preemptions(2), shuttle sequentially_consistent;
            two_writers_may_both_be_first = TWO_WRITES, loom All, shuttle sequentially_consistent;
            no_increment_is_lost = INCREMENTS, loom All, shuttle sequentially_consistent;
            a_store_between_the_halves_of_an_rmw_is_a_false_alarm =
                RMW_AGAINST_STORE, loom All, shuttle sequentially_consistent;
            a_load_before_a_store_hides_nothing = HOLE, loom All, shuttle sequentially_consistent;
            a_wakeup_between_look_and_sleep_is_not_lost =
                FUTEX, loom All, shuttle sequentially_consistent;
        }
    };
}
pub(crate) use suite;

/// A program and what may come of it.
pub(crate) struct Litmus {
    /// The program; its outcomes are those that the strict loom shows.
    pub(crate) scenario: Scenario,
    /// The threads' accesses in words, threads apart by `||`; `r` is a read of the outcome.
    pub(crate) program: &'static str,
    /// What Rust's memory model allows.
    pub(crate) rust: &'static [&'static str],
    /// What sequential consistency allows: exactly what shuttle shows.
    pub(crate) sc: &'static [&'static str],
    pub(crate) remark: &'static str,
}

impl Deref for Litmus {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        &self.scenario
    }
}

/// All that the table lists, in its order.
macro_rules! explored {
    (litmus: $($_test:ident = $litmus:ident,
        loom $_bound:ident $(($_preemptions:literal))?, shuttle $_how:ident;
    )*) => {
        pub(crate) static ALL: &[&Litmus] = &[$(&$litmus),*];
    };
}
suite!();

/// The words of a program.
struct Words {
    x: AtomicU32,
    y: AtomicU32,
    z: AtomicU32,
}

type Program = Box<dyn FnOnce(&Words) -> String + Send>;

/// One thread of a litmus; returns what it read.
fn program(f: impl FnOnce(&Words) -> String + Send + 'static) -> Program {
    Box::new(f)
}

/// Runs the programs side by side, the first on this thread, and then `last`; returns what all of
/// them read.
fn outcome_then<const N: usize>(programs: [Program; N], last: fn(&Words) -> String) -> String {
    let [x, y, z] = [0; 3].map(AtomicU32::new);
    let words = Arc::new(Words { x, y, z });
    let reads: Arc<Mutex<[String; N]>> = Arc::new(Mutex::new([const { String::new() }; N]));
    let mut programs = programs.into_iter();
    let first = programs.next().expect("a program has threads");
    let mut threads = Vec::new();
    for (i, program) in programs.enumerate() {
        let (words, reads) = (words.clone(), reads.clone());
        threads.push(spawn(move || {
            let read = program(&words);
            reads.lock().expect("a panic ends the model")[i + 1] = read;
        }));
    }
    let first = first(&words);
    for thread in threads {
        thread.join();
    }
    let mut all = reads.lock().expect("a panic ends the model").to_vec();
    all[0] = first;
    all.push(last(&words));
    all.retain(|read| !read.is_empty());
    all.join(" ")
}

fn outcome<const N: usize>(programs: [Program; N]) -> String {
    outcome_then(programs, |_| String::new())
}

fn silent() -> String {
    String::new()
}

fn no_fence() {}

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

/// Two writers of two words in opposite order.
pub(crate) static TWO_WRITES: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome_then(
                [
                    program(|w| {
                        w.x.store(1, Relaxed);
                        w.y.store(2, Relaxed);
                        silent()
                    }),
                    program(|w| {
                        w.y.store(1, Relaxed);
                        w.x.store(2, Relaxed);
                        silent()
                    }),
                ],
                |w| format!("{}{}", w.x.load(Relaxed), w.y.load(Relaxed)),
            )
        },
        outcomes: &["11", "12", "21", "22"],
    },
    program: "x=1; y=2 || y=1; x=2; at last r x; r y",
    rust: &["11", "12", "21", "22"],
    sc: &["12", "21", "22"],
    remark: "",
};

/// Two read-modify-writes of one word: none is lost.
pub(crate) static INCREMENTS: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome_then(
                [
                    program(|w| {
                        w.x.fetch_add(1, Relaxed);
                        silent()
                    }),
                    program(|w| {
                        w.x.fetch_add(1, Relaxed);
                        silent()
                    }),
                ],
                |w| w.x.load(Relaxed).to_string(),
            )
        },
        outcomes: &["2"],
    },
    program: "x+=1 || x+=1; at last r x",
    rust: &["2"],
    sc: &["2"],
    remark: "",
};

/// A read-modify-write of a word that another thread stores to (tokio-rs/loom#254).
pub(crate) static RMW_AGAINST_STORE: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome_then(
                [
                    program(|w| {
                        w.x.store(2, Relaxed);
                        silent()
                    }),
                    program(|w| w.x.fetch_add(1, Relaxed).to_string()),
                ],
                |w| w.x.load(Relaxed).to_string(),
            )
        },
        outcomes: &["0 1", "0 2", "2 3"],
    },
    program: "x=2 || r x, x+=1; at last r x",
    rust: &["0 2", "2 3"],
    sc: &["0 2", "2 3"],
    remark: "tokio-rs/loom#254: no word is stored to by one thread while another changes it by RMW",
};

/// A thread's own load must not hide another's (tokio-rs/loom#392): stock loom shows only `0 0`.
pub(crate) static HOLE: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            outcome([
                program(|w| w.x.load(Acquire).to_string()),
                program(|w| {
                    let read = w.x.load(Acquire);
                    w.x.store(read + 1, Release);
                    read.to_string()
                }),
            ])
        },
        outcomes: &["0 0", "1 0"],
    },
    program: "r x || r x; x=that+1",
    rust: &["0 0", "1 0"],
    sc: &["0 0", "1 0"],
    remark: "stock loom: 9 executions, `0 0` only",
};

/// A wake-up between the sleeper's look at the word and its sleep is not lost: else it never ends,
/// which both checkers report as a deadlock.
pub(crate) static FUTEX: Litmus = Litmus {
    scenario: Scenario {
        threads: 2,
        run: || {
            let futex = Arc::new(Futex::new(0));
            let waker = spawn({
                let futex = futex.clone();
                move || {
                    futex.word().store(1, Relaxed);
                    futex.wake_one();
                }
            });
            while futex.word().load(Relaxed) == 0 {
                futex.wait(0);
            }
            waker.join();
            String::from("woken")
        },
        outcomes: &["woken"],
    },
    program: "w=1; wake || while w is 0: wait(0)",
    rust: &["woken"],
    sc: &["woken"],
    remark: "a lost wake-up would be a deadlock; no spurious one is shown",
};
