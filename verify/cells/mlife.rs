//! Scenarios of `proto/mlife`: threads that begin, die and leave their records to others.
//!
//! A record has a cell that only its thread touches, so two threads at once are a race, which loom
//! reports, and a flag that says so under shuttle too.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Flag, AtomicU32 as Ghost, Ordering::SeqCst};

use super::onestep::OneStep;
use super::{JoinHandle, Scenario, spawn};
use crate::facade::{AtomicU32, Cell, Ordering::Relaxed, spin_hint};
use crate::proto::lock::{Exclude, Lock};
use crate::proto::mlife::{Life, Mlife, Newborn, Record, Refused, Table};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { mlife:
            a_record_is_reused_only_when_its_thread_has_left =
                REUSED, loom All, shuttle cut(1_000, 50_000);
            a_dying_thread_does_not_take_its_own_record =
                OWN_RECORD, loom All, shuttle cut(1_000, 50_000);
            a_late_handle_lies_with_its_own_thread =
                LATE_HANDLE, loom All, shuttle cut(1_000, 50_000);
            of_two_reservers_one_gets_the_last_thread = LIMIT, loom All, shuttle cut(1_000, 50_000);
            a_dying_thread_counts_until_it_has_left = COUNTS, loom All, shuttle cut(1_000, 50_000);
            at_the_end_no_thread_is_forgotten = CLOSED, loom All, shuttle cut(1_000, 50_000);
            a_thread_that_dies_at_the_end_is_joined =
                DIES_AT_THE_END, loom All, shuttle cut(1_000, 50_000);
            the_end_does_not_wait_for_a_thread_that_cannot_be_made =
                CANCELLED, loom All, shuttle cut(1_000, 50_000);
            the_limit_is_not_lowered_below_those_there_are =
                LOWERED, loom All, shuttle cut(1_000, 50_000);
        }
    };
}
pub(crate) use suite;

/// A thread's record.
struct M {
    life: Life,
    touched: Cell<u32>,
    is_used: Flag,
}

// SAFETY: only the record's thread touches the cell; that there is one is what is checked.
unsafe impl Sync for M {}

impl Record for M {
    fn life(&self) -> &Life {
        &self.life
    }
}

/// A record, for the thread that has it.
struct Mine(NonNull<M>);

// SAFETY: a shared reference to something Sync.
unsafe impl Send for Mine {}

impl Mine {
    fn m(&self) -> &M {
        // SAFETY: the scenarios keep their records until their threads have ended.
        unsafe { self.0.as_ref() }
    }

    fn id(&self) -> u32 {
        self.m().life.id()
    }

    /// Touches it; returns how often it was touched by now.
    fn touch(&self) -> u32 {
        self.m().touched.with_mut(|touched| {
            // SAFETY: (exclusive) the record is ours.
            let touched = unsafe { &mut *touched };
            *touched += 1;
            *touched
        })
    }

    /// The record is ours from here on.
    fn begin(&self) -> u32 {
        assert!(!self.m().is_used.swap(true, SeqCst), "another thread has it");
        self.touch()
    }
}

/// All threads; under a lock that is taken in one step, because the real one has its own suite (and
/// its fences would hide a missing order of ours).
struct World<L = OneStep<Table<M>>> {
    lives: Mlife<M, L>,
    /// Threads that are about to leave, or have left. RMW-only, and not a ghost: a checker must try
    /// to look before it changes.
    leaving: AtomicU32,
}

impl World {
    fn stepwise(limit: u32) -> Arc<Self> {
        Self::new(limit)
    }
}

