//! How a select chooses: the first of its cases that can be made, or a wait for all of them at once.
//!
//! The cases of one wait share a [`Claim`]. Each lies in its channel's queue with a node of its own.
//! Whoever can make one of the operations claims the wait, leaves in that node what it gives, and wakes the
//! waiter. The waiter then takes its other nodes out of their queues, under their channels' locks.

use core::ptr::NonNull;

use super::end::{Aim, Chosen, End, withdraw_alone};
use super::limit::{Limit, park_until};
use super::parcel::Parcel;
use super::slot::{Node, Slot};
use crate::facade::news::Call;
use crate::facade::{choose, now_ns, tls};
use crate::proto::claim::{Claim, END, SELF};
use crate::proto::note::Sleep;
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::here::Here;
use crate::sched::step::step_at;
use crate::sched::virtually;
use crate::sched::wait::{Abandon, Site, Wait};

/// In which order the cases are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In any, each as likely as every other.
    Random,
    /// As they were added.
    Biased,
}

/// One case of a select.
pub struct Case<'a> {
    pub(super) end: &'a dyn End,
    pub(super) index: usize,
    /// Where the user's end lies, by which an operation knows it again.
    pub(super) at: *const (),
    /// Its node, while the select waits.
    node: Option<Node>,
}

// SAFETY: a case is a shared reference to an end of a channel, which is Sync if its values are Send. If
//         they are not, no value leaves the channel through a case: who completes the operation needs
//         the end itself, and what is not completed goes back into the channel.
unsafe impl Send for Case<'_> {}
// SAFETY: as above.
unsafe impl Sync for Case<'_> {}

impl<'a> Case<'a> {
    pub(super) fn new<E: End>(end: &'a E) -> Self {
        Self { end, index: 0, at: core::ptr::from_ref(end).cast(), node: None }
    }

    /// The node of a case that was prepared to wait.
    fn node(&self) -> &Node {
        match &self.node {
            Some(node) => node,
            None => crate::base::throw!("a select waits without a node"),
        }
    }
}

impl Clone for Case<'_> {
    fn clone(&self) -> Self {
        Self { node: None, ..*self }
    }
}

impl core::fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Case").field("index", &self.index).finish_non_exhaustive()
    }
}

/// What was chosen of which case, and the value if one was received.
pub(super) struct Choice<'a> {
    pub(super) end: &'a dyn End,
    pub(super) index: usize,
    pub(super) at: *const (),
    pub(super) chosen: Chosen,
    pub(super) parcel: Parcel,
}

const SELECT: Call = Call::new("select", "");
const TRY_SELECT: Call = Call::new("select with a default", "");

tls! {
    /// Where this thread's random numbers come from.
    fn seed: core::cell::Cell<u32> = core::cell::Cell::new(0)
}

fn random_below(n: usize) -> usize {
    let next = |seed: &core::cell::Cell<u32>| {
        let mut state = match seed.get() {
            0 => first_seed(seed),
            state => state,
        };
        let chosen = choose(&mut state, n);
        seed.set(state);
        chosen
    };
    seed(next).unwrap_or(0)
}

/// Threads differ in where their seed lies, and runs in when they begin. On virtual time nothing differs.
#[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
fn first_seed(seed: &core::cell::Cell<u32>) -> u32 {
    if virtually::here().is_some() {
        return 1;
    }
    (core::ptr::from_ref(seed).addr() as u32 ^ now_ns() as u32).wrapping_mul(0x9E37_79B9)
}

fn arrange(cases: &mut [Case<'_>], order: Order) {
    if order == Order::Random {
        for i in (1..cases.len()).rev() {
            cases.swap(i, random_below(i + 1));
        }
    }
}

/// Chooses one of the operations without waiting for one.
#[track_caller]
pub(super) fn try_choose<'a>(cases: &mut [Case<'a>], order: Order) -> Option<Choice<'a>> {
    let at = core::panic::Location::caller();
    step_at(TRY_SELECT, cases.as_ptr(), at);
    crate::sched::here::owe();
    choose_in(&mut Here::with_its_thread(), cases, order, Limit::NOW, at)
}

