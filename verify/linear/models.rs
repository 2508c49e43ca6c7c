//! What the objects do when their calls come one at a time.

use std::collections::VecDeque;

use super::Object;

/// A channel; one without a buffer has `cap` 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Channel {
    cap: usize,
    queue: VecDeque<u32>,
    /// Of a channel without a buffer: what one sender hands over, and whether somebody has it.
    offer: Option<(u32, bool)>,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelOp {
    /// Sent, or not because the channel was closed.
    Send(u32, bool),
    TrySend(u32, Tried),
    /// The value, or `None` at the end.
    Recv(Option<u32>),
    TryRecv(Result<u32, Tried>),
    Len(usize),
    Close,
}

/// How a call that does not wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Done,
    WouldWait,
    Closed,
}

impl Channel {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, queue: VecDeque::new(), offer: None, is_closed: false }
    }

    fn put(mut self, value: u32, step: usize) -> Option<Self> {
        match (self.cap, self.offer, step) {
            (0, None, 0) if !self.is_closed => self.offer = Some((value, false)),
            (0, Some((it, true)), 1) if it == value => self.offer = None,
            (0, ..) => return None,
            _ if self.is_closed || self.queue.len() >= self.cap => return None,
            _ => self.queue.push_back(value),
        }
        Some(self)
    }

    fn take(mut self, value: u32) -> Option<Self> {
        if self.cap == 0 {
            self.offer = (self.offer == Some((value, false))).then_some(Some((value, true)))?;
            return Some(self);
        }
        (self.queue.pop_front() == Some(value)).then_some(self)
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl Object for Channel {
    type Op = ChannelOp;

    fn steps(&self, op: ChannelOp) -> usize {
        let hands_over =
            matches!(op, ChannelOp::Send(_, true) | ChannelOp::TrySend(_, Tried::Done));
        if self.cap == 0 && hands_over { 2 } else { 1 }
    }

    fn step(&self, _: usize, op: ChannelOp, step: usize) -> Option<Self> {
        let it = self.clone();
        let if_so = |is_so: bool| is_so.then(|| self.clone());
        match op {
            ChannelOp::Send(value, true) | ChannelOp::TrySend(value, Tried::Done) => {
                it.put(value, step)
            }
            ChannelOp::Send(_, false) | ChannelOp::TrySend(_, Tried::Closed) => if_so(it.is_closed),
            // Without a buffer nobody need have waited to receive.
            ChannelOp::TrySend(_, Tried::WouldWait) => {
                if_so(!it.is_closed && it.queue.len() >= it.cap)
            }
            ChannelOp::Recv(Some(value)) | ChannelOp::TryRecv(Ok(value)) => it.take(value),
            ChannelOp::Recv(None) | ChannelOp::TryRecv(Err(Tried::Closed | Tried::Done)) => {
                if_so(it.is_closed && it.is_empty())
            }
            ChannelOp::TryRecv(Err(Tried::WouldWait)) => if_so(!it.is_closed && it.is_empty()),
            ChannelOp::Len(len) => if_so(it.queue.len() == len),
            ChannelOp::Close => Some(Self { is_closed: true, ..it }),
        }
    }
}

/// Two channels, of which one may wait for either.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Two(pub(crate) [Channel; 2]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TwoOp {
    /// A call of one of them, also as the case that a select has chosen.
    One(usize, ChannelOp),
    /// A select found no value in either.
    Neither,
}

impl Object for Two {
    type Op = TwoOp;

    fn steps(&self, op: TwoOp) -> usize {
        match op {
            TwoOp::One(which, op) => self.0[which].steps(op),
            TwoOp::Neither => 1,
        }
    }

    fn step(&self, who: usize, op: TwoOp, step: usize) -> Option<Self> {
        let mut it = self.clone();
        match op {
            TwoOp::One(which, op) => it.0[which] = it.0[which].step(who, op, step)?,
            TwoOp::Neither if it.0.iter().all(|one| one.is_empty() && !one.is_closed) => {}
            TwoOp::Neither => return None,
        }
        Some(it)
    }
}

/// A lock that many may read under and one may write; a mutex is one that nobody reads under.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Locked {
    readers: u32,
    is_written: bool,
    /// Writers that have arrived and do not have it.
    waiting: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockOp {
    Read,
    TryRead(bool),
    EndRead,
    Write,
    TryWrite(bool),
    EndWrite,
    /// A writer becomes a reader.
    Downgrade,
}

