//! Configuring a check, and running it.

use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::director::Outcome;
use super::execution::{Explored as Executed, Program, explore};
use super::failure::{self, Failure};
use super::net::Net;
use super::reduce::{reduce, replay};
use super::schedule::Schedule;
use super::search::Search;
use super::strategy::{Exhaustive, Pct, Random, Strategy};
use super::terms::Terms;
use super::watchdog::Pulse;

/// Configures a check. The functions of [`check`](crate::check) use the default configuration.
#[derive(Clone, Debug)]
#[must_use = "a checker does nothing until it is given a program"]
pub struct Checker {
    seed: Option<u64>,
    max_steps: usize,
    max_schedules: usize,
    may_leak: bool,
    procs: usize,
    net: Net,
    pictures: Option<PathBuf>,
    silence: Duration,
}

/// What a check without a failure has explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    schedules: usize,
    is_complete: bool,
}

impl Explored {
    /// Returns how many schedules were run.
    pub fn schedules(&self) -> usize {
        self.schedules
    }

    /// Returns whether these were all that there are within the bound of [`Search::Exhaustive`]. Other searches
    /// are never complete.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            seed: None,
            max_steps: 10_000,
            max_schedules: 1_000_000,
            may_leak: false,
            procs: 1,
            net: Net::new(),
            pictures: Some(PathBuf::from("target/gosched-check")),
            silence: Duration::from_secs(10),
        }
    }
}

impl Checker {
    /// Creates a checker with the default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the seed that all random choices come from. The default is a fixed number, or the environment
    /// variable `GOSCHED_CHECK_SEED` if that is set. The same seed gives the same schedules.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets how many steps one execution may take; by default 10,000. More is a failure: the program does not
    /// end.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// Sets after how many schedules [`Search::Exhaustive`] stops without having seen all; by default
    /// 1,000,000.
    pub fn max_schedules(mut self, schedules: usize) -> Self {
        self.max_schedules = schedules;
        self
    }

    /// Sets whether goroutines may wait for ever when the program has returned. By default that is a failure.
    pub fn may_leak(mut self, may: bool) -> Self {
        self.may_leak = may;
        self
    }

    /// Sets the number of processors that the program sees ([`procs`](crate::procs())). The default is 1, which
    /// is the fastest. It takes no schedule away: goroutines are set back at their steps whatever the number.
    ///
    /// # Panics
    ///
    /// If `n` is 0 or above 32,767.
    #[track_caller]
    pub fn procs(mut self, n: usize) -> Self {
        crate::api::numbers::check_procs(n, "procs");
        self.procs = n;
        self
    }

    /// Sets what the simulated network may do to the program. A schedule contains it, so a replay has the same.
    pub fn net(mut self, net: Net) -> Self {
        self.net = net;
        self
    }

    /// Sets the folder that the picture of a failure is written to, or `None` for no picture. The default is
    /// `target/gosched-check`.
    pub fn pictures(mut self, folder: Option<PathBuf>) -> Self {
        self.pictures = folder;
        self
    }

