//! The test binaries without any mutant, and the tests of them that are wanted, all green.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::control::{self, Control};
use crate::options::Options;
use crate::suite::{self, Binary, Suite};

/// An unmutated run also notes its sites, which takes longer.
const CONTROL_LIMITS: u32 = 5;

/// Which tests of a binary are wanted.
pub enum Which {
    All,
    /// Those whose names contain one of these.
    Parts(BTreeSet<String>),
}

/// The binaries that are needed.
pub type Wanted = BTreeMap<Binary, Which>;

/// The binaries that were built, with what their tests did.
pub struct Unmutated {
    suites: BTreeMap<Binary, (Suite, Control)>,
    /// Where the mutants' builds may lie.
    pub folder: PathBuf,
}

impl Unmutated {
    /// Builds them, and runs the tests that are wanted; an error names those that are not green.
    pub fn run(root: &Path, wanted: Wanted, options: &Options) -> Result<Self, String> {
        let mut unmutated = Self { suites: BTreeMap::new(), folder: PathBuf::new() };
        for (binary, which) in wanted {
            let exe = suite::build(root, None, &binary)?.exe;
            let folder = exe.ancestors().nth(3).ok_or("the binary lies nowhere")?.join("mutants");
            fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            let suite = Suite { binary: binary.clone(), exe, dir: root.into() };
            let control = control(&suite, &which, &folder, options)?;
            unmutated.suites.insert(binary, (suite, control));
            unmutated.folder = folder;
        }
        Ok(unmutated)
    }

    pub fn suite(&self, binary: &Binary) -> Option<&Suite> {
        self.suites.get(binary).map(|(suite, _)| suite)
    }

    pub fn control(&self, binary: &Binary) -> Option<&Control> {
        self.suites.get(binary).map(|(_, control)| control)
    }
}

fn control(
    suite: &Suite,
    which: &Which,
    folder: &Path,
    options: &Options,
) -> Result<Control, String> {
    let file = folder.join(format!("control-{}", suite.binary.id()));
    let mut tests = suite.tests()?;
    if let Which::Parts(parts) = which {
        if let Some(control) = control::recall(&file, suite) {
            println!("control    green before, with this binary: {} tests", control.0.len());
            return Ok(control);
        }
        tests.retain(|test| parts.iter().any(|part| test.contains(part.as_str())));
    }
    let control = Control::run(suite, tests, options.limit * CONTROL_LIMITS, options.jobs)?;
    if matches!(which, Which::All) {
        control::remember(&file, suite, &control);
    }
    Ok(control)
}