/// Chooses one of the operations. Waits for one, until the time is up.
#[track_caller]
pub(super) fn choose_until<'a>(
    cases: &mut [Case<'a>],
    order: Order,
    limit: Limit,
) -> Option<Choice<'a>> {
    let at = core::panic::Location::caller();
    step_at(SELECT, cases.as_ptr(), at);
    choose_in(&mut Here::arrive(), cases, order, limit, at)
}

#[track_caller]
fn choose_in<'a>(
    here: &mut Here,
    cases: &mut [Case<'a>],
    order: Order,
    limit: Limit,
    at: Site,
) -> Option<Choice<'a>> {
    arrange(cases, order);
    // Progress: each round ends with a wake-up that another made, or with a moment that came.
    loop {
        let first = first_possible(cases, here, at);
        if first.is_some() || is_enough(cases, limit) {
            return first;
        }
        let mut parcel = Parcel::new();
        match wait(cases, here, (Aim::Choose, &mut parcel), limit, at) {
            Ended::Left(i, slot) => {
                if let Some(chosen) = Chosen::left_as(slot) {
                    return Some(choice(&cases[i], chosen, parcel));
                }
            }
            Ended::TimedOut if limit.is_over() => return None,
            Ended::TimedOut | Ended::Ready => {}
        }
    }
}

/// The index of one of the operations that can be made now.
#[track_caller]
pub(super) fn try_look(cases: &mut [Case<'_>], order: Order) -> Option<usize> {
    let at = core::panic::Location::caller();
    step_at(TRY_SELECT, cases.as_ptr(), at);
    crate::sched::here::owe();
    look_in(&mut Here::with_its_thread(), cases, order, Limit::NOW, at)
}

/// The index of one of the operations that can be made now. Waits for one, until the time is up.
#[track_caller]
pub(super) fn look_until(cases: &mut [Case<'_>], order: Order, limit: Limit) -> Option<usize> {
    let at = core::panic::Location::caller();
    step_at(SELECT, cases.as_ptr(), at);
    look_in(&mut Here::arrive(), cases, order, limit, at)
}

#[track_caller]
fn look_in(
    here: &mut Here,
    cases: &mut [Case<'_>],
    order: Order,
    limit: Limit,
    at: Site,
) -> Option<usize> {
    arrange(cases, order);
    // Progress: each round ends with a change that another made, or with a moment that came.
    loop {
        let first = first_ready(cases);
        if first.is_some() || is_enough(cases, limit) {
            return first;
        }
        let ended = wait(cases, here, (Aim::Look, &mut Parcel::new()), limit, at);
        if matches!(ended, Ended::TimedOut) && limit.is_over() {
            return None;
        }
    }
}

/// Whether one look at the cases tells that none is possible. If there are several, they were looked at
/// one after the other, and at each moment one may have been possible: only a wait, also one whose time
/// is up, looks at all at once.
fn is_enough(cases: &[Case<'_>], limit: Limit) -> bool {
    cases.len() < 2 && limit.is_over()
}

fn first_ready(cases: &[Case<'_>]) -> Option<usize> {
    cases.iter().find(|case| case.end.is_ready()).map(|case| case.index)
}

fn first_possible<'a>(cases: &[Case<'a>], here: &mut Here, at: Site) -> Option<Choice<'a>> {
    let mut parcel = Parcel::new();
    let chosen = |case: &Case<'a>| Some((case.end.choose(here, &mut parcel, at)?, case.clone()));
    let (chosen, case) = cases.iter().find_map(chosen)?;
    Some(choice(&case, chosen, parcel))
}

fn choice<'a>(case: &Case<'a>, chosen: Chosen, parcel: Parcel) -> Choice<'a> {
    Choice { end: case.end, index: case.index, at: case.at, chosen, parcel }
}

