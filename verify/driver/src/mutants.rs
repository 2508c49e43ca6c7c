//! Every mutant against the tests that could see it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::hunt;
use crate::jobs::side_by_side;
use crate::known;
use crate::lanes;
use crate::options::Options;
use crate::patch::{self, Patch};
use crate::provenance::{self, Sources, UNKNOWN};
use crate::report::{Fate, Summary, TITLES, Verdict};
use crate::scratch::Scratch;
use crate::site::SiteMutant;
use crate::suite::{Binary, Tool};
use crate::table::Table;
use crate::tree;
use crate::unmutated::{Unmutated, Wanted, Which};

const LOOM: Binary = Binary::Checker(Tool::Loom);

enum Job {
    /// With its name.
    Site(String, SiteMutant),
    Logic(Patch),
    /// Its name, and why it cannot be tried.
    BadPatch(String, String),
}

/// Tries every mutant, or those that are asked for, and writes the table; true if all died or are
/// explained.
pub fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let root = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
    let jobs = jobs(&root, options)?;
    let unmutated = Unmutated::run(&root, wanted(&root, &jobs, options)?, options)?;
    let reach = reach(&unmutated);
    let scratch = Mutex::new(Scratch::new(&root, &unmutated.folder)?);
    let (sources, commit) = (Sources::read(&root)?, provenance::commit());
    let so_far = Mutex::new(Vec::new());
    let tried = side_by_side(options.jobs, jobs, |job| {
        let verdict = match &job {
            Job::Site(name, mutant) => {
                let tests = reach.get(mutant).map_or(&[][..], Vec::as_slice);
                hunt::site(&root, (name, mutant), tests, &unmutated, options)
            }
            Job::Logic(patch) => hunt::logic(patch, &scratch, &unmutated, options),
            Job::BadPatch(name, why) => Verdict::failed(name, why),
        };
        verdict.print();
        let row = verdict.row(&commit, &made_from(&sources, &job, &verdict));
        keep(&root, &so_far, row)?;
        Ok(verdict)
    });
    let verdicts: Vec<Verdict> = tried.into_iter().collect::<Result<_, String>>()?;
    let rows = so_far.into_inner().unwrap_or_else(PoisonError::into_inner);
    write(&root, rows, options.is_whole())?;
    if options.draws {
        lanes::write(&root, &verdicts)?;
    }
    let summary = Summary::new(&verdicts);
    println!("{}", summary.line());
    Ok(summary.is_good())
}

/// Renews one row more: what a run has found remains if it is ended.
fn keep(root: &Path, so_far: &Mutex<Vec<Vec<String>>>, row: Vec<String>) -> Result<(), String> {
    let mut rows = so_far.lock().unwrap_or_else(PoisonError::into_inner);
    rows.push(row);
    write(root, rows.clone(), false)
}

fn write(root: &Path, rows: Vec<Vec<String>>, is_whole: bool) -> Result<(), String> {
    let mut head: Vec<String> = known::HEAD.lines().map(String::from).collect();
    head.extend(provenance::head("./check mutants", is_whole));
    let titles = TITLES.map(String::from).into();
    let order = known::mutants(root)?;
    let table = Table { head, titles, rows };
    let old = Table::read(root, known::MUTANTS);
    table.over(old, &order, is_whole).write(root, known::MUTANTS)
}

fn made_from(sources: &Sources, job: &Job, verdict: &Verdict) -> String {
    let Fate::Killed(killer) = &verdict.fate else { return UNKNOWN.into() };
    match job {
        Job::Site(_, mutant) => sources.of(killer.tool, &killer.test, &[&mutant.file], ""),
        Job::Logic(patch) => {
            let changed: Vec<&str> = patch.paths.iter().map(String::as_str).collect();
            sources.of(killer.tool, &killer.test, &changed, &patch.text)
        }
        Job::BadPatch(..) => UNKNOWN.into(),
    }
}

fn jobs(root: &Path, options: &Options) -> Result<Vec<Job>, String> {
    let sites = known::sites(root)?.into_iter();
    let sites = sites.filter(|(mutant, name)| options.selects(&[name, &mutant.to_string()]));
    let mut jobs: Vec<Job> = sites.map(|(mutant, name)| Job::Site(name, mutant)).collect();
    let patches = patch::all(root).into_iter().map(|patch| match patch {
        Ok(patch) => Job::Logic(patch),
        Err((name, why)) => Job::BadPatch(name, why),
    });
    jobs.extend(patches.filter(|job| match job {
        Job::Site(..) => true,
        Job::Logic(Patch { id, .. }) | Job::BadPatch(id, _) => options.selects(&[id]),
    }));
    if jobs.is_empty() { Err(String::from("there is no such mutant")) } else { Ok(jobs) }
}

/// The tests that these mutants need. A whole run needs all of loom's; else a site needs those of its
/// file's suite and those that its comment names, a patch those of its head.
fn wanted(root: &Path, jobs: &[Job], options: &Options) -> Result<Wanted, String> {
    let mut parts: BTreeMap<Binary, BTreeSet<String>> = BTreeMap::new();
    for job in jobs {
        match job {
            Job::Site(_, mutant) => {
                let source = tree::source(root, &mutant.file)?;
                let claims = mutant.claims(&source);
                let named = claims.killers(mutant.weakening).into_iter().map(String::from);
                let suite = format!("{}::", tree::stem(&mutant.file));
                parts.entry(LOOM).or_default().extend(named.chain([suite]));
            }
            Job::Logic(patch) => {
                for (binary, part) in &patch.suites {
                    parts.entry(binary.clone()).or_default().insert(part.clone());
                }
            }
            Job::BadPatch(..) => {}
        }
    }
    let mut wanted: Wanted =
        parts.into_iter().map(|(binary, parts)| (binary, Which::Parts(parts))).collect();
    if options.is_whole() || wanted.is_empty() {
        wanted.insert(LOOM, Which::All);
    }
    Ok(wanted)
}

/// For each site the tests that reach it, the quickest first.
fn reach(unmutated: &Unmutated) -> BTreeMap<SiteMutant, Vec<String>> {
    let Some(control) = unmutated.control(&LOOM) else { return BTreeMap::new() };
    let names = control
        .reach()
        .into_iter()
        .map(|(site, tests)| (site, tests.into_iter().map(|test| test.name.clone()).collect()));
    names.collect()
}
