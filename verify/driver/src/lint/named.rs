//! Every test that a comment names is there.

use std::path::Path;

use crate::claims::{Claims, Named};
use crate::scenarios::{Tests, tests};
use crate::source::Source;
use crate::suite::Tool;
use crate::tree;

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    let (loom, shuttle) = (tests(root, Tool::Loom)?, tests(root, Tool::Shuttle)?);
    let tests = |tool| match tool {
        Tool::Loom => &loom,
        Tool::Shuttle => &shuttle,
    };
    for file in tree::rust_files(root, "src")? {
        findings.extend(missing(&file, &tree::source(root, &file)?, tests));
    }
    Ok(findings)
}

fn missing<'t>(file: &str, source: &Source, tests: impl Fn(Tool) -> &'t Tests) -> Vec<String> {
    let mut findings = Vec::new();
    for (line, comment) in source.comments() {
        for Named { tool, test } in Claims::new(&comment).named() {
            if !tests(*tool).contains_key(test) {
                let tool = tool.name();
                findings.push(format!("{file}:{line} names {test}, which is no test of {tool}"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_test_that_is_gone_is_missed() {
        let sample = Sample::new(&[
            ("src/x.rs", "// ORDER Release: x.\n//   checked  loom x::holds, x::gone\nfn f() {}\n"),
            ("verify/loom/x.rs", "#[test]\n/// Why.\nfn holds() {\n}\nfn gone() {\n}\n"),
        ]);
        let found = findings(sample.root()).unwrap();
        assert_eq!(found, ["src/x.rs:1 names x::gone, which is no test of loom"]);
    }
}
