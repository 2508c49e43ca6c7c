//! The tables that the commands write list what there is.
//!
//! A row is *wrong* if its model or mutant is not there any more, if its bound is not the one of the
//! suite, or if its mutant lives: that is a finding, and so is a model or a mutant without a row. A
//! row is merely *old* if it was made from other code than there is now. Most changes of the scheduler
//! make most rows old, so that is a note, which fails nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::known::{self, MUTANTS};
use crate::models::MODELS;
use crate::patch;
use crate::provenance::Sources;
use crate::report::BAD;
use crate::scenarios;
use crate::table::{Table, plain};

/// Tables whose rows no source tells: they only have to be there.
const MEASURED: [&str; 3] =
    ["benches/results/speed.md", "benches/results/latency.md", "benches/results/net.md"];

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    let models = scenarios::models(root)?;
    let there: BTreeSet<String> = models.keys().cloned().collect();
    match Table::read(root, MODELS) {
        Some(table) => {
            findings.extend(differences(MODELS, &table, &there));
            findings.extend(other_bounds(&table, &models));
        }
        None => findings.push(format!("{MODELS} is missing: ./check models")),
    }
    let there: BTreeSet<String> = known::mutants(root)?.into_iter().collect();
    match Table::read(root, MUTANTS) {
        Some(table) => {
            findings.extend(differences(MUTANTS, &table, &there));
            findings.extend(living(&table));
        }
        None => findings.push(format!("{MUTANTS} is missing: ./check mutants")),
    }
    let measured = MEASURED.into_iter().filter(|file| !root.join(file).is_file());
    findings.extend(measured.map(|file| format!("{file} is missing: see benches/peers/README.md")));
    Ok(findings)
}

fn names(table: &Table) -> impl Iterator<Item = &str> {
    table.rows.iter().filter_map(|row| row.first()).map(|cell| plain(cell))
}

fn differences(file: &str, table: &Table, there: &BTreeSet<String>) -> Vec<String> {
    let listed: BTreeSet<&str> = names(table).collect();
    let gone = listed.iter().filter(|name| !there.contains(**name));
    let gone = gone.map(|name| format!("{file} lists {name}, which is not there"));
    let new = there.iter().filter(|name| !listed.contains(name.as_str()));
    gone.chain(new.map(|name| format!("{file} lacks {name}"))).collect()
}

fn other_bounds(table: &Table, models: &BTreeMap<String, scenarios::Bound>) -> Vec<String> {
    let other = table.rows.iter().filter_map(|row| {
        let name = plain(table.cell(row, "model"));
        let (was, is) = (table.cell(row, "bound"), models.get(name)?.to_string());
        (was != is).then(|| format!("{MODELS} has {name} at bound {was}, and the suite at {is}"))
    });
    other.collect()
}

fn living(table: &Table) -> Vec<String> {
    let living = table.rows.iter().filter_map(|row| {
        let fate = table.cell(row, "killed by").strip_prefix(BAD)?;
        Some(format!("{MUTANTS}: {} {}", table.cell(row, "mutant"), fate.replace(BAD, "")))
    });
    living.collect()
}

/// How many rows are old.
pub fn notes(root: &Path) -> Result<Vec<String>, String> {
    let sources = Sources::read(root)?;
    let made = mutants_made_from(root, &sources)?;
    let mut notes = Vec::new();
    if let Some(table) = Table::read(root, MODELS) {
        let now = |name: &str, _: &str| Some(sources.of_test("loom", name));
        notes.extend(old(&table, MODELS, "models", now));
    }
    if let Some(table) = Table::read(root, MUTANTS) {
        let now = |name: &str, killer: &str| made(name, killer);
        notes.extend(old(&table, MUTANTS, "mutants", now));
    }
    Ok(notes)
}

/// What a mutant's row is made from today, by its name and its killer.
fn mutants_made_from<'s>(
    root: &Path,
    sources: &'s Sources,
) -> Result<impl Fn(&str, &str) -> Option<String> + 's, String> {
    let mut changed: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    for (mutant, name) in known::sites(root)? {
        changed.insert(name, (vec![mutant.file], String::new()));
    }
    for patch in patch::all(root).into_iter().flatten() {
        changed.insert(patch.id, (patch.paths, patch.text));
    }
    Ok(move |name: &str, killer: &str| {
        let (tool, test) = killer.split_once(' ')?;
        let (files, patch) = changed.get(name)?;
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        Some(sources.of(tool, plain(test), &files, patch))
    })
}

