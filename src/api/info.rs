//! What is known of a goroutine when a list of them is made.

use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::time::Duration;

use crate::machine::backtrace;
use crate::sched::census::{Listed, State};

/// A goroutine as it was when a list was made: by [`Runtime::dump`](crate::Runtime::dump), or in a stopped
/// world ([`World::goroutines`](crate::World::goroutines)).
///
/// Its `Display` is one line: the goroutine's number, its name and labels, its state, and where it was
/// started. The state is one of these:
///
/// - It runs: it computes or blocks in code outside this crate, or it has stopped the world.
/// - It is ready to run.
/// - It waits. Then the text says what it waits for, for how long, and in which file and line. If
///   the goroutine waits while it unwinds, the text says that it is asleep with its thread.
///
/// In a dump, the line names the thread of a goroutine that runs or is locked to a thread, and says whether a
/// pause keeps the goroutine from running.
#[derive(Clone)]
pub struct GoroutineInfo {
    listed: Listed,
    frames: Option<Box<[Frame]>>,
}

/// What a goroutine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoroutineState {
    /// It is ready to run.
    Runnable,
    /// It is ready to run, and a pause keeps it from running. Only a dump says so.
    HeldBack,
    /// A thread runs it: it computes, or its thread is not known.
    Running,
    /// A thread runs it, and is asleep in the kernel. Only a dump says so.
    Blocking,
    /// It waits in a call of this crate.
    Waiting,
    /// It waits in a call of this crate, and its thread sleeps with it, because it unwinds.
    WaitingWithThread,
}

impl GoroutineInfo {
    /// The addresses of its frames.
    pub(super) fn addresses(&self) -> Option<&[usize]> {
        self.listed.frames.as_deref()
    }

    pub(super) fn new(listed: Listed) -> Self {
        let frames = listed.frames.as_ref();
        let frames = frames.map(|frames| frames.iter().copied().map(Frame).collect());
        Self { listed, frames }
    }

    /// Returns the goroutine's number. No other goroutine of the same runtime has this number, also
    /// not later.
    pub fn id(&self) -> u64 {
        self.listed.id
    }

    /// Returns the name that the goroutine was given by [`goroutine::Builder`](crate::goroutine::Builder).
    pub fn name(&self) -> Option<&str> {
        self.listed.tags.as_ref()?.name()
    }

    /// Returns the goroutine's labels, those that it inherited too, by ascending keys.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.listed.tags.as_ref().map_or(&[][..], |tags| tags.labels());
        labels.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Returns what the goroutine did.
    pub fn state(&self) -> GoroutineState {
        match self.listed.state {
            State::Runnable if self.listed.is_held_back => GoroutineState::HeldBack,
            State::Runnable => GoroutineState::Runnable,
            State::Running if self.listed.thread.is_some_and(|thread| thread.is_asleep) => {
                GoroutineState::Blocking
            }
            State::Running => GoroutineState::Running,
            State::Waits(..) => GoroutineState::Waiting,
            State::Sleeps(..) => GoroutineState::WaitingWithThread,
        }
    }

    /// Returns what the goroutine waited for, in words, and for how long, rounded down to some 20 ms.
    pub fn waits_for(&self) -> Option<(&'static str, Duration)> {
        match self.listed.state {
            State::Waits(wait, ns) | State::Sleeps(wait, ns) => {
                Some((wait.words(), Duration::from_nanos(ns)))
            }
            State::Runnable | State::Running => None,
        }
    }

    /// Returns where the goroutine waited, if it did.
    pub fn waits_at(&self) -> Option<&'static Location<'static>> {
        self.listed.waits_at
    }

    /// Returns where the goroutine was started.
    pub fn started_at(&self) -> &'static Location<'static> {
        self.listed.started_at
    }

    /// Returns the kernel's number of the thread that runs the goroutine or, if it does not run, of the thread
    /// that it is locked to. `None` outside a dump.
    pub fn thread(&self) -> Option<u32> {
        self.listed.thread.map(|thread| thread.id).or(self.listed.locked_to)
    }

    /// Returns the frames of the goroutine's stack, from the innermost, if it did not run. At most 128 are
    /// found. `None` for a goroutine that ran, outside a dump, and in a program that was built without
    /// the feature `backtrace`.
    pub fn stack(&self) -> Option<&[Frame]> {
        self.frames.as_deref()
    }
}

impl fmt::Display for GoroutineInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listed.fmt(f)
    }
}

impl fmt::Debug for GoroutineInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoroutineInfo")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// A frame of a suspended stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame(usize);

impl Frame {
    /// Returns an address in the instruction that the frame is at: the call of the frame before it in the
    /// list.
    pub fn address(&self) -> usize {
        self.0
    }

    /// Returns the functions that the frame is in, from the innermost: those that the compiler has inlined,
    /// and the one that they were inlined in. None are found where the program has no symbols.
    ///
    /// The first call in a process reads the program's debug information, which takes its time.
    pub fn functions(&self) -> Vec<Function> {
        backtrace::functions(self.0).into_iter().map(Function).collect()
    }
}

/// A function that a [`Frame`] is in.
#[derive(Clone, Debug)]
pub struct Function(backtrace::Function);

impl Function {
    /// Returns the function's name, without the hash that the compiler adds.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Returns the file and the line that the frame is at.
    pub fn place(&self) -> Option<(&PathBuf, u32)> {
        Some((self.0.file.as_ref()?, self.0.line?))
    }
}
