//! What a tool can hold about the tree.

mod bounds;
mod circles;
mod locals;
mod mirrors;
mod named;
mod orderings;
mod patches;
mod places;
mod suites;
mod tables;
mod words;

use std::path::Path;

/// Prints a line for each finding; true if there is none.
pub fn run(root: &Path) -> Result<bool, String> {
    let mut findings = Vec::new();
    findings.extend(circles::findings(root)?);
    findings.extend(places::findings(root)?);
    findings.extend(suites::findings(root)?);
    findings.extend(named::findings(root)?);
    findings.extend(mirrors::findings(root)?);
    findings.extend(locals::findings(root)?);
    findings.extend(orderings::findings(root)?);
    findings.extend(patches::findings(root)?);
    findings.extend(tables::findings(root)?);
    findings.extend(bounds::findings(root)?);
    for note in tables::notes(root)?.into_iter().chain(bounds::notes(root)?) {
        println!("lint: note: {note}");
    }
    for finding in &findings {
        println!("lint: {finding}");
    }
    Ok(findings.is_empty())
}
