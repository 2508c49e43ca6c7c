//! `proto/freelist` under shuttle.

use super::{pct, random};
use crate::cells::{freelist::Slots, spawn};

crate::cells::freelist::suite!();

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
