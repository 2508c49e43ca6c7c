//! Runs loom's models, each in a process of its own, and writes what they print into a table.

use std::path::Path;

use crate::jobs::side_by_side;
use crate::options::Options;
use crate::process::End;
use crate::provenance::{self, Sources};
use crate::scenarios::{self, Bound};
use crate::suite::{self, Binary, Suite, Tool};
use crate::table::Table;

/// The table.
pub const MODELS: &str = "verify/results/models.md";

const TITLES: [&str; 8] =
    ["model", "threads", "bound", "executions", "complete", "s", "commit", "made from"];

const HEAD: &str = "\
# Models

Written by `./check models`; do not edit. `./check models NAME...` renews only the rows that it runs.
The columns are told in [RESEARCH.md](../../RESEARCH.md), section 3.
";

/// What a model prints of one exploration.
#[derive(Debug, PartialEq)]
struct Explored {
    model: String,
    threads: String,
    bound: Bound,
    executions: usize,
    is_complete: bool,
    seconds: String,
}

/// Runs the models, or those that are asked for; true if all are green.
pub fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let binary = Binary::Checker(Tool::Loom);
    let exe = suite::build(root, None, &binary)?.exe;
    let suite = Suite { binary, exe, dir: root.into() };
    let mut tests = suite.tests()?;
    tests.retain(|test| scenarios::is_product(test) && options.selects(&[test]));
    if tests.is_empty() {
        return Err(String::from("there is no such model"));
    }
    let explored = side_by_side(options.jobs, tests, |test| explore(&suite, &test, options));
    let explored: Vec<Explored> =
        explored.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    write(root, &explored, options)?;
    println!("models: {} explored", explored.len());
    Ok(true)
}

/// Runs one test; an error if it is not green.
fn explore(suite: &Suite, test: &str, options: &Options) -> Result<Vec<Explored>, String> {
    let finished = suite.run(test, &[], options.limit * LIMITS)?;
    if finished.end != End::Green {
        return Err(format!("{test} is not green ({:?}); no table is written", finished.end));
    }
    let lines = finished.stderr.lines().filter(|line| line.starts_with("loom "));
    lines.clone().for_each(|line| println!("{line}"));
    Ok(lines.filter_map(Explored::parse).collect())
}

/// What a whole model may take, compared with a hunt for one mutant.
const LIMITS: u32 = 10;

impl Explored {
    /// `loom note::x  threads 2  bound none  executions 7  complete yes  0.02 s`
    fn parse(line: &str) -> Option<Self> {
        let (model, rest) = line.strip_prefix("loom ")?.split_once(" threads ")?;
        let (threads, rest) = rest.split_once(" bound ")?;
        let (bound, rest) = rest.split_once(" executions ")?;
        let (executions, rest) = rest.split_once(" complete ")?;
        let (complete, rest) = rest.trim().split_once(' ')?;
        Some(Self {
            model: model.trim().into(),
            threads: threads.trim().into(),
            bound: Bound::parse(bound.trim())?,
            executions: executions.trim().parse().ok()?,
            is_complete: complete == "yes",
            seconds: rest.trim().strip_suffix(" s")?.into(),
        })
    }

    fn row(&self, commit: &str, made_from: String) -> Vec<String> {
        vec![
            format!("`{}`", self.model),
            self.threads.clone(),
            self.bound.to_string(),
            with_commas(self.executions),
            String::from(if self.is_complete { "yes" } else { "no" }),
            self.seconds.clone(),
            commit.into(),
            made_from,
        ]
    }
}

fn write(root: &Path, explored: &[Explored], options: &Options) -> Result<(), String> {
    let (sources, commit) = (Sources::read(root)?, provenance::commit());
    let rows = explored.iter().map(|it| it.row(&commit, sources.of_test("loom", &it.model)));
    let mut head: Vec<String> = HEAD.lines().map(String::from).collect();
    head.extend(provenance::head("./check models", options.is_whole()));
    let table = Table { head, titles: TITLES.map(String::from).into(), rows: rows.collect() };
    let order: Vec<String> = scenarios::models(root)?.into_keys().collect();
    table.over(Table::read(root, MODELS), &order, options.is_whole()).write(root, MODELS)
}

fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_line_becomes_a_row() {
        let line = "loom runq::x        threads 3  bound 2 preemptions executions    27426  complete yes  4.60 s";
        let row = Explored::parse(line).unwrap().row("1234567", "89abcdef".into());
        let wanted =
            ["`runq::x`", "3", "2 preemptions", "27,426", "yes", "4.60", "1234567", "89abcdef"];
        assert_eq!(row, wanted);
        assert_eq!(Explored::parse("loom is here"), None);
    }

    #[test]
    fn numbers_are_written_in_threes() {
        assert_eq!(
            [7, 1_234, 999_999, 1_000_000].map(with_commas),
            ["7", "1,234", "999,999", "1,000,000"]
        );
    }
}
