//! What a check tells of a failure.

use std::fmt;
use std::path::{Path, PathBuf};

use super::director::Outcome;
use super::fault::Fault;
use super::net::Net;
use super::schedule::Schedule;
use super::story;
use crate::base::lanes::{picture, text};

/// A failure that a check has found: what failed, the shortest schedule that it could be reduced to, and how
/// to run it again.
///
/// Its `Display` is what a panicking check prints.
#[derive(Clone, Debug)]
pub struct Failure {
    pub(super) what: String,
    pub(super) how_found: String,
    pub(super) lanes: String,
    pub(super) schedule: String,
    pub(super) picture: Option<PathBuf>,
    pub(super) executions: usize,
    pub(super) lengths: (usize, usize),
}

impl Failure {
    /// Returns what failed: the panic's message and place, the deadlock's report, and the like.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns the schedule, for [`replay`](super::replay).
    pub fn schedule(&self) -> &str {
        &self.schedule
    }

    /// Returns the schedule drawn as lanes: one column a goroutine, a row a step.
    pub fn lanes(&self) -> &str {
        &self.lanes
    }

    /// Returns how many schedules were run until it failed, the failing one included.
    pub fn schedules(&self) -> usize {
        self.executions
    }

    /// Returns in how many places the failing schedule that was found first departs from the plain one, in
    /// which each goroutine runs until it waits; and the same for the reduced schedule.
    pub fn lengths(&self) -> (usize, usize) {
        self.lengths
    }

    /// Returns where the picture was written, if it was.
    pub fn picture(&self) -> Option<&Path> {
        self.picture.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "gosched::check: {}\n\n{}\n\n{}", self.what, self.how_found, self.lanes)?;
        if self.lanes.contains("\n>") {
            f.write_str(
                "\n> the schedule is another than the plain one here: a goroutine was set back, or time has \
                 passed; without that it does not fail",
            )?;
        }
        f.write_str("\nx here it fails\n")?;
        write!(f, "\nto run it again:  gosched::check::replay({:?}, f)", self.schedule)?;
        if let Some(picture) = &self.picture {
            write!(f, "\nthe same as a picture:  {}", picture.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Tells of the reduced execution of a fault.
pub(super) fn of(
    best: &Outcome,
    fault: &Fault,
    (how_found, net): (String, Net),
    pictures: Option<&Path>,
) -> Failure {
    let fingerprint = best.trace.fingerprint();
    let schedule = Schedule { fingerprint, net, deviations: best.deviations.clone() }.to_string();
    let mut what = String::new();
    // Writing to a String does not fail.
    let _ = fault.tell(&mut what, &best.trace);
    let drawing = story::tell(&best.trace, fault);
    let picture = pictures.and_then(|folder| {
        let title = what.lines().next().unwrap_or_default();
        let path = folder.join(format!("{fingerprint:08x}.svg"));
        std::fs::create_dir_all(folder).ok()?;
        std::fs::write(&path, picture::draw(&drawing, title)).ok()?;
        Some(path)
    });
    Failure {
        lanes: text::draw(&drawing),
        what,
        how_found,
        schedule,
        picture,
        executions: 0,
        lengths: (0, best.deviations.len()),
    }
}
