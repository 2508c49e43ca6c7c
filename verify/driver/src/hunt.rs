//! One mutant against its tests, until one turns red.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::Options;
use crate::claims::Claims;
use crate::mutants::Unmutated;
use crate::patch::Patch;
use crate::process::End;
use crate::report::{Fate, Verdict};
use crate::scratch::Scratch;
use crate::site::SiteMutant;
use crate::source::Source;
use crate::suite::{Suite, Tool};

/// How a hunt went.
#[derive(Default)]
struct Hunt {
    killer: Option<Killer>,
    green: Vec<String>,
    timed_out: Vec<String>,
}

struct Killer {
    test: String,
    seconds: f64,
    reason: String,
}

/// Runs the tests in their order until one turns red.
fn hunt<'t>(
    suite: &Suite,
    tests: impl IntoIterator<Item = &'t str>,
    mutant: Option<&str>,
    options: &Options,
) -> Result<Hunt, String> {
    let mut variables = vec![("GOSCHED_HUNT", "1")];
    variables.extend(mutant.map(|mutant| ("GOSCHED_MUTANT", mutant)));
    let mut hunt = Hunt::default();
    for test in tests {
        let finished = suite.run(test, &variables, options.limit)?;
        match finished.end {
            End::Green => hunt.green.push(test.into()),
            End::TimedOut => hunt.timed_out.push(test.into()),
            End::Stopped => return Err(format!("{test} was ended from outside: out of memory?")),
            End::Red(reason) => {
                let seconds = finished.seconds;
                hunt.killer = Some(Killer { test: test.into(), seconds, reason });
                break;
            }
        }
    }
    Ok(hunt)
}

impl Hunt {
    fn fate(self, excuse: Option<&str>) -> Fate {
        if let Some(Killer { test, seconds, reason }) = self.killer {
            return Fate::Killed { by: test, seconds, reason };
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
    mutant: &SiteMutant,
    tests: &[String],
    unmutated: &Unmutated,
    options: &Options,
) -> Verdict {
    let id = mutant.to_string();
    let source = match fs::read_to_string(root.join(&mutant.file)) {
        Ok(text) => Source::new(&text),
        Err(e) => return Verdict::failed(&id, &format!("{}: {e}", mutant.file)),
    };
    let claims = mutant.claims(&source);
    let named = claims.killers(mutant.weakening);
    let excuse = claims.excuse(mutant.weakening);
    // Those that the comment names first: they are the ones that must turn red.
    let (first, rest): (Vec<&str>, Vec<&str>) =
        tests.iter().map(String::as_str).partition(|test| named.contains(test));
    let (suite, _) = &unmutated[&Tool::Loom];
    let hunted = match hunt(suite, first.into_iter().chain(rest), Some(&id), options) {
        Ok(hunted) => hunted,
        Err(why) => return Verdict::failed(&id, &why),
    };
    let false_claim = untrue(hunted.killer.as_ref(), &claims, mutant);
    let fate = match hunted.fate(excuse) {
        Fate::Survived(_) if tests.is_empty() => Fate::Survived("no loom test reaches it".into()),
        fate => fate,
    };
    Verdict { id, what: mutant.describe(&source), fate, false_claim }
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
    for (tool, filter) in &patch.suites {
        match logic_suite(patch, (*tool, filter), scratch, unmutated, options) {
            Ok(hunted) => {
                all.green.extend(hunted.green);
                all.timed_out.extend(hunted.timed_out);
                all.killer = all.killer.or(hunted.killer);
            }
            Err(why) => return Verdict::failed(&patch.id, &why),
        }
    }
    let (id, what) = (patch.id.clone(), patch.sentence.clone());
    Verdict { id, what, fate: all.fate(None), false_claim: None }
}

fn logic_suite(
    patch: &Patch,
    (tool, filter): (Tool, &str),
    scratch: &Mutex<Scratch>,
    unmutated: &Unmutated,
    options: &Options,
) -> Result<Hunt, String> {
    let control = unmutated.get(&tool).map(|(_, control)| control);
    let tests = control.map_or(&[][..], |control| control.0.as_slice());
    let names: Vec<&str> =
        tests.iter().map(|test| test.name.as_str()).filter(|name| name.contains(filter)).collect();
    if names.is_empty() {
        return Err(format!("no {} test is called like {filter}", tool.name()));
    }
    // One build at a time: they share the tree.
    let suite = scratch.lock().unwrap_or_else(PoisonError::into_inner).build(patch, tool)?;
    let hunted = hunt(&suite, names, None, options);
    // Large, and of no more use.
    drop(fs::remove_file(&suite.exe));
    hunted
}
