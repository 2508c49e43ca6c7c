//! What a result was made from: which machine, which commit, which sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::imports::Imports;
use crate::source::Source;
use crate::tree;

/// The lines above a table that say where it comes from.
pub fn head(command: &str, is_whole: bool) -> Vec<String> {
    let rustc = first_line("rustc", &["--version"]);
    let run = format!("- command of the last whole run: `{command}`, at commit {}", commit());
    vec![
        format!("- machine: {}", machine()),
        format!("- compiler: {rustc}"),
        if is_whole { run } else { String::from("- there was no whole run yet") },
        String::new(),
    ]
}

fn machine() -> String {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{model}, {count} processors, Linux {}", kernel.trim())
}

/// The commit, with a plus if the tree is another.
pub fn commit() -> String {
    let head = first_line("git", &["rev-parse", "--short", "HEAD"]);
    // What the commands write themselves is no change of what they ran.
    let only = [":/", ":!/verify/results", ":!/benches/results"];
    let changes = first_line("git", &[&["status", "--porcelain", "--"], &only[..]].concat());
    if changes.is_empty() { head } else { head + "+" }
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let stdout = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&stdout).lines().next().unwrap_or_default().into()
}

/// The sources of the crate and its suites, for fingerprints.
///
/// A fingerprint is a short hash of the code of some files and of all that they import, comments and
/// indentation left out. A row of a table carries that of its sources when it was made. If it differs
/// now, the row is a result of other code: `./check lint` counts such rows, and is still green, for
/// most changes of the scheduler concern most models, and to run them all takes an hour. What is
/// *wrong* in a table, not merely old, fails: a model or a mutant that is not there any more, or is
/// new, or another bound.
pub struct Sources {
    imports: Imports,
    hashes: BTreeMap<String, u64>,
}

/// Where nobody noted what a row was made from.
pub const UNKNOWN: &str = "-";
const LIB: &str = "src/lib.rs";

impl Sources {
    pub fn read(root: &Path) -> Result<Self, String> {
        let imports = Imports::read(root, LIB)?;
        let mut files: BTreeSet<String> = imports.files().map(String::from).collect();
        files.extend(tree::rust_files(root, "tests")?);
        let hashes = files.into_iter().map(|file| {
            let hash = code_hash(&tree::source(root, &file)?);
            Ok((file, hash))
        });
        Ok(Self { hashes: hashes.collect::<Result<_, String>>()?, imports })
    }

    /// Of a test: `tool` is `loom`, `shuttle` or `real`.
    pub fn of_test(&self, tool: &str, test: &str) -> String {
        self.of(tool, test, &[], "")
    }

    /// Of a mutant that changes some files, by a patch or at a site, and of the test that killed it.
    pub fn of(&self, tool: &str, test: &str, changed: &[&str], patch: &str) -> String {
        let suite = test.split("::").next().unwrap_or_default();
        let suite = if tool == "real" {
            format!("tests/{suite}.rs")
        } else {
            format!("verify/{tool}/{suite}.rs")
        };
        let start = if tool == "real" { LIB } else { suite.as_str() };
        let mut files = self.imports.closure(start);
        files.extend(changed.iter().copied());
        files.insert(&suite);
        let mut hash = Hash::default();
        hash.add(patch.as_bytes());
        for file in files {
            let code = self.hashes.get(file).copied().unwrap_or_default();
            hash.add(&code.to_le_bytes());
        }
        hash.short()
    }
}

fn code_hash(source: &Source) -> u64 {
    let mut hash = Hash::default();
    for line in source.lines().map(str::trim) {
        if !line.starts_with("//") {
            hash.add(line.as_bytes());
        }
    }
    hash.0
}

/// FNV-1a: the same everywhere, and for ever.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn short(&self) -> String {
        format!("{:08x}", self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn print(note: &str, other: &str) -> String {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod proto;\n#[path = \"../verify/loom/mod.rs\"]\nmod verify;\n"),
            ("src/proto/mod.rs", "mod note; mod other;"),
            ("src/proto/note.rs", note),
            ("src/proto/other.rs", other),
            ("verify/loom/mod.rs", "mod note;"),
            ("verify/loom/note.rs", "use crate::proto::note::Note;"),
        ]);
        Sources::read(sample.root()).unwrap().of_test("loom", "note::x")
    }

    #[test]
    fn a_fingerprint_changes_with_the_code_that_a_test_runs() {
        let first = print("struct Note;", "");
        assert_ne!(print("struct Note(u8);", ""), first);
        assert_eq!(print("struct Note;", "fn f() {}"), first);
    }

    #[test]
    fn comments_and_indentation_do_not_count() {
        assert_eq!(print("// x\n    struct Note;\n", ""), print("struct Note;", ""));
    }

    #[test]
    fn a_patch_is_part_of_what_a_mutant_is_made_from() {
        let sample = Sample::new(&[("src/lib.rs", "")]);
        let sources = Sources::read(sample.root()).unwrap();
        let of = |patch| sources.of("loom", "note::x", &["src/lib.rs"], patch);
        assert_ne!(of("one"), of("another"));
    }
}
