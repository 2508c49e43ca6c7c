//! A rate limiter: at most so many calls at once and so many in a while, and who waits gives up after a time-out. One
//! that gives up stays in the queue, and the permit that comes to it later is lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gosched::chan::{Receiver, Sender};
use gosched::sync::{Mutex, WaitGroup};
use gosched::time::{Ticker, sleep};
use gosched::{chan, go};

/// Calls that may run at once.
const AT_ONCE: usize = 2;
/// Calls that may begin between two ticks.
const IN_A_WHILE: usize = 3;
const WHILE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_millis(30);
const CLIENTS: usize = 4;

struct Limiter {
    state: Mutex<State>,
    leaves_the_queue: bool,
}

struct State {
    /// Permits that nobody has.
    free: usize,
    /// Calls that may begin before the next tick.
    left: usize,
    /// Who waits for a permit, in the order in which they came.
    waiters: VecDeque<(u64, Sender<()>)>,
    /// How many have waited.
    tickets: u64,
}

/// Gives its permit back.
struct Permit(Arc<Limiter>);

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap();
        state.free += 1;
        state.serve();
    }
}

impl State {
    fn may_begin(&mut self) -> bool {
        let may = self.free > 0 && self.left > 0;
        if may {
            self.free -= 1;
            self.left -= 1;
        }
        may
    }

    /// Gives to those who wait what there is.
    fn serve(&mut self) {
        while !self.waiters.is_empty() && self.may_begin() {
            if let Some((_, waiter)) = self.waiters.pop_front() {
                let _ = waiter.send(()); // there is room for one
            }
        }
    }
}

impl Limiter {
    fn new(leaves_the_queue: bool) -> Arc<Self> {
        let state = State { free: AT_ONCE, left: IN_A_WHILE, waiters: VecDeque::new(), tickets: 0 };
        Arc::new(Self { state: Mutex::new(state), leaves_the_queue })
    }

    /// A permit; `None` if it does not come in time.
    fn acquire(self: &Arc<Self>, patience: Duration) -> Option<Permit> {
        let (ticket, granted) = {
            let mut state = self.state.lock().unwrap();
            if state.waiters.is_empty() && state.may_begin() {
                return Some(Permit(self.clone()));
            }
            self.queue(&mut state)
        };
        let has_come = granted.recv_timeout(patience).is_ok();
        if has_come || (self.leaves_the_queue && self.has_come_late(ticket, &granted)) {
            return Some(Permit(self.clone()));
        }
        None
    }

    fn queue(&self, state: &mut State) -> (u64, Receiver<()>) {
        let (grant, granted) = chan::bounded(1);
        state.tickets += 1;
        state.waiters.push_back((state.tickets, grant));
        (state.tickets, granted)
    }

    /// Takes one out of the queue whose time is up. It may have a permit by now.
    fn has_come_late(&self, ticket: u64, granted: &Receiver<()>) -> bool {
        self.state.lock().unwrap().waiters.retain(|(waiter, _)| *waiter != ticket);
        granted.try_recv().is_ok()
    }

    /// Lets calls begin again at each tick, until it is told to stop.
    fn refill(&self, stop: &Receiver<()>) {
        let ticker = Ticker::new(WHILE);
        loop {
            chan::select! {
                recv(ticker.receiver()) -> _ => {
                    let mut state = self.state.lock().unwrap();
                    state.left = IN_A_WHILE;
                    state.serve();
                },
                recv(stop) -> _ => return,
            }
        }
    }

    fn free(&self) -> usize {
        self.state.lock().unwrap().free
    }
}

pub fn kernel(fixed: bool) {
    let limiter = Limiter::new(fixed);
    let (stop, stopped) = chan::bounded::<()>(0);
    let refill = go({
        let limiter = limiter.clone();
        move || limiter.refill(&stopped)
    });
    let running = Arc::new(Mutex::new(0));
    let clients = WaitGroup::new();
    for _ in 0..CLIENTS {
        let (limiter, running) = (limiter.clone(), running.clone());
        drop(clients.go(move || call(&limiter, &running)));
    }
    clients.wait();
    drop(stop);
    refill.join().unwrap();
    assert_eq!(limiter.free(), AT_ONCE, "a permit is lost");
}

/// Makes a call, if it may.
fn call(limiter: &Arc<Limiter>, running: &Mutex<usize>) {
    let Some(permit) = limiter.acquire(PATIENCE) else { return };
    {
        let mut running = running.lock().unwrap();
        *running += 1;
        assert!(*running <= AT_ONCE, "too many at once");
    }
    sleep(Duration::from_millis(20));
    *running.lock().unwrap() -= 1;
    drop(permit);
}