    /// Sets after how long without a step one line on standard error says so; by default 10 s. The program then
    /// computes for long, or blocks the one thread that all goroutines of a check share.
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Checks a program, and panics with the [`Failure`] if it finds one.
    ///
    /// # Panics
    ///
    /// If the program fails, and if the schedule of [`Search::Replay`] is none of this program.
    #[track_caller]
    pub fn check(&self, search: &Search, f: impl Fn() + Send + Sync + 'static) -> Explored {
        match self.find(search, f) {
            Ok(explored) => explored,
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Checks a program.
    ///
    /// # Errors
    ///
    /// The failure, if there is one.
    ///
    /// # Panics
    ///
    /// If the schedule of [`Search::Replay`] is none, or none of this program.
    #[track_caller]
    pub fn find(
        &self,
        search: &Search,
        f: impl Fn() + Send + Sync + 'static,
    ) -> Result<Explored, Box<Failure>> {
        let program: Program = Arc::new(f);
        let terms = self.terms(Location::caller());
        if let Search::Replay(text) = search {
            return self.replay(&program, &terms, text);
        }
        let Executed { executions, is_complete, last } =
            explore(&program, &terms, || self.strategy(search));
        match last.filter(|outcome| outcome.fault.is_some()) {
            None => Ok(Explored { schedules: executions, is_complete }),
            Some(first) => Err(self.tell(&program, &terms, (search, executions), first)),
        }
    }

    fn terms(&self, at: &'static Location<'static>) -> Terms {
        Terms {
            most_steps: self.max_steps,
            may_leak: self.may_leak,
            procs: self.procs,
            at,
            net: self.net,
            pulse: Pulse::watched(self.silence),
        }
    }

    fn seed_or_default(&self) -> u64 {
        let from_outside = || std::env::var("GOSCHED_CHECK_SEED").ok()?.parse().ok();
        self.seed.or_else(from_outside).unwrap_or(1)
    }

    fn strategy(&self, search: &Search) -> Box<dyn Strategy> {
        let seed = self.seed_or_default();
        match *search {
            Search::Random { schedules } => Box::new(Random::new(seed, schedules)),
            Search::Pct { depth, schedules } => Box::new(Pct::new(seed, depth, schedules)),
            Search::Exhaustive { bound } => Box::new(Exhaustive::new(bound, self.max_schedules)),
            Search::Replay(_) => Box::new(Random::new(seed, 0)),
        }
    }

    /// Reduces a failing execution, and tells of it.
    fn tell(
        &self,
        program: &Program,
        terms: &Terms,
        (search, executions): (&Search, usize),
        first: Outcome,
    ) -> Box<Failure> {
        let length = first.deviations.len();
        let fault = first.fault.clone();
        let again = replay(program, terms, &first.deviations);
        let is_steady = again.is_some_and(|again| match (&again.fault, &fault) {
            (Some(one), Some(other)) => one.is_like(other),
            _ => false,
        });
        let best = if is_steady { reduce(program, terms, first) } else { first };
        let how = self.how(search, executions, (length, best.deviations.len()), is_steady);
        let mut failure = match &best.fault {
            Some(fault) => failure::of(&best, fault, (how, terms.net), self.pictures.as_deref()),
            None => unreachable!("a failing execution has a fault"),
        };
        failure.executions = executions;
        failure.lengths.0 = length;
        Box::new(failure)
    }

    fn how(
        &self,
        search: &Search,
        executions: usize,
        (first, best): (usize, usize),
        is_steady: bool,
    ) -> String {
        let seed = self.seed_or_default();
        let search = match search {
            Search::Random { schedules } => {
                format!("of {schedules} random schedules (seed {seed})")
            }
            Search::Pct { depth, schedules } => {
                format!("of {schedules} schedules by priorities (depth {depth}, seed {seed})")
            }
            Search::Exhaustive { bound } => format!("in the search with at most {bound} switches"),
            Search::Replay(_) => String::from("replayed"),
        };
        let found = format!("Found in schedule {executions} {search}");
        let choices = |n| format!("{n} choice{}", if n == 1 { "" } else { "s" });
        match (is_steady, best) {
            (false, _) => format!("{found}. {UNSTEADY}"),
            (true, 0) => format!("{found}. It fails without any switch, in the plain schedule:"),
            (true, _) => {
                format!("{found}, and reduced from {} to {}:", choices(first), choices(best))
            }
        }
    }

    fn replay(
        &self,
        program: &Program,
        terms: &Terms,
        text: &str,
    ) -> Result<Explored, Box<Failure>> {
        let schedule: Schedule = match text.parse() {
            Ok(schedule) => schedule,
            Err(why) => panic!("gosched::check: {why}"),
        };
        let terms = Terms { net: schedule.net, ..terms.clone() };
        let Some(outcome) = replay(program, &terms, &schedule.deviations) else {
            unreachable!("one execution was asked for");
        };
        let is_same = outcome.trace.fingerprint() == schedule.fingerprint;
        match &outcome.fault {
            Some(fault) if is_same => {
                let how = String::from("Replayed:");
                let mut failure =
                    failure::of(&outcome, fault, (how, terms.net), self.pictures.as_deref());
                failure.executions = 1;
                failure.lengths.0 = failure.lengths.1;
                Err(Box::new(failure))
            }
            Some(fault) => {
                let how = String::from(OTHER);
                Err(Box::new(failure::of(
                    &outcome,
                    fault,
                    (how, terms.net),
                    self.pictures.as_deref(),
                )))
            }
            None if is_same => Ok(Explored { schedules: 1, is_complete: false }),
            None => panic!("gosched::check: {OTHER} It did not fail."),
        }
    }
}

const UNSTEADY: &str = "The same schedule did not fail again: the program does something that the check does not \
                        see. Look for the order of a HashMap, std's time, random numbers, statics that outlive an \
                        execution. What happened the first time:";

const OTHER: &str = "This schedule is of another program, or of another version of this one: the goroutines made \
                     other calls than when it was found.";