impl Locked {
    fn is_free(&self) -> bool {
        !self.is_written && self.readers == 0
    }
}

impl Object for Locked {
    type Op = LockOp;

    fn steps(&self, op: LockOp) -> usize {
        if op == LockOp::Write { 2 } else { 1 }
    }

    fn step(&self, _: usize, op: LockOp, step: usize) -> Option<Self> {
        let mut it = self.clone();
        match (op, step) {
            (LockOp::Read | LockOp::TryRead(true), _) if !it.is_written => it.readers += 1,
            // A reader does not pass a writer that waits.
            (LockOp::TryRead(false), _) if it.is_written || it.waiting > 0 => {}
            (LockOp::EndRead, _) if it.readers > 0 => it.readers -= 1,
            (LockOp::Write, 0) => it.waiting += 1,
            (LockOp::Write, _) if it.is_free() => {
                it.waiting -= 1;
                it.is_written = true;
            }
            (LockOp::TryWrite(true), _) if it.is_free() => it.is_written = true,
            (LockOp::TryWrite(false), _) if !it.is_free() => {}
            (LockOp::EndWrite, _) if it.is_written => it.is_written = false,
            (LockOp::Downgrade, _) if it.is_written => {
                it.is_written = false;
                it.readers = 1;
            }
            _ => return None,
        }
        Some(it)
    }
}

/// A semaphore that serves those who wait in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Permits {
    free: u32,
    waiting: VecDeque<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PermitOp {
    Acquire(u32),
    TryAcquire(u32, bool),
    Release(u32),
}

impl Permits {
    pub(crate) fn new(free: u32) -> Self {
        Self { free, waiting: VecDeque::new() }
    }

    fn take(mut self, n: u32) -> Option<Self> {
        self.free = self.free.checked_sub(n)?;
        Some(self)
    }
}

impl Object for Permits {
    type Op = PermitOp;

    fn steps(&self, op: PermitOp) -> usize {
        if matches!(op, PermitOp::Acquire(_)) { 2 } else { 1 }
    }

    fn step(&self, who: usize, op: PermitOp, step: usize) -> Option<Self> {
        let mut it = self.clone();
        match (op, step) {
            (PermitOp::Acquire(_), 0) => it.waiting.push_back(who),
            (PermitOp::Acquire(n), _) => {
                (it.waiting.pop_front() == Some(who)).then_some(())?;
                return it.take(n);
            }
            (PermitOp::TryAcquire(n, true), _) if it.waiting.is_empty() => return it.take(n),
            (PermitOp::TryAcquire(n, false), _) if it.free < n || !it.waiting.is_empty() => {}
            (PermitOp::Release(n), _) => it.free += n,
            _ => return None,
        }
        Some(it)
    }
}

/// A mutex and a condition variable that notifies in the order in which its waiters came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    is_held: bool,
    waiting: VecDeque<usize>,
    notified: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionOp {
    Lock,
    Unlock,
    /// Gives the mutex up and waits, and has it again.
    Wait,
    NotifyOne,
    NotifyAll,
}

impl Object for Condition {
    type Op = ConditionOp;

    fn steps(&self, op: ConditionOp) -> usize {
        if op == ConditionOp::Wait { 2 } else { 1 }
    }

    fn step(&self, who: usize, op: ConditionOp, step: usize) -> Option<Self> {
        let mut it = self.clone();
        match (op, step) {
            (ConditionOp::Lock, _) if !it.is_held => it.is_held = true,
            (ConditionOp::Unlock, _) if it.is_held => it.is_held = false,
            (ConditionOp::Wait, 0) if it.is_held => {
                it.is_held = false;
                it.waiting.push_back(who);
            }
            (ConditionOp::Wait, 1) if !it.is_held => {
                let at = it.notified.iter().position(|&it| it == who)?;
                it.notified.remove(at);
                it.is_held = true;
            }
            (ConditionOp::NotifyOne, _) => it.notified.extend(it.waiting.pop_front()),
            (ConditionOp::NotifyAll, _) => it.notified.extend(it.waiting.drain(..)),
            _ => return None,
        }
        it.notified.sort_unstable();
        Some(it)
    }
}
