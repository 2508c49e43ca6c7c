//! Small random programs over each object, which check what their calls returned.
//!
//! Each runs in a goroutine. A call that waits is sure to end: the one that closes, adds permits or notifies
//! comes last, and again as long as somebody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use gosched::chan::{self, Receiver, Sender, TryRecvError, TrySendError};
use gosched::sync::{Condvar, Mutex, RwLock, RwLockWriteGuard, Semaphore};

use super::models::{
    Channel, ChannelOp, Condition, ConditionOp, LockOp, Locked, PermitOp, Permits, Tried, Two,
    TwoOp,
};
use super::{History, explain};

/// A part of a program.
pub(crate) type Part = Box<dyn FnOnce() + Send>;

/// Waits for the end of a part.
pub(crate) type Join = Box<dyn FnOnce()>;

/// Where the parts of a program run.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Starts one.
    pub(crate) start: fn(Part) -> Join,
    /// Lets others run.
    pub(crate) pause: fn(),
}

/// Numbers that look random (Marsaglia's xorshift).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// Starts `n` parts with dice of their own.
fn start(
    place: Place,
    seed: u64,
    n: u64,
    part: impl Fn(u64, &mut Dice) + Send + Sync + 'static,
) -> Vec<Join> {
    let part = Arc::new(part);
    let one = |i| {
        let part = part.clone();
        let mut dice = Dice::new(seed * 64 + i + 1);
        (place.start)(Box::new(move || part(i, &mut dice)))
    };
    (0..n).map(one).collect()
}

/// A value that no other call sends.
fn value(part: u64, nth: u64) -> u32 {
    u32::try_from(part * 16 + nth).unwrap()
}

fn send((tx, _): &Ends, value: u32) -> ChannelOp {
    ChannelOp::Send(value, tx.send(value).is_ok())
}

fn try_send((tx, _): &Ends, value: u32) -> ChannelOp {
    let tried = match tx.try_send(value) {
        Ok(()) => Tried::Done,
        Err(TrySendError::Full(_)) => Tried::WouldWait,
        Err(TrySendError::Disconnected(_)) => Tried::Closed,
    };
    ChannelOp::TrySend(value, tried)
}

fn try_recv((_, rx): &Ends) -> ChannelOp {
    ChannelOp::TryRecv(rx.try_recv().map_err(|error| match error {
        TryRecvError::Empty => Tried::WouldWait,
        TryRecvError::Disconnected => Tried::Closed,
    }))
}

type Ends = (Sender<u32>, Receiver<u32>);

/// Closes a channel when others have had a while.
fn close((tx, _): &Ends, dice: &mut Dice, place: Place) -> ChannelOp {
    (0..dice.throw(6)).for_each(|_| (place.pause)());
    tx.close();
    ChannelOp::Close
}

/// Senders and receivers of one channel, which is closed in the end.
pub(crate) fn channel(seed: u64, place: Place) {
    let cap = usize::try_from(seed % 3).unwrap();
    let history = Arc::new(History::new());
    let ends: Ends = chan::bounded(cap);
    let part = {
        let (history, ends) = (history.clone(), ends.clone());
        move |i: u64, dice: &mut Dice| {
            for nth in 0..3 {
                let value = value(i, nth);
                let call = dice.throw(6);
                history.note(|| {
                    let op = match call {
                        0 | 1 => send(&ends, value),
                        2 => try_send(&ends, value),
                        3 => ChannelOp::Recv(ends.1.recv().ok()),
                        4 => try_recv(&ends),
                        _ => ChannelOp::Len(ends.1.len()),
                    };
                    (op, ())
                });
            }
        }
    };
    let parts = start(place, seed, 3, part);
    history.note(|| (close(&ends, &mut Dice::new(seed), place), ()));
    parts.into_iter().for_each(|end| end());
    explain(&Channel::new(cap), &history.calls());
}

/// The first value of two channels, or that there is none.
fn select(ends: &[Ends; 2], waits: bool) -> TwoOp {
    let got = |which, value: Result<u32, _>| TwoOp::One(which, ChannelOp::Recv(value.ok()));
    let [(_, first), (_, second)] = ends;
    if waits {
        chan::select! {
            recv(first) -> value => got(0, value),
            recv(second) -> value => got(1, value),
        }
    } else {
        chan::select! {
            recv(first) -> value => got(0, value),
            recv(second) -> value => got(1, value),
            default => TwoOp::Neither,
        }
    }
}

/// Some that select over two channels, and some that use one of them.
pub(crate) fn selects(seed: u64, place: Place) {
    let caps = [usize::try_from(seed % 2).unwrap(), 1];
    let history = Arc::new(History::new());
    let ends: [Ends; 2] = caps.map(chan::bounded);
    let part = {
        let (history, ends) = (history.clone(), ends.clone());
        move |i: u64, dice: &mut Dice| {
            for nth in 0..3 {
                let which = usize::try_from(dice.throw(2)).unwrap();
                let (one, value) = (&ends[which], value(i, nth));
                let call = dice.throw(6);
                history.note(|| {
                    let op = match call {
                        0 | 1 => TwoOp::One(which, send(one, value)),
                        2 => TwoOp::One(which, try_recv(one)),
                        3 => select(&ends, false),
                        _ => select(&ends, true),
                    };
                    (op, ())
                });
            }
        }
    };
    let parts = start(place, seed, 3, part);
    let mut dice = Dice::new(seed);
    for (which, one) in ends.iter().enumerate() {
        history.note(|| (TwoOp::One(which, close(one, &mut dice, place)), ()));
    }
    parts.into_iter().for_each(|end| end());
    explain(&Two(caps.map(Channel::new)), &history.calls());
}

