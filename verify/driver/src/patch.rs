//! A known bug as a patch file: what goes wrong, which suite must see it, and the change.
//!
//! ```text
//! NO2: a wake-up that comes while the sleeper goes to sleep is lost
//! suite: loom note::
//!
//! diff --git a/src/proto/note.rs b/src/proto/note.rs
//! ...
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use crate::suite::Tool;

/// A patch whose head is in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Patch {
    pub id: String,
    pub sentence: String,
    /// The tests of which one must turn red: a checker and a part of the test's name.
    pub suites: Vec<(Tool, String)>,
    /// The files that it changes.
    pub paths: Vec<String>,
    pub file: PathBuf,
}

const FOLDER: &str = "verify/mutants";

/// Every patch, in the order of their names; or what is wrong with its head, under its name.
pub fn all(root: &Path) -> Vec<Result<Patch, (String, String)>> {
    let folder = root.join(FOLDER);
    let Ok(entries) = fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "patch"));
    files.sort();
    let mut seen: Vec<String> = Vec::new();
    let patches = files.into_iter().map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).map_err(|e| (name.clone(), e.to_string()))?;
        let patch = Patch::parse(&file, &name, &text).map_err(|why| (name.clone(), why))?;
        if seen.contains(&patch.id) {
            return Err((name, format!("another patch has the id {}", patch.id)));
        }
        seen.push(patch.id.clone());
        Ok(patch)
    });
    patches.collect()
}

impl Patch {
    fn parse(file: &Path, name: &str, text: &str) -> Result<Self, String> {
        let is_diff = |line: &&str| line.starts_with("diff --git ") || line.starts_with("--- ");
        let head: Vec<&str> = text.lines().take_while(|line| !is_diff(line)).collect();
        let first = head.first().copied().unwrap_or_default();
        let Some((id, sentence)) = first.split_once(": ").filter(|(id, _)| !id.contains(' '))
        else {
            return Err(String::from("line 1 must be `ID: what goes wrong`"));
        };
        if name != id && !name.starts_with(&format!("{id}-")) {
            return Err(format!("the file must be called {id}-short-name.patch"));
        }
        let suites: Option<Vec<_>> =
            head.iter().filter_map(|line| line.strip_prefix("suite:")).map(suite).collect();
        let suites = suites.filter(|suites| !suites.is_empty());
        let suites = suites.ok_or("the head needs a line `suite: loom|shuttle FILTER`")?;
        let paths: Vec<String> = text.lines().filter_map(changed).map(String::from).collect();
        if paths.is_empty() {
            return Err(String::from("it changes nothing"));
        }
        let (id, sentence) = (id.into(), sentence.trim().into());
        Ok(Self { id, sentence, suites, paths, file: file.into() })
    }
}

fn suite(line: &str) -> Option<(Tool, String)> {
    let (tool, filter) = line.trim().split_once(char::is_whitespace)?;
    let filter = filter.trim().strip_prefix(MOUNT).unwrap_or(filter.trim());
    (!filter.is_empty()).then_some((Tool::named(tool)?, filter.into()))
}

const MOUNT: &str = "verify::";

fn changed(line: &str) -> Option<&str> {
    let path = line.strip_prefix("+++ b/").or_else(|| line.strip_prefix("--- a/"))?;
    path.split('\t').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str =
        "diff --git a/src/x.rs b/src/x.rs\n--- a/src/x.rs\n+++ b/src/x.rs\n@@ -1 +1 @@\n";

    fn parse(name: &str, head: &str) -> Result<Patch, String> {
        Patch::parse(Path::new("f"), name, &format!("{head}{DIFF}"))
    }

    #[test]
    fn a_head_says_what_goes_wrong_and_who_must_see_it() {
        let patch = parse("NO2-lost", "NO2: it is lost\nsuite: loom note::\n\n").unwrap();
        assert_eq!((patch.id.as_str(), patch.sentence.as_str()), ("NO2", "it is lost"));
        assert_eq!(patch.suites, [(Tool::Loom, String::from("note::"))]);
        assert!(patch.paths.iter().all(|path| path == "src/x.rs"));
    }

    #[test]
    fn a_head_that_says_less_is_refused() {
        for (name, head) in [
            ("NO2-x", "suite: loom note\n"),
            ("NO2-x", "NO2: lost\n"),
            ("NO2-x", "NO2: lost\nsuite: miri note\n"),
            ("NO2-x", "NO2: lost\nsuite: loom\n"),
            ("NO3-x", "NO2: lost\nsuite: loom note\n"),
        ] {
            assert!(parse(name, head).is_err(), "{name} {head}");
        }
    }
}
