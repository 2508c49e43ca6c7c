//! Small made-up trees for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::tree;

/// A tree in a folder of its own, gone when it is dropped.
pub struct Sample(PathBuf);

static NUMBER: AtomicUsize = AtomicUsize::new(0);

impl Sample {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let number = NUMBER.fetch_add(1, Relaxed);
        let root = std::env::temp_dir().join(format!("driver-{}-{number}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let sample = Self(root);
        for (file, text) in files {
            sample.write(file, text);
        }
        sample
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.0.join(tree::folder(file))).unwrap();
        fs::write(self.0.join(file), text).unwrap();
    }

    pub fn root(&self) -> &Path {
        &self.0
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
