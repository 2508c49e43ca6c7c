//! Scenarios of `proto/tickets`: one is woken, or all that have come so far.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::proto::lock::Exclude;
use crate::proto::note::Note;
use crate::proto::tickets::{Ticket, Tickets, wake_below};
use crate::proto::waitq::{Waiter, Withdrawn};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { tickets:
            to_wake_all_wakes_nobody_that_comes_later = COMES_LATER, loom All, shuttle cut(1_000, 20_000);
            to_wake_all_beside_one_wakes_each_once = BESIDE_ONE, loom All, shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;

type Queue = OneStep<Tickets<Arc<Note>>>;
type Node = Waiter<Ticket, Arc<Note>>;

fn queued(queue: &Queue) -> (Box<Node>, Arc<Note>) {
    let note = Arc::new(Note::new());
    let mut waiter = Box::new(Waiter::new(Ticket::NONE, note.clone()));
    // SAFETY: the box stays where it is until it was woken or withdrawn.
    unsafe { queue.lock().push(&mut waiter) };
    (waiter, note)
}

fn wake_all(queue: &Queue) {
    let all = queue.lock().now();
    wake_below(queue, |tickets| tickets, all, |note: Arc<Note>| note.wakeup());
}

/// Whether the waiter is in the queue still.
fn is_left(queue: &Queue, waiter: &Node) -> bool {
    matches!(queue.lock().withdraw(waiter), Withdrawn::Queued(_))
}

/// One waits, is woken with all, and waits again.
pub(crate) const COMES_LATER: Scenario = Scenario {
    threads: 2,
    run: || {
        let queue = Arc::new(Queue::new(Rank::Condvar, Tickets::new()));
        let (_first, note) = queued(&queue);
        let its = queue.clone();
        let other = spawn(move || wake_all(&its));
        note.sleep();
        let (again, _note) = queued(&queue);
        other.join();
        format!("it waits: {}", is_left(&queue, &again))
    },
    outcomes: &["it waits: true"],
};

/// Three wait; one who wakes all, and one who wakes one, and a fourth that comes.
pub(crate) const BESIDE_ONE: Scenario = Scenario {
    threads: 2,
    run: || {
        let queue = Arc::new(Queue::new(Rank::Condvar, Tickets::new()));
        let waiters = [(); 3].map(|()| queued(&queue));
        let its = queue.clone();
        let other = spawn(move || wake_all(&its));
        let woken = queue.lock().pop();
        let is_one = woken.map(|note| note.wakeup()).is_some();
        let fourth = queued(&queue);
        other.join();
        waiters.iter().for_each(|(_, note)| note.sleep());
        format!("one: {is_one}, the fourth waits: {}", is_left(&queue, &fourth.0))
    },
    outcomes: &[
        "one: false, the fourth waits: true",
        "one: true, the fourth waits: false",
        "one: true, the fourth waits: true",
    ],
};
