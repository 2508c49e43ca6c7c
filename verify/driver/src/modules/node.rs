//! What a module declares and names.

use std::collections::BTreeSet;

/// Something named in a module: by a `use`, or in the code.
#[derive(Clone, Debug)]
pub struct Name {
    pub line: usize,
    pub path: Vec<String>,
    /// What a `use` calls it; `None` for a glob.
    pub alias: Option<String>,
}

/// A module: a file, or a part of one.
#[derive(Debug)]
pub struct Node {
    pub file: String,
    pub parent: Option<usize>,
    pub children: Vec<(String, usize)>,
    pub uses: Vec<Name>,
    pub paths: Vec<Name>,
    pub items: BTreeSet<String>,
    /// Unit tests beside the code: they may look at anything.
    pub is_test: bool,
}

impl Node {
    pub fn new(file: &str, parent: Option<usize>) -> Self {
        Self {
            file: file.into(),
            parent,
            children: Vec::new(),
            uses: Vec::new(),
            paths: Vec::new(),
            items: BTreeSet::new(),
            is_test: false,
        }
    }
}
