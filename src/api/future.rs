//! Futures and goroutines: waiting for a future, and a goroutine's handle as one.

use core::panic::Location;
use core::pin::pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::task::Wake;

use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::proto::waitq::{Waiter, Waitq};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::inqueue::InQueue;
use crate::sched::wait::Wait;

/// Runs a future to its end, and returns its output.
///
/// The future is polled by the caller, which waits in between: a goroutine lets others run, an ordinary
/// thread blocks. Any future that needs no particular executor works. One that does (tokio's timers and
/// sockets) needs that executor to run elsewhere, and its handle to be entered inside the future.
///
/// May wait: a [switch point](crate#switch-points). The future itself is polled on the caller's stack, so
/// it may call everything that a goroutine may.
///
/// # Panics
///
/// If the future panics; and if it has to wait while the caller has stopped the world.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// let sum = rt.run(|| {
///     let other = gosched::go(|| 1 + 2);
///     gosched::block_on(async { other.await.unwrap() + 4 })
/// });
/// assert_eq!(sum, 7);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    drop(Here::arrive());
    let signal = Arc::new(Signal::new());
    let waker = signal.clone().into();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        signal.wait();
    }
}

/// Whether a future was woken since it was last polled, and who polls it.
struct Signal(Lock<State>);

struct State {
    is_woken: bool,
    poller: Waitq<(), Waker>,
}

impl Signal {
    fn new() -> Self {
        Self(Lock::new(Rank::Future, State { is_woken: false, poller: Waitq::new() }))
    }

    /// Waits until it is woken, once for each wait.
    #[track_caller]
    fn wait(&self) {
        let mut here = Here::arrive();
        let mut state = self.0.lock();
        if core::mem::take(&mut state.is_woken) {
            return;
        }
        if let Some(refusal) = here.refusal() {
            drop(state);
            refusal.panic();
        }
        let waiter = Waiter::new((), here.waker());
        // SAFETY: the node stays here until this goroutine or thread was woken, or for ever.
        unsafe { state.poller.push_back(&waiter) };
        drop(state);
        let wait = InQueue { lock: &self.0, queue: |state| &mut state.poller, waiter: &waiter };
        here.park(Wait::Future, Location::caller(), &wait);
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.0.lock();
        let poller = state.poller.pop(|()| ());
        state.is_woken = poller.is_none();
        drop(state);
        if let Some(((), poller)) = poller {
            poller.wake();
        }
    }
}