impl<L: Exclude<Table<M>> + Send + Sync + 'static> World<L> {
    fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { lives: Mlife::new(limit), leaving: AtomicU32::new(0) })
    }

    fn born(&self) -> Result<(Newborn<M>, Mine), Refused> {
        let reservation = self.lives.reserve()?;
        let born = self.lives.allocm(reservation, |life| M {
            life,
            touched: Cell::new(0),
            is_used: Flag::new(false),
        });
        let mine = Mine(born.m());
        Ok((born, mine))
    }

    fn first(&self) -> (Newborn<M>, Mine) {
        self.born().expect("there is room for one")
    }

    /// The last steps of a thread; `meanwhile` it does what it does between them.
    fn die(&self, mine: &Mine, meanwhile: impl FnOnce()) {
        self.lives.retire(mine.m());
        meanwhile();
        mine.touch();
        mine.m().is_used.store(false, SeqCst);
        self.leaving.fetch_add(1, Relaxed);
        self.lives.left(mine.m());
    }

    /// Starts a thread that has begun when this returns, and dies at once.
    fn dying(self: &Arc<Self>, mine: Mine) -> JoinHandle {
        let world = self.clone();
        mine.begin();
        spawn(move || world.die(&mine, || ()))
    }

    /// Ends it all; returns how many threads that joined.
    fn end(&self) -> usize {
        let threads = self.lives.close();
        let n = threads.len();
        threads.into_iter().for_each(JoinHandle::join);
        assert_eq!(self.lives.reserve().err(), Some(Refused::Closed));
        n
    }
}

/// A thread dies while another wants a record.
pub(crate) const REUSED: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(2);
        let (born, mine) = world.first();
        world.lives.started(born, None);
        let dying = world.dying(mine);
        let (born, mine) = world.first();
        let touched = mine.begin();
        world.lives.started(born, None);
        dying.join();
        assert_eq!(world.lives.count(), 1, "the dead does not count");
        format!("record {}, touched {touched} times", mine.id())
    },
    outcomes: &["record 0, touched 3 times", "record 1, touched 1 times"],
};

/// A dying thread makes another one, while its maker says that it was started, and ends it all.
pub(crate) const OWN_RECORD: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(2);
        let got = Arc::new(Ghost::new(0));
        let (born, mine) = world.first();
        let thread = spawn({
            let (world, got) = (world.clone(), got.clone());
            move || {
                mine.begin();
                world.die(&mine, || {
                    let Ok((born, other)) = world.born() else { return };
                    other.begin();
                    got.store(other.id(), SeqCst);
                    world.lives.started(born, None);
                });
            }
        });
        world.lives.started(born, Some(thread));
        assert_eq!(world.end(), 1, "the one thread is joined");
        match got.load(SeqCst) {
            0 => String::from("refused"),
            id => format!("record {id}"),
        }
    },
    outcomes: &["record 1", "refused"],
};

/// A thread has died before its maker says that it was started; another wants a record.
pub(crate) const LATE_HANDLE: Scenario = Scenario {
    threads: 3,
    run: || {
        let world = World::stepwise(2);
        let (born, mine) = world.first();
        let dying = world.dying(mine);
        let got = Arc::new(Ghost::new(0));
        let other = spawn({
            let (world, got) = (world.clone(), got.clone());
            move || {
                let (born, mine) = world.first();
                mine.begin();
                got.store(mine.id(), SeqCst);
                world.lives.started(born, None);
            }
        });
        world.lives.started(born, Some(dying));
        other.join();
        format!("record {}, {} left to join", got.load(SeqCst), world.end())
    },
    outcomes: &["record 0, 0 left to join", "record 1, 1 left to join"],
};

/// Two want the one thread that there may be.
pub(crate) const LIMIT: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(1);
        let other = spawn({
            let world = world.clone();
            move || match world.born() {
                Ok((born, _)) => world.lives.started(born, None),
                Err(refused) => assert_eq!(refused, Refused::Full),
            }
        });
        let mine = world.born().map(|(born, _)| world.lives.started(born, None));
        other.join();
        assert_eq!(world.lives.count(), 1, "one and no more");
        mine.map_or_else(|refused| format!("{refused:?}"), |()| String::from("made"))
    },
    outcomes: &["Full", "made"],
};

