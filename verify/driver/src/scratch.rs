//! A copy of the tree in which known bugs are put back, one at a time.
//!
//! One copy and one target folder, so that dependencies are compiled once. The folder is never the
//! crate's own: cargo would take a patched build for the real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::patch::Patch;
use crate::suite::{self, Binary, Suite};

/// The copy.
pub struct Scratch {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
    built: PathBuf,
}

impl Scratch {
    /// Copies what git knows of, and what it would be told of: changes that are not committed too.
    pub fn new(root: &Path, folder: &Path) -> Result<Self, String> {
        let root = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
        let scratch = Self {
            tree: folder.join("tree"),
            target: folder.join("target"),
            built: folder.join("built"),
            root,
        };
        for folder in [&scratch.tree, &scratch.built] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            }
            fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        for path in files(&scratch.root)? {
            scratch.restore(&path)?;
        }
        Ok(scratch)
    }

    /// The test binary of the tree with a bug in it. The tree is clean again afterwards.
    pub fn build(&self, patch: &Patch, binary: &Binary) -> Result<Suite, String> {
        let built = self.apply(patch).and_then(|()| self.build_tree(patch, binary));
        for path in &patch.paths {
            self.restore(path)?;
        }
        built
    }

    fn build_tree(&self, patch: &Patch, binary: &Binary) -> Result<Suite, String> {
        let artifact = suite::build(&self.tree, Some(&self.target), binary)?;
        if artifact.is_fresh {
            return Err(String::from("cargo did not compile the change"));
        }
        // The next bug's binary gets the same name.
        let exe = self.built.join(format!("{}-{}", patch.id, binary.id()));
        fs::copy(&artifact.exe, &exe).map_err(|e| format!("{}: {e}", exe.display()))?;
        let suite = Suite { binary: binary.clone(), exe, dir: self.tree.clone() };
        for path in &patch.paths {
            copy(&self.tree.join(path), &suite.sources().join(path))?;
        }
        Ok(suite)
    }

    fn apply(&self, patch: &Patch) -> Result<(), String> {
        let file = patch.file.canonicalize().map_err(|e| e.to_string())?;
        // Without the ceiling git would find the outer repository, and skip what lies outside this
        // folder without a word.
        let ceiling = self.tree.parent().unwrap_or(&self.tree);
        let output = Command::new("git")
            .current_dir(&self.tree)
            .env("GIT_CEILING_DIRECTORIES", ceiling)
            .args(["apply", "--whitespace=nowarn"])
            .arg(file)
            .output()
            .map_err(|e| format!("cannot run git: {e}"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let why = stderr.lines().next().unwrap_or("?");
            return Err(format!("no longer applies: {why}"));
        }
        let is_changed = |path: &String| {
            fs::read(self.tree.join(path)).ok() != fs::read(self.root.join(path)).ok()
        };
        let all_changed = patch.paths.iter().all(is_changed);
        all_changed.then_some(()).ok_or_else(|| String::from("git applied it to nothing"))
    }

    /// Makes a file what it is in the real tree.
    fn restore(&self, path: &str) -> Result<(), String> {
        let (from, to) = (self.root.join(path), self.tree.join(path));
        if from.is_file() {
            return copy(&from, &to);
        }
        let gone = if to.exists() { fs::remove_file(&to) } else { Ok(()) };
        gone.map_err(|e| format!("cannot remove {path}: {e}"))
    }
}

/// Copies a file to where its folder may not be yet.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let made = to.parent().map_or(Ok(()), fs::create_dir_all);
    let done = made.and_then(|()| fs::copy(from, to));
    done.map(drop).map_err(|e| format!("cannot copy {}: {e}", from.display()))
}

fn files(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .map_err(|e| format!("cannot run git: {e}"))?;
    if !output.status.success() {
        return Err(String::from("git ls-files failed: the known bugs need a git checkout"));
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(String::from).collect())
}
