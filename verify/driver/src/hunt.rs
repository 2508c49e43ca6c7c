//! One mutant against its tests, until one turns red.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::claims::Claims;
use crate::options::Options;
use crate::patch::Patch;
use crate::process::End;
use crate::report::{Fate, Killer, Verdict};
use crate::scenarios::Bound;
use crate::scratch::Scratch;
use crate::site::SiteMutant;
use crate::suite::{Binary, Suite, Tool};
use crate::tree;
use crate::unmutated::Unmutated;

/// How a hunt went.
#[derive(Default)]
struct Hunt {
    killer: Option<Killer>,
    green: Vec<String>,
    timed_out: Vec<String>,
}

/// A test on real threads may have to be run several times until it meets the bug.
const REAL_RUNS: usize = 5;

/// Runs the tests in their order until one turns red.
fn hunt<'t>(
    suite: &Suite,
    tests: impl IntoIterator<Item = &'t str>,
    mutant: Option<&str>,
    options: &Options,
) -> Result<Hunt, String> {
    let runs = if matches!(suite.binary, Binary::Real(_)) { REAL_RUNS } else { 1 };
    let mut variables = vec![("GOSCHED_HUNT", "1")];
    variables.extend(mutant.map(|mutant| ("GOSCHED_MUTANT", mutant)));
    let mut hunt = Hunt::default();
    for test in tests.into_iter().flat_map(|test| std::iter::repeat_n(test, runs)) {
        hunt.attempt(suite, test, &variables, options)?;
        if hunt.killer.is_some() {
            break;
        }
    }
    hunt.green.dedup();
    hunt.timed_out.dedup();
    Ok(hunt)
}

/// The bound of the last exploration that began: `trying note::x bound 2 preemptions`.
fn last_bound(stderr: &str) -> Option<Bound> {
    let tried = stderr.lines().rev().find_map(|line| line.strip_prefix("trying "))?;
    let (_, bound) = tried.split_once(" bound ")?;
    Bound::parse(bound.trim())
}

/// What a failing model has told of its last execution (`verify/cells/lanes.rs`).
fn lanes(stderr: &str) -> Option<&str> {
    let begin = stderr.find("lanes of ")?;
    let len = stderr[begin..].find("end of lanes")?;
    Some(stderr[begin..begin + len].trim_end())
}

impl Hunt {
    fn attempt(
        &mut self,
        suite: &Suite,
        test: &str,
        variables: &[(&str, &str)],
        options: &Options,
    ) -> Result<(), String> {
        let finished = suite.run(test, variables, options.limit)?;
        match finished.end {
            End::Green => self.green.push(test.into()),
            End::TimedOut => self.timed_out.push(test.into()),
            End::Stopped => return Err(format!("{test} was ended from outside: out of memory?")),
            End::Red(reason) => {
                self.killer = Some(Killer {
                    tool: suite.binary.tool(),
                    test: suite.binary.told(test),
                    bound: last_bound(&finished.stderr),
                    seconds: finished.seconds,
                    reason,
                    lanes: lanes(&finished.stderr).map(String::from),
                });
            }
        }
        Ok(())
    }

    fn fate(self, excuse: Option<&str>) -> Fate {
        if let Some(killer) = self.killer {
            return Fate::Killed(killer);
        }
        if let Some(why) = excuse {
            return Fate::Explained(why.into());
        }
        let mut tried = format!("{} green", self.green.len());
        if !self.green.is_empty() {
            tried += &format!(" ({})", self.green.join(", "));
        }
        if self.timed_out.is_empty() {
            return Fate::Survived(tried);
        }
        Fate::TimedOut(format!("{}; {tried}", self.timed_out.join(", ")))
    }
}

/// One atomic site, weakened.
pub fn site(
    root: &Path,
    (name, mutant): (&str, &SiteMutant),
    tests: &[String],
    unmutated: &Unmutated,
    options: &Options,
) -> Verdict {
    let place = mutant.to_string();
    let source = match tree::source(root, &mutant.file) {
        Ok(source) => source,
        Err(why) => return Verdict::failed(name, &why),
    };
    let claims = mutant.claims(&source);
    let named = claims.killers(mutant.weakening);
    let excuse = claims.excuse(mutant.weakening);
    // Those that the comment names first: they are the ones that must turn red.
    let (first, rest): (Vec<&str>, Vec<&str>) =
        tests.iter().map(String::as_str).partition(|test| named.contains(test));
    let Some(suite) = unmutated.suite(&Binary::Checker(Tool::Loom)) else {
        return Verdict::failed(name, "the loom suites were not built");
    };
    let hunted = match hunt(suite, first.into_iter().chain(rest), Some(&place), options) {
        Ok(hunted) => hunted,
        Err(why) => return Verdict::failed(name, &why),
    };
    let false_claim = untrue(hunted.killer.as_ref(), &claims, mutant);
    let fate = match hunted.fate(excuse) {
        Fate::Survived(_) if tests.is_empty() => {
            Fate::Survived(format!("no loom test reaches it, at {place}"))
        }
        Fate::Survived(tried) => Fate::Survived(format!("{tried}, at {place}")),
        fate => fate,
    };
    Verdict { id: name.into(), what: mutant.describe(&source), fate, false_claim }
}

