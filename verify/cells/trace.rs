//! Scenarios of `proto/trace`: threads that take notes, and a collector; then a whole scheduler that is traced.

use std::sync::Arc;

use super::runtime::{rest, runtime};
use super::{Scenario, beside, window};
use crate::facade::heard::Hearer;
use crate::facade::thread::JoinHandle;
use crate::proto::trace::{Ended, Gate, Stream};
use crate::sched::trace;
use crate::{Runtime, go, lock_os_thread, yield_now};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { trace:
            each_note_is_taken_once =
                ONCE, loom Preemptions(4), shuttle cut(200, 20_000);
            a_half_is_used_again_when_it_is_empty =
                AGAIN, loom Preemptions(3), shuttle cut(200, 20_000);
            the_next_trace_has_nothing_of_the_last =
                TWO_TRACES, loom Preemptions(3), shuttle cut(200, 20_000);
            what_a_thread_noted_is_taken_though_it_has_ended =
                ENDS, loom Window(1), shuttle sampled;
            a_trace_turns_beside_a_stopped_world = STOPPED, loom Window(1), shuttle sampled;
        }
    };
}
pub(crate) use suite;

struct House {
    gate: Gate,
    stream: Stream<Vec<u32>>,
}

impl House {
    fn new() -> Arc<Self> {
        Arc::new(Self { gate: Gate::new(), stream: Stream::new() })
    }

    /// Takes a note; whether notes were taken.
    fn note(&self, n: u32) -> bool {
        let writing = self.stream.begin(&self.gate);
        writing.map(|writing| writing.with(|notes| notes.push(n))).is_some()
    }

    fn taken(&self, ended: Ended) -> String {
        self.stream.take(ended).iter().map(ToString::to_string).collect()
    }
}

/// A thread that takes so many notes, beside a collector. Each note that was written must be taken, in order.
fn against(notes: u32, collect: impl FnOnce(&House) -> Vec<String>) -> String {
    let house = House::new();
    let thread: JoinHandle = beside(&house, move |house| {
        for n in 1..=notes {
            let _ = house.note(n);
        }
    });
    let taken = collect(&house);
    thread.join();
    let all: Vec<u32> =
        taken.concat().chars().map(|digit| digit.to_digit(10).expect("a digit")).collect();
    assert!(all.windows(2).all(|two| two[0] < two[1]), "{taken:?} is out of order");
    assert!(all.windows(2).all(|two| two[0] + 1 == two[1]), "{taken:?} lacks a note");
    taken.join("|")
}

/// A trace of two generations.
pub(crate) const ONCE: Scenario = Scenario {
    threads: 2,
    run: || {
        against(2, |house| {
            house.gate.open();
            let first = house.taken(house.gate.turn());
            let second = house.taken(house.gate.close());
            vec![first, second]
        })
    },
    outcomes: &["12|", "1|", "1|2", "2|", "|", "|1", "|12", "|2"],
};

/// A trace of three generations: the third has the half of the first.
pub(crate) const AGAIN: Scenario = Scenario {
    threads: 2,
    run: || {
        against(2, |house| {
            house.gate.open();
            let first = house.taken(house.gate.turn());
            let second = house.taken(house.gate.turn());
            assert!(second.len() <= 2);
            let third = house.taken(house.gate.close());
            vec![first, third]
        })
    },
    outcomes: &["12|", "1|", "1|2", "2|", "|", "|1", "|12", "|2"],
};

/// Two traces: no note of the first is in the second, or lost.
pub(crate) const TWO_TRACES: Scenario = Scenario {
    threads: 2,
    run: || {
        against(2, |house| {
            house.gate.open();
            let first = house.taken(house.gate.close());
            house.gate.open();
            let second = house.taken(house.gate.close());
            vec![first, second]
        })
    },
    outcomes: &["12|", "1|", "1|2", "2|", "|", "|1", "|12", "|2"],
};

/// Traces a runtime while a window is explored, in which one generation ends. All that the goroutines did, so
/// many, must be in the trace, once.
fn traced(goroutines: u64, explored: impl FnOnce(&Runtime, &dyn Fn())) -> String {
    let rt = runtime(2);
    let sched = rt.sched();
    rest(&rt); // its first thread is parked: the next one is made in the window
    let hearer = Hearer::new();
    trace::open(&sched);
    let first = std::cell::OnceCell::new();
    window(|| explored(&rt, &|| drop(first.set(Arc::new(trace::turn(&sched))))));
    rest(&rt);
    let last = Arc::new(trace::close(&sched));
    drop(hearer);
    let first = first.into_inner().expect("it turns once");
    let summary = trace::draw(&[first, last], std::io::sink()).expect("a sink takes all");
    assert_eq!((summary.made, summary.ended, summary.lost), (goroutines, goroutines, 0));
    assert!(summary.runs >= goroutines);
    drop(rt);
    String::from("all is there")
}

/// An M ends with its goroutine, and another is made for the one that is left.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 3,
    run: || {
        traced(2, |rt, turn| {
            let one = rt.go(|| {
                let _ = std::mem::ManuallyDrop::new(lock_os_thread()); // the thread ends with it
                go(|| ())
            });
            turn();
            one.join().expect("it returns").join().expect("it returns");
        })
    },
    outcomes: &["all is there"],
};

/// The world is stopped while goroutines run.
pub(crate) const STOPPED: Scenario = Scenario {
    threads: 3,
    run: || {
        traced(1, |rt, turn| {
            let one = rt.go(yield_now);
            rt.stop_the_world(|_| turn());
            one.join().expect("it returns");
        })
    },
    outcomes: &["all is there"],
};
