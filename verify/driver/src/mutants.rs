//! Every mutant against the tests that could see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::Options;
use crate::control::{self, Control};
use crate::hunt;
use crate::jobs::side_by_side;
use crate::lint;
use crate::patch::{self, Patch};
use crate::report::{Summary, Verdict, markdown};
use crate::scratch::Scratch;
use crate::site::{self, SiteMutant};
use crate::source::Source;
use crate::suite::{self, Suite, Tool};

/// An unmutated run also notes its sites, which takes longer.
const CONTROL_LIMITS: u32 = 5;

/// The unmutated suites, all of them green.
pub type Unmutated = BTreeMap<Tool, (Suite, Control)>;

enum Job {
    /// With the tests that reach it.
    Site(SiteMutant, Vec<String>),
    Logic(Patch),
    /// Its name, and why it cannot be tried.
    BadPatch(String, String),
}

impl Job {
    fn id(&self) -> String {
        match self {
            Self::Site(mutant, _) => mutant.to_string(),
            Self::Logic(Patch { id, .. }) | Self::BadPatch(id, _) => id.clone(),
        }
    }
}

/// Tries every mutant; true if all died or are explained.
pub fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let root = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
    let artifact = suite::build(&root, None, Tool::Loom)?;
    let folder = artifact.exe.ancestors().nth(3).ok_or("the binary lies nowhere")?.join("mutants");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let loom = Suite { exe: artifact.exe, dir: root.clone() };
    let control = loom_control(&loom, &folder, options)?;
    let jobs = jobs(&root, &control, options)?;
    let mut unmutated = Unmutated::from([(Tool::Loom, (loom, control))]);
    if let Some(shuttle) = shuttle_control(&root, &jobs, options)? {
        unmutated.insert(Tool::Shuttle, shuttle);
    }
    let scratch = Mutex::new(Scratch::new(&root, &folder)?);
    let verdicts = side_by_side(options.jobs, jobs, |job| {
        let verdict = match job {
            Job::Site(mutant, tests) => hunt::site(&root, &mutant, &tests, &unmutated, options),
            Job::Logic(patch) => hunt::logic(&patch, &scratch, &unmutated, options),
            Job::BadPatch(name, why) => Verdict::failed(&name, &why),
        };
        verdict.print();
        verdict
    });
    if options.is_markdown {
        println!("\n{}", markdown(&verdicts));
    }
    let summary = Summary::new(&verdicts);
    println!("{}", summary.line());
    Ok(summary.is_good())
}

fn loom_control(suite: &Suite, folder: &Path, options: &Options) -> Result<Control, String> {
    let file = folder.join("control");
    if options.filter.is_some()
        && let Some(control) = control::recall(&file, suite)
    {
        println!("control    green before, with this binary: {} tests", control.0.len());
        return Ok(control);
    }
    let limit = options.limit * CONTROL_LIMITS;
    let control = Control::run(suite, suite.tests()?, limit, options.jobs)?;
    control::remember(&file, suite, &control);
    Ok(control)
}

/// The shuttle tests that some known bug must turn red, if there are any.
fn shuttle_control(
    root: &Path,
    jobs: &[Job],
    options: &Options,
) -> Result<Option<(Suite, Control)>, String> {
    let suites = jobs.iter().flat_map(|job| match job {
        Job::Logic(patch) => patch.suites.as_slice(),
        Job::Site(..) | Job::BadPatch(..) => &[],
    });
    let filters: Vec<&str> = suites
        .filter(|(tool, _)| *tool == Tool::Shuttle)
        .map(|(_, filter)| filter.as_str())
        .collect();
    if filters.is_empty() {
        return Ok(None);
    }
    let exe = suite::build(root, None, Tool::Shuttle)?.exe;
    let suite = Suite { exe, dir: root.into() };
    let mut tests = suite.tests()?;
    tests.retain(|test| filters.iter().any(|filter| test.contains(filter)));
    let control = Control::run(&suite, tests, options.limit * CONTROL_LIMITS, options.jobs)?;
    Ok(Some((suite, control)))
}

fn jobs(root: &Path, control: &Control, options: &Options) -> Result<Vec<Job>, String> {
    let mut jobs = sites(root, control)?;
    jobs.extend(patch::all(root).into_iter().map(|patch| match patch {
        Ok(patch) => Job::Logic(patch),
        Err((name, why)) => Job::BadPatch(name, why),
    }));
    if let Some(filter) = &options.filter {
        jobs.retain(|job| job.id().contains(filter));
    }
    if jobs.is_empty() { Err(String::from("there is no such mutant")) } else { Ok(jobs) }
}

/// The sites that some test reaches, and those that the protocols' text has and none reaches.
fn sites(root: &Path, control: &Control) -> Result<Vec<Job>, String> {
    let mut sites: BTreeMap<SiteMutant, Vec<String>> = BTreeMap::new();
    for (site, tests) in control.reach() {
        sites.insert(site, tests.into_iter().map(|test| test.name.clone()).collect());
    }
    let places = |site: &SiteMutant| (site.file.clone(), site.line, site.column);
    let reached: BTreeSet<_> = sites.keys().map(places).collect();
    for file in lint::rust_files(root, &PathBuf::from("src/proto"))? {
        let text = fs::read_to_string(root.join(&file)).map_err(|e| format!("{file}: {e}"))?;
        for site in site::all_in(&file, &Source::new(&text)) {
            if !reached.contains(&places(&site)) {
                sites.insert(site, Vec::new());
            }
        }
    }
    Ok(sites.into_iter().map(|(site, tests)| Job::Site(site, tests)).collect())
}