/// What the comment says of the killer and is not so.
fn untrue(killer: Option<&Killer>, claims: &Claims, mutant: &SiteMutant) -> Option<String> {
    let killer = killer?.test.as_str();
    let named = claims.killers(mutant.weakening);
    if named.contains(&killer) {
        return None;
    }
    if !named.is_empty() {
        return Some(format!("the comment names {}: not red; {killer} is", named.join(", ")));
    }
    let excuse = claims.excuse(mutant.weakening)?;
    Some(format!("the comment says `unchecked: {excuse}`, but {killer} turns red"))
}

/// One known bug, put back.
pub fn logic(
    patch: &Patch,
    scratch: &Mutex<Scratch>,
    unmutated: &Unmutated,
    options: &Options,
) -> Verdict {
    let mut all = Hunt::default();
    for (binary, part) in &patch.suites {
        match logic_suite(patch, (binary, part), scratch, unmutated, options) {
            Ok(hunted) => {
                all.green.extend(hunted.green);
                all.timed_out.extend(hunted.timed_out);
                all.killer = hunted.killer;
            }
            Err(why) => return Verdict::failed(&patch.id, &why),
        }
        if all.killer.is_some() {
            break;
        }
    }
    let (id, what) = (patch.id.clone(), patch.sentence.clone());
    Verdict { id, what, fate: all.fate(None), false_claim: None }
}

fn logic_suite(
    patch: &Patch,
    (binary, part): (&Binary, &str),
    scratch: &Mutex<Scratch>,
    unmutated: &Unmutated,
    options: &Options,
) -> Result<Hunt, String> {
    let tests = unmutated.control(binary).map_or(&[][..], |control| control.0.as_slice());
    let names: Vec<&str> =
        tests.iter().map(|test| test.name.as_str()).filter(|name| name.contains(part)).collect();
    if names.is_empty() {
        return Err(format!("no {} test is called like {}", binary.tool(), binary.told(part)));
    }
    // One build at a time: they share the tree.
    let suite = scratch.lock().unwrap_or_else(PoisonError::into_inner).build(patch, binary)?;
    let hunted = hunt(&suite, names, None, options);
    // Large, and of no more use.
    drop(fs::remove_file(&suite.exe));
    drop(fs::remove_dir_all(suite.sources()));
    hunted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_bound_is_that_of_the_exploration_that_failed() {
        let stderr = "trying note::x bound 1 preemptions\nloom note::x threads 2  bound 1\n\
            trying note::x bound 2 preemptions\nthread panicked\n";
        assert_eq!(last_bound(stderr), Some(Bound::Preemptions(2)));
        assert_eq!(last_bound("thread panicked\n"), None);
    }

    #[test]
    fn lanes_are_found_between_other_lines() {
        let stderr = "trying x\nlanes of x: no\n  1  a\nend of lanes\nthread panicked\n";
        assert_eq!(lanes(stderr), Some("lanes of x: no\n  1  a"));
        assert_eq!(lanes("thread panicked\n"), None);
    }

    /// A stand-in for a test binary: a shell script that is given `--exact NAME`. Another process writes it: a
    /// program that another test starts meanwhile would have it open for writing, and then nobody can run it.
    fn script(binary: Binary, text: &str) -> (crate::sample::Sample, Suite) {
        let sample = crate::sample::Sample::new(&[("text", &format!("#!/bin/sh\n{text}\n"))]);
        let mut copy = std::process::Command::new("sh");
        copy.args(["-c", "cp text suite && chmod 700 suite"]).current_dir(sample.root());
        assert!(copy.status().unwrap().success());
        let exe = sample.root().join("suite");
        let suite = Suite { binary, exe, dir: sample.root().into() };
        (sample, suite)
    }

    fn options() -> Options {
        Options { filters: Vec::new(), limit: Duration::from_secs(20), jobs: 1, draws: false }
    }

    #[test]
    fn a_real_test_is_run_until_it_meets_the_bug() {
        let text = "echo x >> runs; test $(wc -l < runs) -lt 3";
        let (_sample, suite) = script(Binary::Real("world".into()), text);
        let killer = hunt(&suite, ["a_test"], None, &options()).unwrap().killer.unwrap();
        assert_eq!((killer.tool, killer.test.as_str()), ("real", "world::a_test"));
        let (_sample, suite) = script(Binary::Checker(Tool::Loom), text);
        assert!(hunt(&suite, ["note::x"], None, &options()).unwrap().killer.is_none());
    }

    #[test]
    fn a_killer_says_at_which_bound() {
        let text = "echo trying $2 bound 2 in window >&2; exit 101";
        let (_sample, suite) = script(Binary::Checker(Tool::Loom), text);
        let killer = hunt(&suite, ["note::x"], None, &options()).unwrap().killer.unwrap();
        assert_eq!(killer.bound, Some(Bound::Window(2)));
    }
}
