//! The number of Ps changes while the world is stopped.

use std::sync::Arc;

use super::stopped::two_ms;
use crate::cells::runtime::{end, runtime};
use crate::cells::{Scenario, window};
use crate::proto::note::Note;
use crate::{go, set_procs};

/// One P of two goes while a goroutine is queued on each of them behind one that keeps its thread.
pub(crate) const RESIZED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(2);
        let notes = [(); 2].map(|()| Arc::new([Note::new(), Note::new()]));
        let hogs = notes.each_ref().map(|note| {
            let note = note.clone();
            rt.go(move || {
                let queued = go(|| ());
                note[0].wakeup();
                note[1].sleep();
                queued.join().expect("it returns");
            })
        });
        notes.iter().for_each(|note| note[0].sleep());
        window(|| {
            assert_eq!(rt.set_procs(1), 2);
            notes.iter().for_each(|note| note[1].wakeup());
            hogs.into_iter().for_each(|hog| hog.join().expect("it returns"));
        });
        assert_eq!((rt.set_procs(2), rt.procs()), (1, 2));
        end(rt, 0);
        String::from("all ran")
    },
    outcomes: &["all ran"],
};

/// A goroutine, with others queued on its P, has one P and then two; it may have had the one that
/// goes.
pub(crate) const RESIZED_BY_A_GOROUTINE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = two_ms();
        let got = rt.run(|| {
            window(|| {
                let other = go(|| {
                    let inner = go(|| 1);
                    set_procs(2);
                    inner.join().expect("it returns")
                });
                set_procs(1);
                other.join().expect("it returns")
            })
        });
        let procs = rt.procs();
        end(rt, 0);
        format!("got {got}, {procs} at last")
    },
    outcomes: &["got 1, 1 at last", "got 1, 2 at last"],
};
