//! Directs an execution: asks the strategy, and keeps what happens.

use std::cell::RefCell;
use std::collections::HashMap;

use super::fault::Fault;
use super::net::Net;
use super::panics;
use super::schedule::{Deviation, Target};
use super::strategy::{Kind, Question, Strategy};
use super::terms::Terms;
use super::trace::Trace;
use super::watchdog::Pulse;
use crate::facade::directed::Director;
use crate::facade::news::{Mishap, News, Next};
use crate::sched::event::Event;
use crate::sched::g::{self, GRef};
use crate::sched::marks;

/// A goroutine that has gone on at so many steps in a row lets the others run first: it may wait for them in
/// a loop.
const FAIR: u32 = 50;

/// What the network may be asked for: as many answers as its questions have at most.
const ANSWERS: [Target; 8] = {
    let mut answers = [Target::Value(0); 8];
    let mut i = 0;
    while i < answers.len() {
        answers[i] = Target::Value(i);
        i += 1;
    }
    answers
};

/// A mishap happens at random at one operation in so many.
fn one_in(what: Mishap) -> usize {
    match what {
        Mishap::Part | Mishap::Delay => 4,
        Mishap::Loss => 8,
        Mishap::Reset | Mishap::Outage => 16,
    }
}

/// The desk of a director.
pub(super) struct Desk {
    strategy: RefCell<Box<dyn Strategy>>,
    state: RefCell<State>,
    most_steps: usize,
    net: Net,
    pulse: Pulse,
}

/// One execution.
#[derive(Default)]
struct State {
    trace: Trace,
    deviations: Vec<Deviation>,
    /// How many questions were asked while each ran.
    asked: HashMap<u64, u32>,
    /// Who runs, or ran last.
    last: u64,
    /// At how many questions in a row the same went on.
    streak: u32,
    /// How often in a row nobody could run: a timer may go on for ever.
    idle: usize,
    fault: Option<Fault>,
    is_over: bool,
}

/// What an execution was.
pub(super) struct Outcome {
    pub(super) trace: Trace,
    pub(super) deviations: Vec<Deviation>,
    pub(super) fault: Option<Fault>,
}

impl Desk {
    pub(super) fn new(strategy: Box<dyn Strategy>, terms: &Terms) -> Self {
        Self {
            strategy: RefCell::new(strategy),
            state: RefCell::default(),
            most_steps: terms.most_steps,
            net: terms.net,
            pulse: terms.pulse.clone(),
        }
    }

    /// Begins another execution, if the strategy has one.
    pub(super) fn begin(&self) -> bool {
        self.state.take();
        self.strategy.borrow_mut().begin()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.strategy.borrow().is_complete()
    }

    /// Nothing can happen any more: says what is wrong with that.
    pub(super) fn judge(&self, may_leak: bool) {
        let mut state = self.state.borrow_mut();
        state.is_over = true;
        if state.fault.is_none() {
            state.fault = Fault::at_rest(&state.trace, may_leak);
        }
    }

    /// The scheduler says something.
    pub(super) fn hear(&self, event: Event<GRef>) {
        let mut state = self.state.borrow_mut();
        if !state.is_over {
            state.trace.hear(marks::this_g().map(|g| g::header(g).id()), event);
        }
    }

    /// Takes what the execution was.
    pub(super) fn outcome(&self) -> Outcome {
        let State { trace, deviations, fault, .. } = self.state.take();
        Outcome { trace, deviations, fault }
    }
}

impl State {
    /// The options in their order: the first is the plain schedule's.
    fn options(
        current: Option<u64>,
        ready: &[u64],
        has_deadline: bool,
        unfair: bool,
    ) -> Vec<Target> {
        let mut options = Vec::with_capacity(ready.len() + 2);
        options.extend(current.filter(|_| !unfair).map(Target::Goroutine));
        options.extend(ready.iter().copied().map(Target::Goroutine));
        options.extend(current.filter(|_| unfair).map(Target::Goroutine));
        options.extend(has_deadline.then_some(Target::Time));
        options
    }

    fn fail(&mut self, fault: Fault) {
        self.fault = Some(fault);
        self.is_over = true;
    }

    fn ask(&mut self, strategy: &mut dyn Strategy, options: &[Target], kind: Kind) -> Target {
        if options.len() < 2 {
            return options[0];
        }
        let who = self.last;
        let asked = self.asked.entry(who).or_default();
        let nth = *asked;
        *asked += 1;
        let answer = strategy.answer(&Question { who, nth, options, kind });
        let to = options[answer.min(options.len() - 1)];
        if to != options[0] {
            self.deviations.push(Deviation { who, nth, to });
            self.trace.note_choice();
        }
        to
    }
}

impl Director for Desk {
    fn choose(&self, n: usize) -> usize {
        let mut state = self.state.borrow_mut();
        let options: Vec<Target> = (0..n).map(Target::Value).collect();
        state.ask(&mut **self.strategy.borrow_mut(), &options, Kind::Choice).value()
    }

    fn mishap(&self, what: Mishap, n: usize) -> usize {
        if !self.net.has(what) {
            return 0;
        }
        let kind = Kind::Mishap { one_in: one_in(what) };
        let mut state = self.state.borrow_mut();
        state.ask(&mut **self.strategy.borrow_mut(), &ANSWERS[..n], kind).value()
    }

    fn next(&self, current: Option<u64>, ready: &[u64], has_deadline: bool) -> Next {
        let mut state = self.state.borrow_mut();
        if let Some(current) = current {
            state.last = current;
        }
        let is_unfair = current.is_some() && state.streak >= FAIR && !ready.is_empty();
        let options = State::options(current, ready, has_deadline, is_unfair);
        let kind = Kind::Turn { can_go_on: current.is_some(), is_unfair };
        let to = state.ask(&mut **self.strategy.borrow_mut(), &options, kind);
        match to {
            Target::Goroutine(id) if current == Some(id) => {
                state.streak += 1;
                Next::Stay
            }
            Target::Goroutine(id) => {
                state.streak = 0;
                state.last = id;
                Next::Take(ready.iter().position(|&other| other == id).unwrap_or(0))
            }
            Target::Time | Target::Value(_) => Next::Time,
        }
    }

    fn tell(&self, news: News) {
        self.pulse.beat(&news);
        let mut state = self.state.borrow_mut();
        if state.is_over {
            return;
        }
        state.trace.tell(news);
        state.idle = if let News::Idle = news { state.idle + 1 } else { 0 };
        if let News::Panicked { id } = news {
            state.fail(Fault::Panicked { id, panic: panics::take(id) });
        } else if state.trace.rows.len() + state.idle >= self.most_steps {
            state.fail(Fault::NeverEnds { steps: self.most_steps });
        }
    }

    fn is_over(&self) -> bool {
        self.state.borrow().is_over
    }
}