/// A thread dies while another wants its place.
pub(crate) const COUNTS: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(1);
        let (born, mine) = world.first();
        world.lives.started(born, None);
        let dying = world.dying(mine);
        let made = world.born().map(|(born, mine)| {
            assert_eq!(world.leaving.fetch_add(0, Relaxed), 1, "the one thread has not left");
            mine.begin();
            world.lives.started(born, None);
        });
        dying.join();
        made.map_or_else(|refused| format!("{refused:?}"), |()| String::from("made"))
    },
    outcomes: &["Full", "made"],
};

/// One makes a thread while the end comes.
pub(crate) const CLOSED: Scenario = Scenario {
    threads: 3,
    run: || {
        let world = World::stepwise(1);
        let ran = Arc::new(Flag::new(false));
        let maker = spawn({
            let (world, ran) = (world.clone(), ran.clone());
            move || {
                let Ok((born, _)) = world.born() else { return };
                let thread = spawn(move || ran.store(true, SeqCst));
                world.lives.started(born, Some(thread));
            }
        });
        let joined = world.end();
        let ran_before = ran.load(SeqCst);
        maker.join();
        assert_eq!(ran.load(SeqCst), ran_before, "a thread outlived its runtime");
        format!("{joined} joined")
    },
    outcomes: &["0 joined", "1 joined"],
};

/// A thread dies while the end comes.
pub(crate) const DIES_AT_THE_END: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(1);
        let (born, mine) = world.first();
        let thread = world.dying(mine);
        world.lives.started(born, Some(thread));
        let joined = world.end();
        format!("{joined} joined, {} counted", world.lives.count())
    },
    outcomes: &["1 joined, 0 counted"],
};

/// One cannot make a thread while the end comes.
pub(crate) const CANCELLED: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(1);
        let maker = spawn({
            let world = world.clone();
            move || {
                if let Ok((born, _)) = world.born() {
                    world.lives.cancel(born);
                }
            }
        });
        let joined = world.end();
        maker.join();
        format!("{joined} joined, {} counted", world.lives.count())
    },
    outcomes: &["0 joined, 0 counted"],
};

/// One reserves while the limit is lowered.
pub(crate) const LOWERED: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::stepwise(1);
        let maker = spawn({
            let world = world.clone();
            move || {
                if let Ok((born, _)) = world.born() {
                    world.lives.started(born, None);
                }
            }
        });
        let lowered = world.lives.set_limit(0);
        maker.join();
        format!("{lowered:?}, {} counted", world.lives.count())
    },
    outcomes: &["Err(1), 1 counted", "Ok(1), 0 counted"],
};

/// Makers with more threads than there may be at a time, each of which lives a little; each maker's
/// last one cannot be made.
pub(crate) fn generations() {
    const LIMIT: u32 = 3;
    let world = World::<Lock<Table<M>>>::new(LIMIT);
    let makers = [(); 3].map(|()| {
        let world = world.clone();
        spawn(move || {
            for i in 0..4 {
                let (born, mine) = loop {
                    match world.born() {
                        Ok(born) => break born,
                        Err(refused) => assert_eq!(refused, Refused::Full),
                    }
                    spin_hint(); // progress: the threads there are leave
                };
                assert!(world.lives.count() <= LIMIT);
                if i == 3 {
                    world.lives.cancel(born);
                    continue;
                }
                let thread = spawn({
                    let world = world.clone();
                    move || {
                        mine.begin();
                        world.die(&mine, || ());
                    }
                });
                world.lives.started(born, Some(thread));
            }
        })
    });
    makers.into_iter().for_each(JoinHandle::join);
    world.end();
    assert_eq!(world.leaving.fetch_add(0, Relaxed), 9, "all have lived");
    assert_eq!(world.lives.count(), 0, "and nobody does");
    world.lives.for_each(|_| panic!("listed"));
}
