//! A trace in words: what each column and each row says.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::fault::{Fault, MAIN};
use super::source;
use super::trace::{CLOCK, Row, Site, Trace, What};
use crate::base::lanes::drawing::{Column, Drawing, Line, Mark};
use crate::facade::news::Upset;

/// What is to be drawn of a trace.
pub(super) fn tell(trace: &Trace, fault: &Fault) -> Drawing {
    let lines = rows(trace, fault);
    let clock = lines.iter().any(|row| row.who == CLOCK).then_some(CLOCK);
    let ids = trace.goroutines.iter().map(|g| g.id).chain(clock);
    Drawing { columns: ids.map(|id| column(trace, id)).collect(), lines }
}

fn column(trace: &Trace, id: u64) -> Column {
    Column {
        id,
        title: title(id),
        short: if id == CLOCK { "time".into() } else { id.to_string() },
        under: birth(trace, id),
        is_first: id == MAIN,
    }
}

/// The name of a column.
fn title(who: u64) -> String {
    if who == CLOCK { "time".into() } else { format!("goroutine {who}") }
}

/// Where the goroutine of a column was started, briefly.
fn birth(trace: &Trace, who: u64) -> String {
    match trace.goroutine(who) {
        Some(_) if who == MAIN => "the program".into(),
        Some(g) => format!("from {}", brief(g.started_at)),
        None => String::new(),
    }
}

/// File and line, without folders.
fn brief(at: Site) -> String {
    let file = Path::new(at.file()).file_name().unwrap_or_default();
    format!("{}:{}", file.to_string_lossy(), at.line())
}

/// All rows, and what each goroutine waits for in the end.
fn rows(trace: &Trace, fault: &Fault) -> Vec<Line> {
    let mut holders = Holders::default();
    let mut lines: Vec<Line> = trace
        .rows
        .iter()
        .map(|row| {
            let taken_at = holders.see(row);
            line(row, fault, taken_at)
        })
        .collect();
    if let Fault::Deadlock(stuck) | Fault::Leak(stuck) = fault {
        for g in stuck {
            let text = match holders.of_wait(g.id) {
                Some(holder) => format!("waits for ever: {holder}"),
                None => "waits for ever".into(),
            };
            lines.push(Line {
                who: g.id,
                text,
                place: trace.goroutine(g.id).and_then(|g| g.waits).map(|(_, at)| place(at)),
                mark: Mark::Fatal,
                makes: Vec::new(),
                readies: Vec::new(),
                waits: true,
                ends: false,
            });
        }
    }
    lines
}

fn line(row: &Row, fault: &Fault, taken_at: Option<Site>) -> Line {
    let is_fatal = matches!(row.what, What::Panics) && fault.whose().contains(&row.who);
    let mark = match (is_fatal, row.is_chosen) {
        (true, _) => Mark::Fatal,
        (false, true) => Mark::Chosen,
        (false, false) => Mark::None,
    };
    Line {
        who: row.who,
        text: words(row, fault),
        place: row
            .at
            .map(place)
            .or_else(|| taken_at.map(|at| format!("(locked at {})", brief(at)))),
        mark,
        makes: row.makes.clone(),
        readies: row.readies.clone(),
        waits: row.waits.is_some(),
        ends: matches!(row.what, What::Returns),
    }
}

fn words(row: &Row, fault: &Fault) -> String {
    let mut text = match &row.what {
        What::Call(call, 0) => call.verb.to_owned(),
        What::Call(call, thing) => format!("{} {} {thing}", call.verb, call.noun),
        What::Gets(call, thing) if is_lock(call.noun) => format!("has {} {thing} now", call.noun),
        What::Gets(..) | What::Resumes => "goes on".into(),
        What::Network(upset) => tell_upset(*upset),
        What::Panics => match fault {
            Fault::Panicked { panic, .. } => format!("panics: {}", first_words(&panic.message)),
            Fault::Deadlock(_) | Fault::Leak(_) | Fault::NeverEnds { .. } => "panics".into(),
        },
        What::Returns => "ends".into(),
        What::Time(ns) => format!("{:?} pass", Duration::from_nanos(*ns)),
    };
    if let [id] = row.makes[..] {
        text = format!("{text} {id}");
    }
    if row.waits.is_some() {
        text.push_str(", waits");
    }
    text
}

fn tell_upset(upset: Upset) -> String {
    match upset {
        Upset::Part { n, of } => format!("moves {n} of {of} bytes"),
        Upset::Late { by_ns } => format!("arrives {:?} late", Duration::from_nanos(by_ns)),
        Upset::Lost => "is lost".into(),
        Upset::Reset => "is reset by the network".into(),
        Upset::Outage { address, for_ns } => {
            format!("{address} is cut off for {:?}", Duration::from_nanos(for_ns))
        }
    }
}

fn is_lock(noun: &str) -> bool {
    matches!(noun, "mutex" | "rwlock")
}

fn first_words(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    if line.chars().count() <= 40 {
        return line.to_owned();
    }
    line.chars().take(39).chain(['…']).collect()
}

fn place(at: Site) -> String {
    match source::line(at) {
        Some(code) => format!("{}  {code}", brief(at)),
        None => brief(at),
    }
}

/// Who has which lock.
#[derive(Default)]
struct Holders {
    holders: HashMap<(&'static str, u64), (u64, Option<Site>)>,
    /// The lock that a goroutine asked for last, and where.
    asked: HashMap<u64, (&'static str, u64, Option<Site>)>,
}

impl Holders {
    /// Sees a row. If it unlocks, returns where the lock was taken.
    fn see(&mut self, row: &Row) -> Option<Site> {
        match row.what {
            What::Call(call, thing) if is_lock(call.noun) => {
                if call.verb.contains("unlock") {
                    return self.holders.remove(&(call.noun, thing)).and_then(|(_, at)| at);
                }
                if !call.verb.starts_with("try") {
                    self.asked.insert(row.who, (call.noun, thing, row.at));
                    if row.waits.is_none() {
                        self.holders.insert((call.noun, thing), (row.who, row.at));
                    }
                }
            }
            What::Gets(call, thing) if is_lock(call.noun) && row.waits.is_none() => {
                let at = self.asked.get(&row.who).and_then(|asked| asked.2);
                self.holders.insert((call.noun, thing), (row.who, at));
            }
            What::Call(call, _) => {
                self.asked.remove(&row.who);
                if call.noun == "condvar" && row.waits.is_some() {
                    // It gives up a lock, and takes it again later. Which, is not told.
                    self.holders.retain(|_, (holder, _)| *holder != row.who);
                }
            }
            What::Gets(..)
            | What::Resumes
            | What::Network(_)
            | What::Panics
            | What::Returns
            | What::Time(_) => {}
        }
        None
    }

    /// Who has what a goroutine waits for.
    fn of_wait(&self, id: u64) -> Option<String> {
        let (noun, thing, _) = self.asked.get(&id)?;
        let (holder, at) = self.holders.get(&(*noun, *thing))?;
        let whose = if *holder == id { "this goroutine".into() } else { title(*holder) };
        let at = at.map(|at| format!(" since {}", brief(at)));
        Some(format!("{whose} has {noun} {thing}{}", at.unwrap_or_default()))
    }
}
