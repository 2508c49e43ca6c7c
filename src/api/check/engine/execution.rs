//! Runs a program under shuttle, once for each schedule.
//!
//! The program has one processor. Its goroutines run one after the other on one M, and at each of their steps
//! the director says which of them goes on: so all orders of steps are tried that any number of processors
//! could make. shuttle's tasks are the Ms and the thread that waits for the end; they change only where one
//! of them must wait.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use shuttle::scheduler::{Schedule as TaskSchedule, Scheduler, Task, TaskId};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::director::{Desk, Outcome};
use super::panics;
use super::strategy::Strategy;
use super::terms::Terms;
use crate::api::Runtime;
use crate::api::join;
use crate::facade::directed::{self, Director, kept};
use crate::sched::event::Event;
use crate::sched::g::{GClass, GRef};
use crate::sched::schedt::SchedRef;

/// The program of a check.
pub(super) type Program = Arc<dyn Fn() + Send + Sync>;

/// What a strategy found.
pub(super) struct Explored {
    pub(super) executions: usize,
    pub(super) is_complete: bool,
    /// The first execution that failed, or the last of all.
    pub(super) last: Option<Outcome>,
}

/// Runs the program until it fails, or the strategy has nothing more to try. On a thread of its own: a failed
/// execution may leave a panic behind that never came to its end.
pub(super) fn explore(
    program: &Program,
    terms: &Terms,
    strategy: impl FnOnce() -> Box<dyn Strategy> + Send,
) -> Explored {
    std::thread::scope(|scope| {
        let explorer = std::thread::Builder::new()
            .name("gosched-check".into())
            .spawn_scoped(scope, || explore_here(program, terms, strategy()));
        match explorer.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(explored)) => explored,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("gosched: cannot start the thread of a check: {error}"),
        }
    })
}

kept! {
    /// Where this thread's executions are directed.
    fn floor_here: RefCell<Option<Rc<Floor>>> = RefCell::new(None)
}

/// A desk, and the tasks that it directs.
struct Floor {
    desk: Rc<Desk>,
    /// The first task was chosen because no other can run.
    is_alone: Cell<bool>,
    executions: Cell<usize>,
    last: Cell<Option<Outcome>>,
    failed: Cell<bool>,
}

fn explore_here(program: &Program, terms: &Terms, strategy: Box<dyn Strategy>) -> Explored {
    panics::keep();
    let desk = Rc::new(Desk::new(strategy, terms));
    let floor = Rc::new(Floor {
        desk: desk.clone(),
        is_alone: Cell::new(false),
        executions: Cell::new(0),
        last: Cell::new(None),
        failed: Cell::new(false),
    });
    floor_here(|here| here.replace(Some(floor.clone())));
    let (program, terms) = (program.clone(), terms.clone());
    Runner::new(Tasks { floor: floor.clone() }, config()).run(move || execute(&program, &terms));
    floor_here(RefCell::take);
    Explored {
        executions: floor.executions.get(),
        is_complete: desk.is_complete(),
        last: floor.last.take(),
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// One execution.
fn execute(program: &Program, terms: &Terms) {
    let Some(floor) = floor_here(|floor| floor.borrow().clone()) else { return };
    directed::set(Some(floor.desk.clone()));
    // SAFETY: all threads of the execution are tasks on one thread of the system, and so are all goroutines:
    //         whatever a goroutine keeps of its thread is there wherever it goes on.
    let started = unsafe { Runtime::builder().procs(terms.procs).ear(hear).start() };
    let rt = match started {
        Ok(rt) => rt,
        Err(error) => panic!("gosched: a check cannot start a runtime: {error}"),
    };
    let program = program.clone();
    let first = join::start_at(rt.sched(), GClass::Normal, terms.at, move || program());
    floor.wait_for_the_end();
    floor.desk.judge(terms.may_leak);
    drop(first);
    drop(rt);
    directed::set(None);
    floor.keep(floor.desk.outcome());
}

/// Passes on what the scheduler says.
fn hear(_: SchedRef, event: Event<GRef>) {
    floor_here(|floor| {
        if let Some(floor) = &*floor.borrow() {
            floor.desk.hear(event);
        }
    });
}

impl Floor {
    /// Waits until no other task can run, or the check has seen enough.
    fn wait_for_the_end(&self) {
        self.is_alone.set(false);
        while !self.is_alone.take() && !self.desk.is_over() {
            shuttle::thread::yield_now();
        }
    }

    fn keep(&self, outcome: Outcome) {
        self.failed.set(outcome.fault.is_some());
        self.last.set(Some(outcome));
    }
}

/// shuttle's scheduler: a task goes on until it waits, and the first task, which waits for the end, comes last.
struct Tasks {
    floor: Rc<Floor>,
}

impl Scheduler for Tasks {
    fn new_execution(&mut self) -> Option<TaskSchedule> {
        if self.floor.failed.get() || !self.floor.desk.begin() {
            return None;
        }
        self.floor.executions.set(self.floor.executions.get() + 1);
        Some(TaskSchedule::new(0))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let can_run = |id: TaskId| runnable.iter().any(|task| task.id() == id);
        if let Some(current) = current.filter(|&id| !is_yielding && can_run(id)) {
            return Some(current);
        }
        let others = || runnable.iter().map(|task| task.id()).filter(|&id| Some(id) != current);
        let is_first = |id: &TaskId| usize::from(*id) == 0;
        let first = others().find(is_first);
        let mut workers = others().filter(|id| !is_first(id));
        let next = if self.floor.desk.is_over() {
            first.or_else(|| workers.next())
        } else {
            workers.next()
        };
        next.or_else(|| {
            self.floor.is_alone.set(runnable.len() == 1);
            first
        })
        .or(current)
    }

    /// Nothing of ours asks shuttle for random numbers in a check.
    fn next_u64(&mut self) -> u64 {
        0
    }
}
