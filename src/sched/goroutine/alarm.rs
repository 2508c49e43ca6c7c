//! What a user has called at some time: once, again after a reset, or periodically.
//!
//! A timer that was taken out of its heap has not called yet. Stopping or resetting it then must still
//! prevent the call, and say so. So a call and a stop decide under one lock, and each arming has a number.

use std::sync::{Arc, Weak};

use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::proto::timers::NEVER;
use crate::sched::gmp::p::{Due, Fire, PRef, Timer};
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::goroutine::step::quietly;
use crate::sched::goroutine::{timed, virtually};
use crate::sched::thread::sleeper;
use crate::sched::work::faketime;

/// What an alarm calls, on an M's own stack and with the alarm's lock held: it must not wait, nor use the
/// alarm. It may be dropped there too.
pub(crate) type Call = Box<dyn Fn() + Send + Sync>;

/// A timer with what it calls.
pub(crate) struct Alarm {
    /// Its runtime's; gone once that has ended.
    sched: Weak<Sched>,
    timer: Timer,
    state: Lock<State>,
    call: Call,
}

struct State {
    round: u64,
    /// When it calls next, and again after how long, in nanoseconds; `NEVER` if it does not.
    when: u64,
    period: u64,
}

impl Alarm {
    /// An alarm that is not set.
    pub(crate) fn new(sched: &Arc<Sched>, call: Call) -> Arc<Self> {
        let state = State { round: 0, when: NEVER, period: NEVER };
        let state = Lock::new(Rank::Alarm, state);
        Arc::new(Self { sched: Arc::downgrade(sched), timer: Timer::new(), state, call })
    }

    /// Sets it to the moment `after` nanoseconds of its runtime's clock, and to every `period` from then on
    /// if that is not `NEVER`. Says whether it was set. `while_unset` runs while it cannot call. Once its
    /// runtime ends, nothing is done.
    pub(crate) fn set(
        self: &Arc<Self>,
        (after, period): (u64, u64),
        while_unset: impl FnOnce(),
    ) -> bool {
        let Some(sched) = self.sched() else { return false };
        faketime::enter(&sched); // an ordinary thread, too, sets it while time stands still
        let mut state = self.state.lock();
        let was_set = self.clear(&sched, &mut state);
        quietly(while_unset);
        let when = sched.now_ns().saturating_add(after).min(NEVER - 1);
        (state.when, state.period) = (when, period);
        // The first P: it never goes away, and nobody need own it.
        self.add(&state, sched.p(0));
        drop(state);
        sleeper::tell(sched.handle(), when);
        virtually::go_on(sched.handle());
        was_set
    }

    /// Stops it; says whether it was set. It does not call any more when this returns.
    pub(crate) fn stop(&self, while_unset: impl FnOnce()) -> bool {
        let Some(sched) = self.sched() else { return false };
        let mut state = self.state.lock();
        let was_set = self.clear(&sched, &mut state);
        quietly(while_unset);
        was_set
    }

    /// Its runtime's scheduler, unless that ends or has ended.
    fn sched(&self) -> Option<Arc<Sched>> {
        self.sched.upgrade().filter(|sched| !sched.is_stopping())
    }

    fn clear(&self, sched: &Sched, state: &mut State) -> bool {
        // It holds a count of this alarm, and is not the last: the caller has one too.
        drop(timed::remove(sched, &self.timer));
        state.round += 1;
        core::mem::replace(&mut state.when, NEVER) != NEVER
    }

    fn add(self: &Arc<Self>, state: &State, p: PRef) {
        let fire = Fire::Call(self.clone(), state.round);
        // SAFETY: P's number; the heap's count keeps the alarm where it is.
        unsafe { p.timers.add(p.id, &self.timer, state.when, fire) };
    }
}

impl Due for Alarm {
    fn is_due(self: Arc<Self>, round: u64, sched: SchedRef, p: PRef) {
        let mut state = self.state.lock();
        if state.round != round || state.when == NEVER {
            return; // stopped, or set anew, after it was taken out of its heap
        }
        state.when = state.next(sched.now_ns());
        if state.when != NEVER {
            self.add(&state, p);
        }
        (self.call)();
    }
}

impl State {
    /// When it calls after a call now: what was missed is skipped, and nothing drifts (Go's `unlockAndRun`).
    fn next(&self, now: u64) -> u64 {
        if self.period == NEVER {
            return NEVER;
        }
        let missed = now.saturating_sub(self.when) / self.period;
        self.when.saturating_add(self.period.saturating_mul(1 + missed))
    }
}
