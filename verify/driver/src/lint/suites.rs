//! Every file that declares a word which threads share has its models, under both checkers.
//!
//! A file of `src/proto` has suites of its own name, with or without words. Any other file that
//! declares a word (in a type, or as a static) has suites of its own name too, or stands below: with
//! the suite that explores it, or with the reason why there is nothing to explore.
//!
//! A table of scenarios in `verify/cells` becomes tests only where a twin says so, in
//! `crate::cells::x::suite!();`. Both twins must, or its tests vanish in silence.

use std::collections::BTreeSet;
use std::path::Path;

use super::circles::CRATES;
use super::words;
use crate::modules::Modules;
use crate::suite::Tool;
use crate::tokens::{Token, tokens};
use crate::tree;

/// Files whose words suites of another name watch. A file is called by its layer and its name,
/// wherever in the layer it lies.
const ELSEWHERE: [(&str, &str); 3] =
    [("api/poison", "sync"), ("sched/g", "sched"), ("sched/p", "sched")];

/// Files whose words have no suite, and why they need none.
const NO_PROTOCOL: [(&str, &str); 7] = [
    ("api/descriptor", "options: they order nothing"),
    ("api/join", "a goroutine's own mark: it alone finds its address there"),
    ("api/registration", "a hint: the kernel decides who registers a descriptor"),
    ("sched/m", "hints for the watcher, each written by one thread; it looks again"),
    ("sched/schedt", "statistics, marks set once, and a counter: they order nothing"),
    ("sched/tags", "a pointer under a lock; without it others only ask whether it is null"),
    ("sched/wait", "a statistic, for lists of goroutines"),
];

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let declaring = match CRATES.iter().find(|file| root.join(file).is_file()) {
        Some(file) => words::declaring(root, &Modules::read(root, file)?)?,
        None => BTreeSet::new(),
    };
    let mut findings = stale(&declaring);
    findings.extend(untaken(root)?);
    let proto = tree::rust_files(root, "src/proto")?;
    let proto = proto.into_iter().filter(|file| tree::stem(file) != "mod");
    for file in proto.chain(declaring).collect::<BTreeSet<_>>() {
        if let Some(suite) = suite(&file) {
            findings.extend(missing(root, &file, suite)?);
        }
    }
    Ok(findings)
}

/// `src/sched/gmp/g.rs` is `sched/g`.
fn key(file: &str) -> Option<String> {
    let layer = file.strip_prefix("src/")?.split('/').next()?;
    Some(format!("{layer}/{}", tree::stem(file)))
}

/// The suite that a file needs, if it needs one.
fn suite(file: &str) -> Option<&str> {
    let key = key(file)?;
    if NO_PROTOCOL.iter().any(|(name, _)| *name == key) {
        return None;
    }
    let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == key);
    Some(elsewhere.map_or(tree::stem(file), |(_, suite)| suite))
}

/// What stands above and speaks of no file.
fn stale(declaring: &BTreeSet<String>) -> Vec<String> {
    if declaring.is_empty() {
        return Vec::new();
    }
    let keys: BTreeSet<String> = declaring.iter().filter_map(|file| key(file)).collect();
    let listed = ELSEWHERE.iter().chain(&NO_PROTOCOL);
    let stale = listed.filter(|(name, _)| !keys.contains(*name));
    stale.map(|(name, _)| format!("{name} declares no word, and lint/suites.rs lists it")).collect()
}

fn missing(root: &Path, file: &str, suite: &str) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for tool in Tool::ALL {
        let folder = format!("verify/{}", tool.name());
        if !root.join(format!("{folder}/{suite}.rs")).is_file() {
            findings.push(format!("{file} has no suite {folder}/{suite}.rs"));
        } else if !is_mounted(root, &folder, suite)? {
            findings.push(format!("{folder}/mod.rs does not mount {suite}.rs"));
        }
    }
    Ok(findings)
}

/// Tables that a twin does not take.
fn untaken(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for file in tree::rust_files(root, "verify/cells")? {
        let source = tree::source(root, &file)?;
        let is_table =
            texts(&tokens(&source)).windows(3).any(|it| it == ["macro_rules", "!", "suite"]);
        let stem = tree::stem(&file);
        let suite = if stem == "mod" { tree::stem(tree::folder(&file)) } else { stem };
        for tool in Tool::ALL.into_iter().filter(|_| is_table) {
            let twin = format!("verify/{}/{suite}.rs", tool.name());
            if !takes(root, &twin, suite) {
                findings.push(format!("{twin} does not say crate::cells::{suite}::suite!();"));
            }
        }
    }
    Ok(findings)
}

fn takes(root: &Path, twin: &str, suite: &str) -> bool {
    let Ok(source) = tree::source(root, twin) else { return false };
    let wanted = ["crate", "::", "cells", "::", suite, "::", "suite", "!"];
    texts(&tokens(&source)).windows(wanted.len()).any(|window| window == wanted)
}

fn texts<'s>(tokens: &[Token<'s>]) -> Vec<&'s str> {
    tokens.iter().map(|token| token.text).collect()
}

fn is_mounted(root: &Path, folder: &str, suite: &str) -> Result<bool, String> {
    let module = tree::source(root, &format!("{folder}/mod.rs"))?;
    Ok(texts(&tokens(&module)).windows(3).any(|window| window == ["mod", suite, ";"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_protocol_without_a_suite_is_found_and_so_is_one_that_is_not_mounted() {
        let sample = Sample::new(&[
            ("src/proto/note.rs", ""),
            ("verify/loom/mod.rs", "// mod note;\nmod notes;\n"),
            ("verify/loom/note.rs", ""),
        ]);
        let found = findings(sample.root()).unwrap();
        let wanted = [
            "verify/loom/mod.rs does not mount note.rs",
            "src/proto/note.rs has no suite verify/shuttle/note.rs",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_word_anywhere_needs_a_suite_or_a_reason() {
        let sample = Sample::new(&[
            ("src/lib.rs", "mod facade; mod sched;"),
            ("src/facade/mod.rs", "pub struct AtomicU32;"),
            ("src/sched/mod.rs", "mod wait; mod poller;"),
            ("src/sched/wait.rs", "use crate::facade::AtomicU32; struct W(AtomicU32);"),
            ("src/sched/poller.rs", "use crate::facade::AtomicU32; struct P(AtomicU32);"),
        ]);
        let mut found = findings(sample.root()).unwrap();
        found.retain(|finding| !finding.contains("lists it"));
        let wanted = [
            "src/sched/poller.rs has no suite verify/loom/poller.rs",
            "src/sched/poller.rs has no suite verify/shuttle/poller.rs",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_table_that_a_twin_does_not_take_is_found() {
        let table = "macro_rules! suite { () => { explored! { idle: a = A, loom All; } }; }";
        let sample = Sample::new(&[
            ("verify/cells/idle/mod.rs", table),
            ("verify/loom/idle.rs", "crate::cells::idle::suite!();"),
            ("verify/shuttle/idle.rs", "// crate::cells::idle::suite!();"),
        ]);
        let found = findings(sample.root()).unwrap();
        assert_eq!(found, ["verify/shuttle/idle.rs does not say crate::cells::idle::suite!();"]);
    }

    #[test]
    fn what_is_listed_and_declares_nothing_is_stale() {
        let found = stale(&BTreeSet::from([String::from("src/sched/gmp/g.rs")]));
        assert_eq!(found.len(), ELSEWHERE.len() + NO_PROTOCOL.len() - 1);
        assert!(found.iter().all(|finding| !finding.starts_with("sched/g ")));
    }
}
