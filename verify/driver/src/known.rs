//! The mutants that there are, as the sources and the patches have them, and where their table is.

use std::path::Path;

use crate::patch;
use crate::site::{self, SiteMutant};
use crate::tree;

/// The table that `./check mutants` writes.
pub const MUTANTS: &str = "verify/results/mutants.md";

/// What stands above it.
pub const HEAD: &str = "\
# Mutants

Written by `./check mutants`; do not edit. `./check mutants NAME...` renews only the rows that it runs.
The columns are told in [RESEARCH.md](../../RESEARCH.md), section 4.
";

/// Every atomic site that can be weakened, in the order of the text, with its name.
pub fn sites(root: &Path) -> Result<Vec<(SiteMutant, String)>, String> {
    let mut sites = Vec::new();
    for file in tree::rust_files(root, "src")? {
        // The facade passes orderings on; tests have none to weaken.
        if !file.starts_with("src/facade/") && !file.starts_with("src/tests/") {
            sites.extend(site::names_in(&file, &tree::source(root, &file)?));
        }
    }
    Ok(sites)
}

/// The names of all mutants: sites, and then patches.
pub fn mutants(root: &Path) -> Result<Vec<String>, String> {
    let patches = patch::all(root).into_iter().map(|patch| match patch {
        Ok(patch) => patch.id,
        Err((name, _)) => name,
    });
    Ok(sites(root)?.into_iter().map(|(_, name)| name).chain(patches).collect())
}
