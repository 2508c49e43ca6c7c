//! Whether a scheduler is traced, and what is noted by those who are no Ms.

use super::tape::{Entry, Tape};
use crate::base::rank::Rank;
use crate::facade::mail::{Myself, Sender, Shared};
use crate::facade::{now_ns, thread::JoinHandle};
use crate::proto::lock::Lock;
use crate::proto::trace::Gate;

/// What a trace is told.
pub(crate) enum Command {
    /// To end.
    End,
    /// To send what it has kept.
    Send(Sender<Vec<std::sync::Arc<Kept>>>),
}

/// What was noted in one generation.
#[derive(Debug)]
pub(crate) struct Kept {
    /// When the next generation began: whatever it notes is not older.
    pub(crate) until_ns: u64,
    /// Each with the number of its M.
    pub(crate) tapes: Vec<(Option<u32>, Tape)>,
    pub(crate) counts: Option<Counts>,
}

impl Default for Kept {
    /// After the last one.
    fn default() -> Self {
        Self { until_ns: u64::MAX, tapes: Vec::new(), counts: None }
    }
}

impl Kept {
    /// The moment of the first note.
    pub(crate) fn began_ns(&self) -> u64 {
        self.tapes.iter().map(|(_, tape)| tape.first_ns()).min().unwrap_or(self.until_ns)
    }
}

/// What there is at the end of a generation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) goroutines: u64,
    pub(crate) queued: u64,
    pub(crate) idle_procs: u64,
    pub(crate) threads: u64,
}

impl Counts {
    pub(crate) fn named(self) -> [(&'static str, u64); 4] {
        [
            ("goroutines", self.goroutines),
            ("queued goroutines", self.queued),
            ("idle processors", self.idle_procs),
            ("threads", self.threads),
        ]
    }
}

/// The thread that collects, and how to tell it something.
pub(crate) struct Running {
    pub(crate) commands: Sender<Command>,
    pub(crate) thread: JoinHandle,
    /// Which thread that is.
    pub(crate) scribe: Myself,
}

/// Who traces.
#[derive(Default)]
pub(crate) struct Seat {
    /// Whether there is a trace that has not ended.
    pub(crate) is_taken: bool,
    /// The last thread, until it was joined.
    pub(crate) running: Option<Running>,
}

/// What those note who are no Ms.
#[derive(Default)]
struct Notes {
    /// Whether notes are taken.
    are_taken: bool,
    tape: Tape,
}

/// A scheduler's part of its traces.
pub(crate) struct Tracing {
    /// For the Ms.
    pub(crate) gate: Gate,
    notes: Lock<Notes>,
    pub(crate) seat: Shared<Seat>,
}

impl Tracing {
    pub(crate) fn new() -> Self {
        Self {
            gate: Gate::new(),
            notes: Lock::new(Rank::Trace, Notes::default()),
            seat: Shared::new(Seat::default()),
        }
    }

    /// Says whether those who are no Ms take notes; returns their last ones.
    pub(crate) fn take_notes(&self, are_taken: bool) -> Tape {
        let mut notes = self.notes.lock();
        notes.are_taken = are_taken;
        core::mem::take(&mut notes.tape)
    }

    /// Notes what one does who is no M.
    pub(crate) fn note(&self, entry: &Entry) {
        let mut notes = self.notes.lock();
        if notes.are_taken {
            // With the lock held: what comes after the tape was taken has a later time.
            notes.tape.put(now_ns(), entry);
        }
    }
}
