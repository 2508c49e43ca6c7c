//! The whole scheduler under loom: two Ms, two Ps, goroutines on their own stacks. Bounded: the
//! number of preemptions is in each line.

use super::{Bound, model};
use crate::cells::sched;

#[test]
fn a_goroutine_is_spawned_and_joined() {
    for n in 1..=2 {
        model(
            "sched::a_goroutine_is_spawned_and_joined",
            3,
            Bound::Window(n),
            sched::spawn_and_join,
        );
    }
}
