//! What happened in one execution, told in goroutines.

use std::collections::HashMap;
use std::panic::Location;

use super::schedule::Fingerprint;
use crate::facade::news::{Call, News, Upset};
use crate::sched::event::Event;
use crate::sched::g::{self, G, GRef};
use crate::sched::wait::Wait;

/// Where in the program.
pub(super) type Site = &'static Location<'static>;

/// Whose row it is if it is the clock's.
pub(super) const CLOCK: u64 = 0;

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The goroutine, or [`CLOCK`].
    pub(super) who: u64,
    pub(super) what: What,
    pub(super) at: Option<Site>,
    /// What it then waits for.
    pub(super) waits: Option<&'static str>,
    /// The goroutines that can run because of it, and those that it made.
    pub(super) readies: Vec<u64>,
    pub(super) makes: Vec<u64>,
    /// The schedule departs from the plain one just before it.
    pub(super) is_chosen: bool,
}

/// What a step is.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A call, on which thing of its kind; 0 if it is on none.
    Call(Call, u64),
    /// It goes on after a wait.
    Resumes,
    /// It goes on after a wait, and has the lock now.
    Gets(Call, u64),
    /// The network does something to what it sends or receives.
    Network(Upset),
    Panics,
    Returns,
    /// So many nanoseconds pass.
    Time(u64),
}

/// A goroutine as it was at the end.
#[derive(Clone, Debug)]
pub(super) struct Goroutine {
    pub(super) id: u64,
    pub(super) started_at: Site,
    /// What it waits for, and where.
    pub(super) waits: Option<(&'static str, Site)>,
    pub(super) has_ended: bool,
}

/// The steps and the goroutines of one execution.
#[derive(Default)]
pub(super) struct Trace {
    pub(super) rows: Vec<Row>,
    pub(super) goroutines: Vec<Goroutine>,
    /// The last row of each.
    last: HashMap<u64, usize>,
    /// The things that calls were made on, by kind and address.
    things: HashMap<(&'static str, usize), u64>,
    kinds: HashMap<&'static str, u64>,
    /// The next row follows a choice.
    is_chosen: bool,
}

impl Trace {
    /// The schedule departs from the plain one here.
    pub(super) fn note_choice(&mut self) {
        self.is_chosen = true;
    }

    /// What a goroutine says.
    pub(super) fn tell(&mut self, news: News) {
        match news {
            News::Calls { id, call, object, at } => {
                let thing = self.thing(call, object);
                self.push(id, What::Call(call, thing), at);
            }
            News::Network { id, upset } => self.push(id, What::Network(upset), None),
            News::Panicked { id } => self.push(id, What::Panics, None),
            News::Returned { id } => self.push(id, What::Returns, None),
            News::Time { by_ns } => self.push(CLOCK, What::Time(by_ns), None),
            News::Idle => {}
        }
    }

    /// What the scheduler says: `by` is the goroutine that does it.
    pub(super) fn hear(&mut self, by: Option<u64>, event: Event<GRef>) {
        let id = |g: GRef| g::header(g).id();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about threads")]
        match event {
            Event::Made(g) => self.made(by, g::header(g)),
            Event::Runs(g) => self.runs(id(g)),
            Event::Waits { g, why, at } => self.waits(id(g), why, at),
            Event::Ends(g) => self.change(id(g), |g| g.has_ended = true),
            Event::Readied(g) => {
                if let Some(row) = self.last(by.unwrap_or(CLOCK))
                    && !row.readies.contains(&id(g))
                {
                    row.readies.push(id(g));
                }
            }
            _ => {}
        }
    }

    fn made(&mut self, by: Option<u64>, g: &G) {
        let id = g.id();
        let Some(started_at) = g.started_at() else { return };
        self.things.insert(("goroutine", g.fate()), id);
        self.goroutines.push(Goroutine { id, started_at, waits: None, has_ended: false });
        if let Some(row) = self.last(by.unwrap_or(CLOCK)) {
            row.makes.push(id);
        }
    }

    fn waits(&mut self, id: u64, why: Wait, at: Option<Site>) {
        let why = why.words();
        if let Some(row) = self.last(id) {
            row.waits = Some(why);
        }
        self.change(id, |g| g.waits = at.map(|at| (why, at)));
    }

    /// If it has waited, it goes on.
    fn runs(&mut self, id: u64) {
        let has_waited = self.goroutine(id).is_some_and(|g| g.waits.is_some());
        if has_waited {
            let what = self.last(id).map_or(What::Resumes, |row| row.what.after_the_wait());
            self.change(id, |g| g.waits = None);
            self.push(id, what, None);
        }
    }

    fn push(&mut self, who: u64, what: What, at: Option<Site>) {
        let is_chosen = std::mem::take(&mut self.is_chosen);
        self.last.insert(who, self.rows.len());
        let (readies, makes) = (Vec::new(), Vec::new());
        self.rows.push(Row { who, what, at, waits: None, readies, makes, is_chosen });
    }

    fn last(&mut self, who: u64) -> Option<&mut Row> {
        self.last.get(&who).map(|&row| &mut self.rows[row])
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut Goroutine)) {
        if let Some(g) = self.goroutines.iter_mut().find(|g| g.id == id) {
            change(g);
        }
    }

    /// The number of a thing among those of its kind.
    fn thing(&mut self, call: Call, object: usize) -> u64 {
        if call.noun.is_empty() {
            return 0;
        }
        *self.things.entry((call.noun, object)).or_insert_with(|| {
            let count = self.kinds.entry(call.noun).or_default();
            *count += 1;
            *count
        })
    }

    pub(super) fn goroutine(&self, id: u64) -> Option<&Goroutine> {
        self.goroutines.iter().find(|g| g.id == id)
    }

    /// Those that have not ended.
    pub(super) fn living(&self) -> impl Iterator<Item = &Goroutine> {
        self.goroutines.iter().filter(|g| !g.has_ended)
    }

    /// What the program did, in one number.
    pub(super) fn fingerprint(&self) -> u32 {
        let mut print = Fingerprint::new();
        for row in &self.rows {
            print.add(&row.who.to_le_bytes());
            if let What::Call(call, thing) = row.what {
                print.add(call.verb.as_bytes());
                print.add(&thing.to_le_bytes());
            }
            if let Some(at) = row.at {
                print.add(at.file().as_bytes());
                print.add(&at.line().to_le_bytes());
            }
        }
        print.value()
    }
}

impl What {
    /// What a goroutine does that goes on after this step and a wait.
    fn after_the_wait(&self) -> Self {
        match self {
            Self::Call(call, thing) | Self::Gets(call, thing) if !call.noun.is_empty() => {
                Self::Gets(*call, *thing)
            }
            Self::Call(..)
            | Self::Gets(..)
            | Self::Resumes
            | Self::Network(_)
            | Self::Panics
            | Self::Returns
            | Self::Time(_) => Self::Resumes,
        }
    }
}
