//! The files of the repository, by their path from its root.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::source::Source;

/// The Rust files under a folder, in order; none if there is no such folder.
pub fn rust_files(root: &Path, folder: &str) -> Result<Vec<String>, String> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| format!("{folder}: {e}"))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name() != "target" {
            files.extend(rust_files(root, &path)?);
        } else if Path::new(&path).extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A file's text.
pub fn text(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|e| format!("{file}: {e}"))
}

/// A Rust file.
pub fn source(root: &Path, file: &str) -> Result<Source, String> {
    Ok(Source::new(&text(root, file)?))
}

/// The folder of a file.
pub fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A file's name without its ending.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit_once('/').map_or(file, |(_, name)| name);
    name.strip_suffix(".rs").unwrap_or(name)
}

/// A path without `..`.
pub fn plain(path: &str) -> String {
    let mut plain = PathBuf::new();
    for part in Path::new(path).components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart() {
        let file = "src/proto/note.rs";
        assert_eq!((folder(file), stem(file)), ("src/proto", "note"));
        assert_eq!(plain("src/../verify/cells/mod.rs"), "verify/cells/mod.rs");
    }
}
