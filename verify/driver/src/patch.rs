//! A known bug as a patch file: what goes wrong, who must see it, and the change.
//!
//! ```text
//! NO2: a wake-up that comes while the sleeper goes to sleep is lost
//! suite: loom note::
//!
//! diff --git a/src/proto/note.rs b/src/proto/note.rs
//! ...
//! ```
//!
//! The file is called `ID.patch` or `ID-some-words.patch`. A line `suite:` names tests of which one
//! must turn red; several lines are tried in their order until one does.
//!
//! | line | tests |
//! |---|---|
//! | `suite: loom PART` | those of `verify/loom` whose name, `suite::property`, contains PART |
//! | `suite: shuttle PART` | those of `verify/shuttle`, likewise |
//! | `suite: real FILE` | all of `tests/FILE.rs`, in a real build |
//! | `suite: real FILE::PART` | those of it whose name contains PART |
//! | `suite: real lib::PART` | the unit tests beside the code and in `src/tests` |

use std::fs;
use std::path::{Path, PathBuf};

use crate::suite::{Binary, Tool};

/// A patch whose head is in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Patch {
    pub id: String,
    pub sentence: String,
    /// The tests of which one must turn red: where they are, and a part of their names.
    pub suites: Vec<(Binary, String)>,
    /// The files that it changes.
    pub paths: Vec<String>,
    pub file: PathBuf,
    pub text: String,
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
        let suites = suites.ok_or(NO_SUITE)?;
        let paths: Vec<String> = text.lines().filter_map(changed).map(String::from).collect();
        if paths.is_empty() {
            return Err(String::from("it changes nothing"));
        }
        let (id, sentence, text) = (id.into(), sentence.trim().into(), text.into());
        Ok(Self { id, sentence, suites, paths, file: file.into(), text })
    }
}

const NO_SUITE: &str =
    "the head needs a line `suite: loom PART`, `suite: shuttle PART` or `suite: real FILE[::PART]`";

fn suite(line: &str) -> Option<(Binary, String)> {
    let (tool, part) = line.trim().split_once(char::is_whitespace)?;
    let part = part.trim();
    if part.is_empty() || part.contains(char::is_whitespace) {
        return None;
    }
    if tool == "real" {
        let (file, part) = part.split_once("::").unwrap_or((part, ""));
        return Some((Binary::Real(file.into()), part.into()));
    }
    let part = part.strip_prefix(MOUNT).unwrap_or(part);
    Some((Binary::Checker(Tool::named(tool)?), part.into()))
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
        assert_eq!(patch.suites, [(Binary::Checker(Tool::Loom), String::from("note::"))]);
        assert!(patch.paths.iter().all(|path| path == "src/x.rs"));
    }

    #[test]
    fn a_test_of_the_real_build_may_have_to_see_it() {
        let patch = parse("X1", "X1: x\nsuite: real deadlock::told\nsuite: real lib\n").unwrap();
        let real = |file: &str, part: &str| (Binary::Real(file.into()), String::from(part));
        assert_eq!(patch.suites, [real("deadlock", "told"), real("lib", "")]);
    }

    #[test]
    fn a_head_that_says_less_is_refused() {
        for (name, head) in [
            ("NO2-x", "suite: loom note\n"),
            ("NO2-x", "NO2: lost\n"),
            ("NO2-x", "NO2: lost\nsuite: miri note\n"),
            ("NO2-x", "NO2: lost\nsuite: loom\n"),
            ("NO2-x", "NO2: lost\nsuite: real\n"),
            ("NO3-x", "NO2: lost\nsuite: loom note\n"),
        ] {
            assert!(parse(name, head).is_err(), "{name} {head}");
        }
    }
}
