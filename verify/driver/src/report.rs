//! What became of each mutant, as lines and as a table.

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Killed {
        by: String,
        seconds: f64,
        /// The message of the panic.
        reason: String,
    },
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
            Fate::Killed { by, seconds, reason } => {
                println!("killed     {id}   by {by}  {seconds:.2} s  ({reason})");
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
                Fate::Killed { .. } => summary.killed += 1,
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

/// The table for RESEARCH.md.
pub fn markdown(verdicts: &[Verdict]) -> String {
    let mut table =
        String::from("| mutant | what is weakened | killed by | seconds |\n|---|---|---|---|\n");
    for verdict in verdicts {
        let (by, seconds) = match &verdict.fate {
            Fate::Killed { by, seconds, .. } => (format!("`{by}`"), format!("{seconds:.2}")),
            Fate::Explained(why) => (format!("none: {why}"), String::new()),
            Fate::Survived(_) => (String::from("**survived**"), String::new()),
            Fate::TimedOut(_) => (String::from("**time-out**"), String::new()),
            Fate::Failed(why) => (format!("**failed**: {why}"), String::new()),
        };
        let cells = [&format!("`{}`", verdict.id), &verdict.what, &by, &seconds];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(fate: Fate) -> Verdict {
        Verdict { id: "src/x.rs:1:2/fence".into(), what: "a | b".into(), fate, false_claim: None }
    }

    fn killed() -> Verdict {
        verdict(Fate::Killed { by: "x::y".into(), seconds: 0.5, reason: "r".into() })
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
    fn the_table_has_a_row_for_each() {
        let table = markdown(&[killed()]);
        assert!(table.ends_with("| `src/x.rs:1:2/fence` | a \\| b | `x::y` | 0.50 |\n"));
    }
}
