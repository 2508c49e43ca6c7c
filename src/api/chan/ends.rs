//! How a channel loses its ends.

use core::mem::ManuallyDrop;
use std::collections::VecDeque;

use super::hchan::{Hchan, QueueOf, tell};
use crate::facade::directed;
use crate::facade::news::Call;
use crate::sched::here::Here;
use crate::sched::step::{step, step_of_drop};

const CLOSE: Call = Call::new("close", "channel");
const DROP_LAST_SENDER: Call = Call::new("drop the last sender of", "channel");
const DROP_LAST_RECEIVER: Call = Call::new("drop the last receiver of", "channel");

impl<T> Hchan<T> {
    pub(super) fn add_sender(&self) {
        self.state.lock().senders += 1;
    }

    pub(super) fn add_receiver(&self) {
        self.state.lock().receivers += 1;
    }

    /// Counts one sender less. After the last one, the waiting receivers are woken, and get an
    /// error.
    pub(super) fn drop_sender(&self) {
        if directed::is_on() && self.state.lock().senders == 1 {
            step_of_drop(DROP_LAST_SENDER, &raw const self.state);
        }
        let mut state = self.state.lock();
        state.senders -= 1;
        if state.senders == 0 {
            state.is_closed = true;
            tell(&mut Here::with_its_thread(), state);
            self.wake_all(|state| &mut state.recvq);
        }
    }

    /// Counts one receiver less. After the last one, the waiting senders are woken and get an
    /// error, and the values in the buffer are dropped, because nothing can receive them.
    pub(super) fn drop_receiver(&self) {
        if directed::is_on() && self.state.lock().receivers == 1 {
            step_of_drop(DROP_LAST_RECEIVER, &raw const self.state);
        }
        let mut state = self.state.lock();
        state.receivers -= 1;
        if state.receivers == 0 {
            state.is_closed = true;
            let lost = core::mem::take(&mut state.buffer);
            tell(&mut Here::with_its_thread(), state);
            self.wake_all(|state| &mut state.sendq);
            drop_each(lost);
        }
    }

    /// Ends all sending. Says whether that was not so before.
    #[track_caller]
    pub(super) fn close(&self) -> bool {
        step(CLOSE, &raw const self.state);
        let mut state = self.state.lock();
        if core::mem::replace(&mut state.is_closed, true) {
            return false;
        }
        tell(&mut Here::with_its_thread(), state);
        self.wake_all(|state| &mut state.recvq);
        self.wake_all(|state| &mut state.sendq);
        true
    }

    /// Wakes all waiters of a queue to which no waiter is added any more.
    fn wake_all(&self, queue: QueueOf<T>) {
        loop {
            let first = queue(&mut self.state.lock()).pop(|_| ());
            let Some(((), waker)) = first else { return };
            waker.wake();
        }
    }
}

/// Drops values in their order. If one of them panics when it is dropped, that panic continues, and
/// the values behind it are leaked.
fn drop_each<T>(values: VecDeque<T>) {
    let mut values = ManuallyDrop::new(values);
    while let Some(value) = values.pop_front() {
        drop(value);
    }
    drop(ManuallyDrop::into_inner(values));
}
