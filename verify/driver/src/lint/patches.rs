//! Known bugs that can still be put back: a patch that no longer applies kills nobody, and only a run of all of
//! them would say so.

use std::path::Path;
use std::process::Command;

use crate::patch;

/// A line for each patch whose head is wrong, or which does not apply to the tree as it is.
pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for patch in patch::all(root) {
        let (name, why) = match patch {
            Err(wrong) => wrong,
            Ok(patch) => match check(root, &patch.file)? {
                None => continue,
                Some(why) => (patch.id, why),
            },
        };
        findings.push(format!("verify/mutants: {name}: {why}"));
    }
    Ok(findings)
}

/// Why a patch does not apply.
fn check(root: &Path, file: &Path) -> Result<Option<String>, String> {
    let file = file.canonicalize().map_err(|e| format!("{}: {e}", file.display()))?;
    let mut git = Command::new("git");
    git.current_dir(root).args(["apply", "--check"]).arg(file);
    let output = git.output().map_err(|e| format!("cannot run git: {e}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let why = || format!("no longer applies: {}", stderr.lines().next().unwrap_or("?"));
    Ok((!output.status.success()).then(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_that_no_longer_applies_is_named() {
        let root = std::env::temp_dir().join(format!("gosched-patches-{}", std::process::id()));
        let folder = root.join("verify/mutants");
        std::fs::create_dir_all(&folder).unwrap();
        let patch = |id: &str, was: &str| {
            format!(
                "{id}: it is wrong\nsuite: loom note::\n\ndiff --git a/x.rs b/x.rs\n--- a/x.rs\n\
                 +++ b/x.rs\n@@ -1 +1 @@\n-{was}\n+two\n"
            )
        };
        std::fs::write(root.join("x.rs"), "one\n").unwrap();
        std::fs::write(folder.join("AA1.patch"), patch("AA1", "one")).unwrap();
        std::fs::write(folder.join("AA2.patch"), patch("AA2", "once")).unwrap();
        let findings = findings(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with("verify/mutants: AA2: no longer applies"), "{findings:?}");
    }
}
