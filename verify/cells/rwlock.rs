//! Scenarios of a lock that many may read and one may write, made of the permits of `proto/semaphore`: a
//! reader has one, a writer all.

use std::sync::Arc;

use super::semaphore::House;
use super::{Scenario, spawn};
use crate::facade::thread::JoinHandle;
use crate::proto::semaphore::MAX;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { rwlock:
            a_reader_sees_a_writer_whole_or_not_at_all =
                READER_AND_WRITER, loom Preemptions(4), shuttle cut(1_000, 20_000);
            two_readers_and_a_writer_keep_out_of_each_others_way =
                TWO_READERS, loom Preemptions(2), shuttle cut(1_000, 50_000);
            a_reader_and_two_writers_keep_out_of_each_others_way =
                TWO_WRITERS, loom Preemptions(2), shuttle cut(1_000, 50_000);
            a_writer_waits_for_the_last_of_two_readers =
                LAST_READER, loom Preemptions(3), shuttle cut(1_000, 50_000);
            a_writer_that_becomes_a_reader_lets_no_writer_in_between =
                DOWNGRADE, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_writer_that_becomes_a_reader_lets_readers_in =
                LETS_READERS_IN, loom Preemptions(4), shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;

const READER: usize = 1;
const WRITER: usize = MAX;

fn write(house: &House) {
    house.acquire(WRITER);
    house.write();
    house.write();
    house.give(WRITER);
}

fn read(house: &House) -> u32 {
    house.acquire(READER);
    let seen = house.read();
    assert_eq!(seen % 2, 0, "half of what a writer writes");
    house.give(READER);
    seen
}

/// Runs these beside each other, and reads before and after.
fn beside(others: &[fn(&House)]) -> String {
    let house = House::new(MAX);
    let threads: Vec<_> = others
        .iter()
        .map(|&other| {
            let its = house.clone();
            spawn(move || other(&its))
        })
        .collect();
    let during = read(&house);
    threads.into_iter().for_each(JoinHandle::join);
    format!("{during}, then {}", read(&house))
}

/// One reads beside one that writes.
pub(crate) const READER_AND_WRITER: Scenario =
    Scenario { threads: 2, run: || beside(&[write]), outcomes: &["0, then 2", "2, then 2"] };

/// Two read beside one that writes.
pub(crate) const TWO_READERS: Scenario = Scenario {
    threads: 3,
    run: || beside(&[write, |house| drop(read(house).to_string())]),
    outcomes: &["0, then 2", "2, then 2"],
};

/// One reads beside two that write.
pub(crate) const TWO_WRITERS: Scenario = Scenario {
    threads: 3,
    run: || beside(&[write, write]),
    outcomes: &["0, then 4", "2, then 4", "4, then 4"],
};

/// Two read already when a writer comes.
pub(crate) const LAST_READER: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(MAX);
        house.acquire(READER);
        house.acquire(READER);
        let leave = |house: &Arc<House>| {
            let its = house.clone();
            spawn(move || {
                assert_eq!(its.read(), 0);
                its.give(READER);
            })
        };
        let readers = [leave(&house), leave(&house)];
        write(&house);
        readers.into_iter().for_each(JoinHandle::join);
        format!("{}", read(&house))
    },
    outcomes: &["2"],
};

/// A writer becomes a reader while another writer comes.
pub(crate) const DOWNGRADE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(MAX);
        house.acquire(WRITER);
        house.write();
        let its = house.clone();
        let other = spawn(move || {
            its.acquire(WRITER);
            its.write();
            its.give(WRITER);
        });
        house.give(WRITER - READER);
        let seen = house.read();
        house.give(READER);
        other.join();
        house.acquire(READER);
        format!("{seen}, then {}", house.read())
    },
    outcomes: &["1, then 2"],
};

/// A writer becomes a reader, and stays one until another has read.
pub(crate) const LETS_READERS_IN: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(MAX);
        house.acquire(WRITER);
        house.write();
        let its = house.clone();
        let other = spawn(move || {
            its.acquire(READER);
            assert_eq!(its.read(), 1);
            its.give(READER);
        });
        house.give(WRITER - READER);
        other.join();
        format!("{}", house.read())
    },
    outcomes: &["1"],
};
