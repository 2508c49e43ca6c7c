//! Proves what the crate says about its own verification.
//!
//! - `lint`: reads the tree as text. What it demands is told file by file in `lint`.
//! - `models [NAME...]`: runs loom's models and writes `verify/results/models.md`.
//! - `mutants [NAME...]`: weakens every atomic site by one step and applies every known bug, one at a
//!   time; a test must turn red each time. Writes `verify/results/mutants.md`. With `--draw` it writes
//!   the execution that kills each as lanes, to `verify/results/lanes.md`.
//!
//! Run from the root of the repository, as `./check` does.

use std::path::Path;
use std::process::ExitCode;

mod claims;
mod control;
mod hunt;
mod imports;
mod jobs;
mod known;
mod lanes;
mod lint;
mod models;
mod modules;
mod mutants;
mod options;
mod patch;
mod process;
mod provenance;
mod report;
#[cfg(test)]
mod sample;
mod scenarios;
mod scratch;
mod site;
mod source;
mod suite;
mod table;
mod tokens;
mod tree;
mod unmutated;
mod weakening;

use options::Options;

const USAGE: &str = "usage: driver lint
       driver models [NAME...] [--timeout SECONDS] [--jobs N]
       driver mutants [NAME...] [--timeout SECONDS] [--jobs N] [--draw]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args, Path::new(".")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("driver: {message}");
            ExitCode::from(2)
        }
    }
}

/// True if all is well.
fn run(args: &[String], root: &Path) -> Result<bool, String> {
    let (command, rest) = args.split_first().ok_or(USAGE)?;
    let options = Options::read(rest).ok_or(USAGE)?;
    match command.as_str() {
        "lint" if rest.is_empty() => lint::run(root),
        "models" => models::run(root, &options),
        "mutants" => mutants::run(root, &options),
        _ => Err(String::from(USAGE)),
    }
}
