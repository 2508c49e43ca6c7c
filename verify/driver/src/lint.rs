//! What a tool can hold about the tree: suites exist, are mounted, and are what comments say.

use std::fs;
use std::path::Path;

use crate::claims::{Claims, Named};
use crate::mirrors;
use crate::source::Source;
use crate::suite::Tool;

/// Prints a line for each finding; true if there is none.
pub fn run(root: &Path) -> Result<bool, String> {
    let mut findings = missing_suites(root)?;
    findings.extend(mirrors::drifted(root)?);
    for file in rust_files(root, Path::new("src"))? {
        let source = read(root, &file)?;
        findings.extend(missing_tests(root, &file, &source));
        if !file.starts_with("src/facade/") {
            findings.extend(sequential(&file, &source));
        }
    }
    for folder in ["src", "verify", "tests", "benches", "examples"] {
        for file in rust_files(root, Path::new(folder))? {
            findings.extend(silent_limits(&file, &read(root, &file)?));
        }
    }
    for finding in &findings {
        println!("lint: {finding}");
    }
    Ok(findings.is_empty())
}

/// The Rust files under a folder, by their path from the root, in order.
pub fn rust_files(root: &Path, folder: &Path) -> Result<Vec<String>, String> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| format!("{}: {e}", folder.display()))?;
        let path = folder.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name() != "target" {
            files.extend(rust_files(root, &path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort();
    Ok(files)
}

fn read(root: &Path, file: &str) -> Result<Source, String> {
    let text = fs::read_to_string(root.join(file)).map_err(|e| format!("{file}: {e}"))?;
    Ok(Source::new(&text))
}

/// Protocols without a suite, and suites that nothing mounts.
fn missing_suites(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for file in rust_files(root, Path::new("src/proto"))? {
        let name = file.trim_start_matches("src/proto/").trim_end_matches(".rs");
        if name == "mod" || name.contains('/') {
            continue;
        }
        for tool in Tool::ALL {
            let folder = format!("verify/{}", tool.name());
            if !root.join(format!("{folder}/{name}.rs")).is_file() {
                findings.push(format!("{file} has no suite {folder}/{name}.rs"));
            } else if !is_mounted(&read(root, &format!("{folder}/mod.rs"))?, name) {
                findings.push(format!("{folder}/mod.rs does not mount {name}.rs"));
            }
        }
    }
    Ok(findings)
}

fn is_mounted(module: &Source, name: &str) -> bool {
    let wanted = format!("mod {name};");
    module.code_lines().any(|(_, code)| {
        code.trim()
            .strip_suffix(&wanted)
            .is_some_and(|before| before.is_empty() || before.ends_with(' '))
    })
}

/// Tests that a comment names and that are not there.
fn missing_tests(root: &Path, file: &str, source: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    for (line, comment) in source.comments() {
        for Named { tool, test } in Claims::new(&comment).named() {
            let (suite, _) = test.split_once("::").unwrap_or((test, ""));
            let property = test.rsplit("::").next().unwrap_or_default();
            let path = format!("verify/{}/{suite}.rs", tool.name());
            let text = fs::read_to_string(root.join(&path)).unwrap_or_default();
            let is_listed = mounts(&text, suite) && lists(root, suite, property);
            if !is_listed && !has_test(&text, property) {
                findings.push(format!("{file}:{line} names {test}, which {path} does not have"));
            }
        }
    }
    findings
}

/// Whether a twin has the tests of its suite's table.
fn mounts(twin: &str, suite: &str) -> bool {
    twin.lines().any(|line| line == format!("crate::cells::{suite}::suite!();"))
}

/// Whether a suite's table has a test of that name.
fn lists(root: &Path, suite: &str, name: &str) -> bool {
    let files = [format!("verify/cells/{suite}.rs"), format!("verify/cells/{suite}/mod.rs")];
    let texts = files.iter().filter_map(|file| fs::read_to_string(root.join(file)).ok());
    texts.into_iter().any(|text| has_row(&text, name))
}

/// Whether a table has a row of that name.
fn has_row(table: &str, name: &str) -> bool {
    table
        .lines()
        .any(|line| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with(" =")))
}

/// Whether a text has a function of that name directly under `#[test]`.
fn has_test(text: &str, name: &str) -> bool {
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") {
            is_test = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            let function = line.split_once("fn ").map(|(_, function)| function);
            let rest = function.and_then(|function| function.strip_prefix(name));
            if is_test && rest.is_some_and(|rest| rest.starts_with('(')) {
                return true;
            }
            is_test = false;
        }
    }
    false
}

/// Limits after which loom ends green though it has not seen everything.
fn silent_limits(file: &str, source: &Source) -> Vec<String> {
    let limits = ["max_duration", "max_permutations"];
    let found = source.code_lines().flat_map(|(line, code)| {
        let limits = limits.into_iter().filter(|&limit| code.contains(limit));
        limits.map(move |limit| format!("{file}:{line} uses {limit}, which ends a model green"))
    });
    found.collect()
}

/// Sequentially consistent accesses: loom does not honour them.
fn sequential(file: &str, source: &Source) -> Vec<String> {
    let found = source.code_lines().filter(|(_, code)| {
        code.contains("SeqCst") && !code.contains("fence(") && !code.trim().starts_with("use ")
    });
    found.map(|(line, _)| format!("{file}:{line} says SeqCst outside a fence")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_a_function_under_its_attribute() {
        let text = "#[test]\n/// Why.\nfn holds() {\n}\nfn helper() {\n}\n";
        assert!(has_test(text, "holds"));
        assert!(!has_test(text, "hold"));
        assert!(!has_test(text, "helper"));
    }

    #[test]
    fn a_row_is_found_by_its_whole_name() {
        let table = "  explored! { idle:\n    work_is_found =\n        A, loom All;\n    b = B;";
        assert!(has_row(table, "work_is_found") && has_row(table, "b"));
        assert!(!has_row(table, "work_is") && !has_row(table, "A"));
    }

    #[test]
    fn a_twin_without_its_table_has_none_of_the_tests() {
        assert!(mounts("//! Head.\n\ncrate::cells::idle::suite!();\n", "idle"));
        assert!(!mounts("crate::cells::note::suite!();", "idle"));
    }

    #[test]
    fn a_module_is_mounted_by_its_whole_name() {
        let module = Source::new("mod idle;\npub(crate) mod note;\n// mod runq;\n");
        assert!(is_mounted(&module, "idle") && is_mounted(&module, "note"));
        assert!(!is_mounted(&module, "runq") && !is_mounted(&module, "ote"));
    }

    #[test]
    fn limits_and_orderings_count_in_code_only() {
        let source = Source::new(
            "// max_duration, SeqCst\nb.max_duration = 1;\nx.load(SeqCst);\nfence(SeqCst);\n",
        );
        assert_eq!(silent_limits("f", &source).len(), 1);
        assert_eq!(sequential("f", &source), ["f:3 says SeqCst outside a fence"]);
    }
}
