//! `proto/lock`, one step after the other.

use crate::base::rank::Rank;
use crate::proto::lock::Lock;

#[test]
fn a_dropped_guard_leaves_the_data_to_the_next() {
    let lock = Lock::new(Rank::Chan, 0);
    for expected in 0..3 {
        let mut guard = lock.lock();
        assert_eq!(*guard, expected);
        *guard += 1;
    }
}

#[test]
fn locks_are_taken_in_their_order_and_given_back_in_any() {
    let ranks = [Rank::Runs, Rank::Join, Rank::Idle, Rank::AllM];
    let locks = ranks.map(|rank| Lock::new(rank, ()));
    for _ in 0..2 {
        let [runs, join, idle, allm] = locks.each_ref().map(Lock::lock);
        drop(runs);
        drop(idle);
        drop(allm);
        drop(locks[3].lock());
        drop(join);
    }
}

#[cfg(debug_assertions)]
mod ranking {
    //! What a debug build says of a lock that is taken out of order: in a process that it ends.

    use super::{Lock, Rank};
    use std::process::Command;

    const CHILD: &str = "GOSCHED_TEST_CHILD";

    /// What the process says that takes these two, one under the other.
    fn breach(test: &str, [first, second]: [Rank; 2]) -> String {
        if std::env::var_os(CHILD).is_some() {
            let (first, second) = (Lock::new(first, ()), Lock::new(second, ()));
            let _first = first.lock();
            let _second = second.lock();
            std::process::exit(0);
        }
        let output = Command::new(std::env::current_exe().expect("Linux knows it"))
            .args(["--exact", &format!("tests::lock::ranking::{test}"), "--nocapture"])
            .env(CHILD, "1")
            .output()
            .expect("it ran before");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    #[test]
    fn a_lock_taken_out_of_order_ends_the_process_with_both_names() {
        let name = "a_lock_taken_out_of_order_ends_the_process_with_both_names";
        let said = breach(name, [Rank::AllM, Rank::Idle]);
        let expected = "gosched: lock ranking: Idle was taken while AllM was held\n";
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn two_of_one_rank_are_out_of_order() {
        let said = breach("two_of_one_rank_are_out_of_order", [Rank::Chan, Rank::Chan]);
        assert!(said.contains("Chan was taken while Chan was held"), "{said}");
    }
}
