//! Lines of the program's source, where it can be read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::trace::Site;
use crate::facade::directed::kept;

/// The longest line that is shown in full.
const LONGEST: usize = 60;

/// The files that were read, by their names.
type Files = HashMap<&'static str, Option<Vec<String>>>;

kept! {
    /// Of this thread: they do not change while a failure is told.
    fn files: RefCell<Files> = RefCell::default()
}

/// The line at a place.
pub(super) fn line(at: Site) -> Option<String> {
    files(|files| {
        let mut files = files.borrow_mut();
        let lines = files.entry(at.file()).or_insert_with(|| read(at.file())).as_ref()?;
        let line = lines.get(at.line() as usize - 1)?.trim();
        if line.chars().count() <= LONGEST {
            return Some(line.to_owned());
        }
        Some(line.chars().take(LONGEST - 1).chain(['…']).collect())
    })
}

/// Paths are relative to the workspace, and a test runs in its package.
fn read(file: &str) -> Option<Vec<String>> {
    let here = std::env::current_dir().ok()?;
    let found: PathBuf = here
        .ancestors()
        .take(4)
        .map(|dir| dir.join(Path::new(file)))
        .find(|path| path.is_file())?;
    let text = std::fs::read_to_string(found).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}
