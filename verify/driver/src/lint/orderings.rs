//! What would make a model green without cause: a limit that ends it, an ordering that loom takes
//! for another.

use std::path::Path;

use crate::source::Source;
use crate::tree;

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for folder in ["src", "verify", "tests", "benches", "examples"] {
        for file in tree::rust_files(root, folder)? {
            let source = tree::source(root, &file)?;
            findings.extend(silent_limits(&file, &source));
            if folder == "src" && !file.starts_with("src/facade/") {
                findings.extend(sequential(&file, &source));
            }
        }
    }
    Ok(findings)
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
    fn limits_and_orderings_count_in_code_only() {
        let source = Source::new(
            "// max_duration, SeqCst\nb.max_duration = 1;\nx.load(SeqCst);\nfence(SeqCst);\n",
        );
        assert_eq!(silent_limits("f", &source).len(), 1);
        assert_eq!(sequential("f", &source), ["f:3 says SeqCst outside a fence"]);
    }
}
