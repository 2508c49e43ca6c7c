//! `proto/gstatus`, one step after the other.

use crate::proto::gstatus::*;

#[test]
fn a_wakeup_counts_before_and_after_the_commit() {
    let status = GStatus::dead();
    status.spawned();
    status.run();
    assert_eq!(status.ready(), Readied::Marked);
    assert_eq!(status.commit_park(), Parked::ReadiedFirst);
    assert_eq!(status.commit_park(), Parked::Waiting);
    assert_eq!(status.ready(), Readied::Won);
    status.run();
    status.yielded();
    status.run();
    status.exited();
}