fn old(
    table: &Table,
    file: &str,
    command: &str,
    now: impl Fn(&str, &str) -> Option<String>,
) -> Option<String> {
    let is_old = |row: &&Vec<String>| {
        let name = plain(row.first().map_or("", String::as_str));
        let killer = table.cell(row, "killed by");
        // One that no test can kill is made from its sentence alone.
        !killer.starts_with("none: ")
            && now(name, killer).is_none_or(|now| now != table.cell(row, "made from"))
    };
    let count = table.rows.iter().filter(is_old).count();
    let all = table.rows.len();
    let told = format!(
        "{count} of {all} rows of {file} were made before the last change of what they ran; \
        ./check {command} NAME... renews them"
    );
    (count > 0).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const NOTE: &str = "fn wake(&self) {\n    self.word.swap(1, Release);\n}\n";
    const SUITE: &str = "use crate::proto::note;\n#[test]\nfn a() { exhaustive(&X); }\n";
    const PATCH: &str = "NO1: lost\nsuite: loom note::\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n";

    fn sample(models: &str, mutants: &str) -> Sample {
        let head = |titles: &str| format!("# T\n\n{titles}\n|---|\n");
        let models = head("| model | bound | made from |") + models;
        let mutants = head("| mutant | killed by | made from |") + mutants;
        Sample::new(&[
            ("src/lib.rs", "mod proto;\n#[path = \"../verify/loom/mod.rs\"]\nmod verify;\n"),
            ("src/proto/mod.rs", "mod note;"),
            ("src/proto/note.rs", NOTE),
            ("verify/loom/mod.rs", "mod note;"),
            ("verify/loom/note.rs", SUITE),
            ("verify/mutants/NO1-lost.patch", PATCH),
            (MODELS, &models),
            (MUTANTS, &mutants),
            (MEASURED[0], ""),
            (MEASURED[1], ""),
            (MEASURED[2], ""),
        ])
    }

    const GOOD_MODELS: &str = "| `note::a` | none | - |\n";
    const GOOD_MUTANTS: &str =
        "| `note.wake.word/release` | loom `note::a` | - |\n| `NO1` | loom `note::a` | - |\n";

    #[test]
    fn what_there_is_must_be_listed_and_nothing_else() {
        assert!(findings(sample(GOOD_MODELS, GOOD_MUTANTS).root()).unwrap().is_empty());
        let found = findings(sample("| `note::b` | none | - |\n", "").root()).unwrap();
        let wanted = [
            "verify/results/models.md lists note::b, which is not there",
            "verify/results/models.md lacks note::a",
            "verify/results/mutants.md lacks NO1",
            "verify/results/mutants.md lacks note.wake.word/release",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn another_bound_and_a_living_mutant_are_found() {
        let mutants = GOOD_MUTANTS.replace("| `NO1` | loom `note::a`", "| `NO1` | **survived**");
        let found =
            findings(sample("| `note::a` | 2 preemptions | - |\n", &mutants).root()).unwrap();
        let wanted = [
            "verify/results/models.md has note::a at bound 2 preemptions, and the suite at none",
            "verify/results/mutants.md: `NO1` survived",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_table_that_is_not_there_is_found() {
        let sample = Sample::new(&[]);
        assert_eq!(findings(sample.root()).unwrap().len(), 2 + MEASURED.len());
    }

    #[test]
    fn rows_made_from_other_code_are_counted() {
        let sample = sample(GOOD_MODELS, GOOD_MUTANTS);
        assert_eq!(notes(sample.root()).unwrap().len(), 2);
        let now = Sources::read(sample.root()).unwrap();
        let model =
            GOOD_MODELS.replace("| - |", &format!("| {} |", now.of_test("loom", "note::a")));
        sample.write(MODELS, &format!("| model | bound | made from |\n|---|\n{model}"));
        let notes = notes(sample.root()).unwrap();
        assert_eq!(notes.len(), 1);
        assert!(notes[0].starts_with("2 of 2 rows of verify/results/mutants.md"), "{notes:?}");
    }
}