/// How a wait ended.
enum Ended {
    /// A waker left this in the node of this case.
    Left(usize, Slot),
    /// A moment came, and until then none of the operations was possible.
    TimedOut,
    /// One of the operations became possible before all were queued.
    Ready,
}

/// Waits in the queues of all cases at once.
#[track_caller]
fn wait(
    cases: &mut [Case<'_>],
    here: &mut Here,
    (aim, parcel): (Aim, &mut Parcel),
    limit: Limit,
    at: Site,
) -> Ended {
    if let Some(refusal) = here.refusal()
        && !limit.is_over()
    {
        refusal.panic();
    }
    let claim = Claim::new();
    let parcel = NonNull::from_mut(parcel);
    for (i, case) in (0..).zip(&mut *cases) {
        let slot = match aim {
            Aim::Choose => case.end.slot(parcel),
            Aim::Look => Slot::Look,
        };
        case.node = Some(Waiter::claimed(slot, here.waker(), &claim, i));
    }
    let cases = &*cases;
    // SAFETY: the nodes stay in place until they were withdrawn, below.
    let queue = |case: &&Case<'_>| unsafe { case.end.queue(here, (case.node(), aim), &claim) };
    let queued = &cases[..cases.iter().take_while(queue).count()];
    let alone = Waiter::new(Slot::Look, here.waker());
    let wait = InQueues { cases: queued, aim, claim: &claim, parcel, alone };
    let limit = cases.iter().map(|case| case.end.limit()).fold(limit, Ord::min);
    let mut slept = Sleep::Woken;
    if queued.len() == cases.len() {
        slept = park_until(here, limit, &claim, (Wait::Select, at), &wait);
    } else if !claim.try_claim(SELF) {
        here.park(Wait::Select, at, &wait); // another was faster
    }
    match (wait.leave(), slept) {
        (Some((i, slot)), _) => Ended::Left(i, slot),
        (None, Sleep::TimedOut) => Ended::TimedOut,
        (None, Sleep::Woken) => Ended::Ready,
    }
}

/// A wait in the queues of several channels.
struct InQueues<'a> {
    cases: &'a [Case<'a>],
    aim: Aim,
    claim: &'a Claim,
    parcel: NonNull<Parcel>,
    /// In no queue: for an end that finds no other way to wake the waiter.
    alone: Node,
}

impl InQueues<'_> {
    /// The case whose waker ended the wait.
    fn winner(&self) -> Option<usize> {
        let winner = usize::try_from(self.claim.winner()?).ok()?;
        (winner < self.cases.len()).then_some(winner)
    }

    /// Takes the nodes out of their queues, and returns what was left in which.
    fn leave(&self) -> Option<(usize, Slot)> {
        let winner = self.winner();
        let mut left = None;
        for (i, case) in self.cases.iter().enumerate() {
            let withdrawn = case.end.withdraw(case.node(), self.aim);
            if let Withdrawn::WasWoken(slot) = withdrawn
                && winner == Some(i)
            {
                left = Some((i, slot));
            }
        }
        left
    }
}

impl Abandon for InQueues<'_> {
    fn abandon(&self) {
        if self.claim.try_claim(END)
            && let Withdrawn::Queued(waker) = withdraw_alone(&self.alone)
        {
            waker.abandon();
        }
        let winner = self.winner();
        for (i, case) in self.cases.iter().enumerate() {
            match case.end.withdraw(case.node(), self.aim) {
                // Whose promise the waiter waited for finds it gone.
                Withdrawn::Queued(waker) if winner == Some(i) => waker.abandon(),
                Withdrawn::WasWoken(slot) => {
                    if let Some(chosen) = Chosen::left_as(slot) {
                        // SAFETY: its owner will never run again.
                        let parcel = unsafe { &mut *self.parcel.as_ptr() };
                        case.end.undo(chosen, parcel);
                    }
                }
                Withdrawn::Queued(_) | Withdrawn::Already => {}
            }
        }
    }
}
