//! What kills mutants, in lanes: for those who want to see how a bug does its harm.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::report::{Fate, Verdict};

const FILE: &str = "verify/results/lanes.md";

const HEAD: &str = "# How bugs do their harm

Written by `./check mutants --draw NAME...`; do not edit. Each is the first execution that a model found with the
least number of preemptions: a column a thread, a row an access of a word, in the order in which they happened.
`:=` is a store, `a to b` a read-modify-write; a row with `>` has read an older value than the newest.
";

/// Writes those that were killed.
pub fn write(root: &Path, verdicts: &[Verdict]) -> Result<(), String> {
    let mut text = String::from(HEAD);
    for verdict in verdicts {
        tell(&mut text, verdict);
    }
    fs::write(root.join(FILE), text).map_err(|e| format!("{FILE}: {e}"))
}

fn tell(text: &mut String, verdict: &Verdict) {
    let Fate::Killed(killer) = &verdict.fate else { return };
    let lanes = killer.lanes.as_deref().unwrap_or("(a test on real threads: there are no lanes)");
    // The first line names the test and its message, the last the picture's place on this machine.
    let kept = lanes.lines().filter(|line| !line.starts_with("as a picture: "));
    let drawn: Vec<&str> = kept.map(str::trim_end).collect();
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "\n## {}: {}\n\n{} `{}`\n\n```text\n{}\n```\n",
        verdict.id,
        verdict.what,
        killer.tool,
        killer.test,
        drawn.join("\n")
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Killer;

    #[test]
    fn what_was_drawn_stands_below_its_sentence_without_places_of_this_machine() {
        let killer = Killer {
            tool: "loom",
            test: "note::x".into(),
            bound: None,
            seconds: 0.1,
            reason: "deadlock".into(),
            lanes: Some("lanes of note::x: deadlock\n 1  a  \nas a picture: /tmp/x.svg".into()),
        };
        let (id, what) = ("NO2".into(), "a wake-up is lost".into());
        let verdict = Verdict { id, what, fate: Fate::Killed(killer), false_claim: None };
        let mut text = String::new();
        tell(&mut text, &verdict);
        assert_eq!(
            text,
            "\n## NO2: a wake-up is lost\n\nloom `note::x`\n\n```text\nlanes of note::x: deadlock\n 1  a\n```\n"
        );
        let mut none = String::new();
        tell(&mut none, &Verdict::failed("NO2", "no"));
        assert_eq!(none, "");
    }
}
