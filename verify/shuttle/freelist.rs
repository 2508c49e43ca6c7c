//! `proto/freelist` under shuttle.

use super::{depth_first, depth_first_cut, pct, random};
use crate::cells::{freelist, freelist::Slots, spawn};

#[test]
fn a_slot_that_is_taken_for_good_is_given_to_nobody() {
    depth_first_cut(&freelist::TAKE, 1_000, 100_000);
}

#[test]
fn the_next_user_sees_what_the_last_one_left() {
    depth_first(&freelist::PASS_ON);
}

#[test]
fn a_slot_is_given_out_to_one_at_a_time() {
    depth_first(&freelist::ONE_AT_A_TIME);
}

/// Four processors use up to five slots at once, of fifteen; nobody finds another in its slot, and
/// none is lost.
fn every_user_is_alone() {
    let slots = Slots::<4>::new(15, 4);
    let threads: Vec<_> = (0..4)
        .map(|p| {
            let slots = slots.clone();
            let me = char::from(b'a' + p);
            spawn(move || {
                slots.with_local(p.into(), |local| {
                    for n in [1, 5, 2, 4, 3, 5] {
                        let used: Vec<_> = (0..n).map_while(|_| slots.enter(local, me)).collect();
                        for slot in used {
                            slots.leave(local, slot, me);
                        }
                    }
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join();
    }
    slots.assert_all_free();
}

#[test]
fn four_processors_never_share_a_slot() {
    const NAME: &str = "freelist::four_processors_never_share_a_slot";
    random(NAME, 2000, every_user_is_alone);
    pct(NAME, 3, 2000, every_user_is_alone);
}
