//! Scenarios of `proto/pollsema`: readers of a descriptor, beside a kernel that delivers and then says so.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, beside};
use crate::facade::{AtomicU32, Ordering::Relaxed};
use crate::proto::claim::{self, Claim, TIME};
use crate::proto::note::Note;
use crate::proto::pollsema::{Look, PollSema, Queued};
use crate::proto::waitq::{Waiter, Waitq};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { pollsema:
            who_sees_a_word_finds_what_it_tells_of = TOLD, loom All, shuttle depth_first;
            a_reader_gets_what_comes = ONE, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_reader_that_relies_on_empty_gets_what_comes =
                RELIES, loom Preemptions(4), shuttle cut(1_000, 20_000);
            two_readers_get_what_comes_in_one_word =
                TWO, loom Preemptions(2), shuttle cut(1_000, 20_000);
            what_comes_beside_a_time_out_is_left_for_the_next =
                TIMED, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_reader_that_ends_leaves_what_comes_to_another =
                ENDED, loom Preemptions(3), shuttle cut(1_000, 20_000);
            after_the_end_nobody_relies_on_empty = LAST, loom Preemptions(4), shuttle cut(1_000, 20_000);
            an_old_word_does_no_harm = OLD, loom Preemptions(4), shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;

type Sema = PollSema<Arc<Note>, OneStep<Waitq<Look, Arc<Note>>>>;

/// A descriptor. The kernel keeps its own order: what it says, it has done before.
struct Descriptor {
    bytes: AtomicU32,
    sema: Sema,
}

/// How a reader's wait ended.
#[derive(PartialEq, Eq)]
enum Waited {
    Told,
    TimedOut,
}

impl Descriptor {
    fn new() -> Arc<Self> {
        Arc::new(Self { bytes: AtomicU32::new(0), sema: Sema::new() })
    }

    /// Bytes come, and the kernel says so once.
    fn deliver(&self, n: u32) {
        self.bytes.fetch_add(n, Relaxed);
        self.tell(false);
    }

    fn tell(&self, is_end: bool) {
        self.sema.tell(is_end, |note: Arc<Note>| note.wakeup());
    }

    /// The system call: takes one byte, if there is one.
    fn try_read(&self) -> bool {
        let mut bytes = self.bytes.load(Relaxed);
        while bytes > 0 {
            match self.bytes.compare_exchange(bytes, bytes - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => bytes = now,
            }
        }
        false
    }

    /// Reads one byte; waits for it.
    fn read(&self) {
        loop {
            let look = self.sema.look();
            if !self.sema.is_known_empty(look) {
                if self.try_read() {
                    return;
                }
                self.sema.note_empty(look);
            }
            self.wait(look, &Claim::new());
        }
    }

    fn wait(&self, look: Look, claim: &Claim) -> Waited {
        let note = Arc::new(Note::new());
        let waiter = Waiter::claimed(look, note.clone(), claim, 0);
        // SAFETY: the node stays here until it was woken or withdrawn.
        if unsafe { self.sema.queue(&waiter, look) } == Queued::No {
            return Waited::Told;
        }
        if claim.winner() == Some(claim::TIME) {
            drop(self.sema.withdraw(&waiter));
            return Waited::TimedOut;
        }
        note.sleep();
        Waited::Told
    }
}

/// The word comes with what it tells of.
pub(crate) const TOLD: Scenario = Scenario {
    threads: 2,
    run: || {
        let fd = Descriptor::new();
        let before = fd.sema.look();
        let kernel = beside(&fd, |fd| fd.deliver(1));
        let is_told = fd.sema.look() != before;
        let is_there = fd.bytes.load(Relaxed) == 1;
        kernel.join();
        assert!(is_there || !is_told, "a word came before what it tells of");
        format!("told {is_told}, there {is_there}")
    },
    outcomes: &["told false, there false", "told false, there true", "told true, there true"],
};

/// One reader, one byte.
pub(crate) const ONE: Scenario = Scenario {
    threads: 2,
    run: || {
        let fd = Descriptor::new();
        let kernel = beside(&fd, |fd| fd.deliver(1));
        fd.read();
        kernel.join();
        format!("{} left", fd.bytes.load(Relaxed))
    },
    outcomes: &["0 left"],
};

/// A reader that takes a byte and knows that nothing is left reads another.
pub(crate) const RELIES: Scenario = Scenario {
    threads: 2,
    run: || {
        let fd = Descriptor::new();
        fd.deliver(1);
        let kernel = beside(&fd, |fd| fd.deliver(1));
        let look = fd.sema.look();
        assert!(fd.try_read(), "it was there from the beginning");
        if fd.bytes.load(Relaxed) == 0 {
            fd.sema.note_empty(look);
        }
        fd.read();
        kernel.join();
        format!("{} left", fd.bytes.load(Relaxed))
    },
    outcomes: &["0 left"],
};

/// Two readers, and two bytes with one word.
pub(crate) const TWO: Scenario = Scenario {
    threads: 3,
    run: || {
        let fd = Descriptor::new();
        let other = beside(&fd, Descriptor::read);
        let kernel = beside(&fd, |fd| fd.deliver(2));
        fd.read();
        other.join();
        kernel.join();
        format!("{} left", fd.bytes.load(Relaxed))
    },
    outcomes: &["0 left"],
};

/// A reader whose time is up before it sleeps, and who then reads again.
pub(crate) const TIMED: Scenario = Scenario {
    threads: 2,
    run: || {
        let fd = Descriptor::new();
        let kernel = beside(&fd, |fd| fd.deliver(1));
        let (look, claim) = (fd.sema.look(), Claim::new());
        let mut has_read = fd.try_read();
        let mut end = "read at once";
        if !has_read {
            let is_late = claim.try_claim(TIME);
            assert!(is_late, "nobody else claims before it is queued");
            end = if fd.wait(look, &claim) == Waited::TimedOut { "timed out" } else { "told" };
            fd.read();
            has_read = true;
        }
        kernel.join();
        format!("{end}, {has_read}")
    },
    outcomes: &["read at once, true", "timed out, true", "told, true"],
};

/// One of two readers is withdrawn for good, as the end of a runtime does; the other gets the byte.
pub(crate) const ENDED: Scenario = Scenario {
    threads: 3,
    run: || {
        let fd = Descriptor::new();
        let note = Arc::new(Note::new());
        let look = fd.sema.look();
        let gone = Waiter::new(look, note);
        // SAFETY: it stays here until it was woken or withdrawn.
        assert!(unsafe { fd.sema.queue(&gone, look) } == Queued::Yes, "no word has come");
        let kernel = beside(&fd, |fd| fd.deliver(1));
        let other = beside(&fd, Descriptor::read);
        let was_there = fd.sema.withdraw(&gone).is_some();
        other.join();
        kernel.join();
        format!("withdrawn {was_there}, {} left", fd.bytes.load(Relaxed))
    },
    outcomes: &["withdrawn false, 0 left", "withdrawn true, 0 left"],
};

/// The last byte and the peer's end come in one word, and another word after it.
pub(crate) const LAST: Scenario = Scenario {
    threads: 2,
    run: || {
        let fd = Descriptor::new();
        let kernel = beside(&fd, |fd| {
            fd.bytes.fetch_add(2, Relaxed); // the byte, and the end, which is read like a byte
            fd.tell(true);
            fd.tell(false);
        });
        let look = fd.sema.look();
        if fd.try_read() {
            fd.sema.note_empty(look); // it wanted more, and got one byte
        } else {
            fd.read();
        }
        kernel.join();
        fd.read();
        format!("{} left", fd.bytes.load(Relaxed))
    },
    outcomes: &["0 left"],
};

/// A word for the last owner comes late.
pub(crate) const OLD: Scenario = Scenario {
    threads: 2,
    run: || {
        let fd = Descriptor::new();
        fd.tell(true);
        fd.sema.renew();
        let kernel = beside(&fd, |fd| {
            fd.tell(false);
            fd.deliver(1);
        });
        fd.read();
        kernel.join();
        format!("{} left", fd.bytes.load(Relaxed))
    },
    outcomes: &["0 left"],
};