/// Readers and writers.
pub(crate) fn rwlock(seed: u64, place: Place) {
    let history = Arc::new(History::new());
    let lock = Arc::new(RwLock::new(()));
    let part = {
        let (history, lock) = (history.clone(), lock);
        move |_: u64, dice: &mut Dice| {
            for _ in 0..2 {
                match dice.throw(5) {
                    0 => {
                        let guard = history.note(|| (LockOp::Read, lock.read().unwrap()));
                        history.note(|| (LockOp::EndRead, drop(guard)));
                    }
                    1 => {
                        let tried = history.note(|| {
                            let tried = lock.try_read().ok();
                            (LockOp::TryRead(tried.is_some()), tried)
                        });
                        if let Some(guard) = tried {
                            history.note(|| (LockOp::EndRead, drop(guard)));
                        }
                    }
                    2 => {
                        let tried = history.note(|| {
                            let tried = lock.try_write().ok();
                            (LockOp::TryWrite(tried.is_some()), tried)
                        });
                        if let Some(guard) = tried {
                            history.note(|| (LockOp::EndWrite, drop(guard)));
                        }
                    }
                    3 => {
                        let guard = history.note(|| (LockOp::Write, lock.write().unwrap()));
                        let guard = history
                            .note(|| (LockOp::Downgrade, RwLockWriteGuard::downgrade(guard)));
                        history.note(|| (LockOp::EndRead, drop(guard)));
                    }
                    _ => {
                        let guard = history.note(|| (LockOp::Write, lock.write().unwrap()));
                        history.note(|| (LockOp::EndWrite, drop(guard)));
                    }
                }
            }
        }
    };
    let parts = start(place, seed, 3, part);
    parts.into_iter().for_each(|end| end());
    explain(&Locked::default(), &history.calls());
}

/// A mutex, waited for and tried.
pub(crate) fn mutex(seed: u64, place: Place) {
    let history = Arc::new(History::new());
    let lock = Arc::new(Mutex::new(()));
    let part = {
        let (history, lock) = (history.clone(), lock);
        move |_: u64, dice: &mut Dice| {
            for _ in 0..3 {
                let waits = dice.throw(2) == 0;
                let guard = history.note(|| {
                    if waits {
                        return (LockOp::Write, lock.lock().ok());
                    }
                    let tried = lock.try_lock().ok();
                    (LockOp::TryWrite(tried.is_some()), tried)
                });
                if dice.throw(2) == 0 {
                    (place.pause)();
                }
                if let Some(guard) = guard {
                    history.note(|| (LockOp::EndWrite, drop(guard)));
                }
            }
        }
    };
    let parts = start(place, seed, 3, part);
    parts.into_iter().for_each(|end| end());
    explain(&Locked::default(), &history.calls());
}

/// Permits, several at once, to which more are added in the end.
pub(crate) fn semaphore(seed: u64, place: Place) {
    const FREE: u32 = 2;
    let history = Arc::new(History::new());
    let semaphore = Arc::new(Semaphore::new(FREE as usize));
    let part = {
        let (history, semaphore) = (history.clone(), semaphore.clone());
        move |_: u64, dice: &mut Dice| {
            for _ in 0..2 {
                let n = u32::try_from(1 + dice.throw(3)).unwrap();
                let waits = dice.throw(2) == 0;
                let permit = history.note(|| {
                    if waits {
                        return (PermitOp::Acquire(n), Some(semaphore.acquire_many(n)));
                    }
                    let tried = semaphore.try_acquire_many(n).ok();
                    (PermitOp::TryAcquire(n, tried.is_some()), tried)
                });
                if let Some(permit) = permit {
                    history.note(|| (PermitOp::Release(n), drop(permit)));
                }
            }
        }
    };
    let parts = start(place, seed, 3, part);
    (place.pause)();
    history.note(|| (PermitOp::Release(4), semaphore.add_permits(4)));
    parts.into_iter().for_each(|end| end());
    explain(&Permits::new(FREE), &history.calls());
}

/// Some that wait for a condition, and some that notify one or all.
pub(crate) fn condvar(seed: u64, place: Place) {
    const PARTS: u64 = 3;
    let history = Arc::new(History::new());
    let condition = Arc::new((Mutex::new(()), Condvar::new()));
    let ended = Arc::new(AtomicU64::new(0));
    let part = {
        let (history, condition, ended) = (history.clone(), condition.clone(), ended.clone());
        move |_: u64, dice: &mut Dice| {
            let (mutex, condvar) = &*condition;
            for _ in 0..2 {
                match dice.throw(4) {
                    0 => history.note(|| (ConditionOp::NotifyOne, condvar.notify_one())),
                    1 => history.note(|| (ConditionOp::NotifyAll, condvar.notify_all())),
                    _ => {
                        let guard = history.note(|| (ConditionOp::Lock, mutex.lock().unwrap()));
                        let guard =
                            history.note(|| (ConditionOp::Wait, condvar.wait(guard).unwrap()));
                        history.note(|| (ConditionOp::Unlock, drop(guard)));
                    }
                }
            }
            ended.fetch_add(1, SeqCst);
        }
    };
    let parts = start(place, seed, PARTS, part);
    while ended.load(SeqCst) < PARTS {
        (place.pause)();
        history.note(|| (ConditionOp::NotifyAll, condition.1.notify_all()));
    }
    parts.into_iter().for_each(|end| end());
    explain(&Condition::default(), &history.calls());
}
