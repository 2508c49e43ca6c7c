//! Proves what the crate says about its own verification.
//!
//! - `lint`: every protocol has its suites, every test that a comment names exists, and nothing
//!   limits a model in silence.
//! - `mutants [FILTER]`: weakens every atomic site by one step and applies every known bug, one at a
//!   time; the suites must turn red each time.
//!
//! Run from the root of the repository, as `./check` does.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

mod claims;
mod control;
mod hunt;
mod jobs;
mod lint;
mod mirrors;
mod mutants;
mod patch;
mod process;
mod report;
mod scratch;
mod site;
mod source;
mod suite;

const USAGE: &str = "usage: driver lint
       driver mutants [FILTER] [--markdown] [--timeout SECONDS] [--jobs N]";

/// What `mutants` was asked.
pub struct Options {
    /// Only mutants whose id contains it.
    pub filter: Option<String>,
    /// Print the table for RESEARCH.md.
    pub is_markdown: bool,
    /// For one test on one mutant.
    pub limit: Duration,
    /// Tests that run side by side.
    pub jobs: usize,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(".");
    let done = match args.split_first() {
        Some((command, [])) if command == "lint" => lint::run(root),
        Some((command, rest)) if command == "mutants" => match options(rest) {
            Some(options) => mutants::run(root, &options),
            None => Err(String::from(USAGE)),
        },
        _ => Err(String::from(USAGE)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("driver: {message}");
            ExitCode::from(2)
        }
    }
}

fn options(args: &[String]) -> Option<Options> {
    let mut options =
        Options { filter: None, is_markdown: false, limit: Duration::from_mins(2), jobs: 2 };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--markdown" => options.is_markdown = true,
            "--timeout" => options.limit = Duration::from_secs(args.next()?.parse().ok()?),
            "--jobs" => options.jobs = args.next()?.parse().ok().filter(|&n| n > 0)?,
            flag if flag.starts_with('-') => return None,
            filter if options.filter.is_none() => options.filter = Some(filter.into()),
            _ => return None,
        }
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Options> {
        options(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_filter_and_flags_come_in_any_order() {
        let options = parse("--timeout 5 runq --markdown").unwrap();
        assert_eq!(options.filter.as_deref(), Some("runq"));
        assert!(options.is_markdown);
        assert_eq!(options.limit, Duration::from_secs(5));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["--timeout", "--timeout x", "--jobs 0", "--markdwon", "one two"] {
            assert!(parse(line).is_none(), "{line}");
        }
    }
}
