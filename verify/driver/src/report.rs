//! What became of each mutant, as lines and as a table.

use crate::scenarios::Bound;

/// The test that turned red.
#[derive(Clone, Debug, PartialEq)]
pub struct Killer {
    /// `loom`, `shuttle` or `real`.
    pub tool: &'static str,
    /// `protocol::property`, or `file::test`.
    pub test: String,
    /// The least bound at which a model did.
    pub bound: Option<Bound>,
    pub seconds: f64,
    /// The message of the panic.
    pub reason: String,
    /// The execution that failed, as lanes, if it was a model's.
    pub lanes: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Killed(Killer),
    /// It lives, and the source says why no test can kill it.
    Explained(String),
    /// It lives; with what was tried.
    Survived(String),
    /// It lives, but some test took too long to tell. No kill.
    TimedOut(String),
    /// It could not be tried.
    Failed(String),
}

/// One mutant's fate.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub id: String,
    /// What is weakened, or goes wrong.
    pub what: String,
    pub fate: Fate,
    /// What the comment at the site says and is not so.
    pub false_claim: Option<String>,
}

impl Verdict {
    /// A mutant that could not be tried.
    pub fn failed(id: &str, why: &str) -> Self {
        let fate = Fate::Failed(why.into());
        Self { id: id.into(), what: String::new(), fate, false_claim: None }
    }

    pub fn print(&self) {
        let id = &self.id;
        match &self.fate {
            Fate::Killed(Killer { tool, test, bound, seconds, reason, .. }) => {
                let at = bound.map_or_else(String::new, |bound| format!(" at bound {bound}"));
                println!("killed     {id}   by {tool} {test}{at}  {seconds:.2} s  ({reason})");
            }
            Fate::Explained(why) => println!("explained  {id}   {why}"),
            Fate::Survived(tried) => println!("SURVIVED   {id}   {}: {tried}", self.what),
            Fate::TimedOut(tried) => println!("time-out   {id}   {}: {tried}", self.what),
            Fate::Failed(why) => println!("FAILED     {id}   {why}"),
        }
        if let Some(claim) = &self.false_claim {
            println!("UNTRUE     {id}   {claim}");
        }
    }
}

/// How many mutants had which fate.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    killed: usize,
    explained: usize,
    survived: usize,
    failed: usize,
    untrue: usize,
    total: usize,
}

impl Summary {
    pub fn new(verdicts: &[Verdict]) -> Self {
        let mut summary = Self { total: verdicts.len(), ..Self::default() };
        for verdict in verdicts {
            match verdict.fate {
                Fate::Killed(_) => summary.killed += 1,
                Fate::Explained(_) => summary.explained += 1,
                Fate::Survived(_) | Fate::TimedOut(_) => summary.survived += 1,
                Fate::Failed(_) => summary.failed += 1,
            }
            summary.untrue += usize::from(verdict.false_claim.is_some());
        }
        summary
    }

    pub fn is_good(&self) -> bool {
        self.survived == 0 && self.failed == 0 && self.untrue == 0
    }

    pub fn line(&self) -> String {
        let Self { killed, explained, survived, failed, untrue, total } = self;
        let mut line = format!(
            "mutants: {killed} killed / {total} total, {explained} explained, {survived} survived"
        );
        if *failed > 0 {
            line += &format!(", {failed} FAILED");
        }
        if *untrue > 0 {
            line += &format!(", {untrue} comments UNTRUE");
        }
        line
    }
}

/// The columns of the table.
pub const TITLES: [&str; 7] =
    ["mutant", "what goes wrong", "killed by", "bound", "seconds", "commit", "made from"];

impl Verdict {
    /// A row of the table.
    pub fn row(&self, commit: &str, made_from: &str) -> Vec<String> {
        let (by, bound, seconds) = match &self.fate {
            Fate::Killed(killer) => (
                format!("{} `{}`", killer.tool, killer.test),
                killer.bound.map_or_else(String::new, |bound| bound.to_string()),
                format!("{:.2}", killer.seconds),
            ),
            Fate::Explained(why) => (format!("none: {why}"), String::new(), String::new()),
            Fate::Survived(_) => (format!("{BAD}survived**"), String::new(), String::new()),
            Fate::TimedOut(_) => (format!("{BAD}time-out**"), String::new(), String::new()),
            Fate::Failed(why) => (format!("{BAD}failed**: {why}"), String::new(), String::new()),
        };
        let id = format!("`{}`", self.id);
        vec![id, self.what.clone(), by, bound, seconds, commit.into(), made_from.into()]
    }
}

/// What a cell begins with if a mutant was not killed and nobody says why.
pub const BAD: &str = "**";

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(fate: Fate) -> Verdict {
        Verdict { id: "src/x.rs:1:2/fence".into(), what: "a | b".into(), fate, false_claim: None }
    }

    fn killed() -> Verdict {
        let bound = Some(Bound::Preemptions(2));
        let (test, reason) = ("x::y".into(), "r".into());
        verdict(Fate::Killed(Killer {
            tool: "loom",
            test,
            bound,
            seconds: 0.5,
            reason,
            lanes: None,
        }))
    }

    #[test]
    fn only_kills_and_explanations_are_good() {
        let good = [killed(), verdict(Fate::Explained("why".into()))];
        assert_eq!(
            Summary::new(&good).line(),
            "mutants: 1 killed / 2 total, 1 explained, 0 survived"
        );
        assert!(Summary::new(&good).is_good());
        for fate in [
            Fate::Survived(String::new()),
            Fate::TimedOut(String::new()),
            Fate::Failed(String::new()),
        ] {
            assert!(!Summary::new(&[killed(), verdict(fate)]).is_good());
        }
        let untrue = Verdict { false_claim: Some("so not".into()), ..killed() };
        assert!(!Summary::new(&[untrue]).is_good());
    }

    #[test]
    fn a_row_says_who_killed_it_and_at_which_bound() {
        let row = killed().row("1234567", "89abcdef");
        assert_eq!(row.len(), TITLES.len());
        assert_eq!(row[2..], ["loom `x::y`", "2 preemptions", "0.50", "1234567", "89abcdef"]);
        assert!(verdict(Fate::Survived("x".into())).row("", "")[2].starts_with(BAD));
    }
}
