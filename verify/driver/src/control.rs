//! The control: the unmutated suite must be green. On the way it is learnt which test reaches which
//! site, and how long it takes.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Duration;

use crate::jobs::side_by_side;
use crate::process::End;
use crate::site::{self, SiteMutant};
use crate::suite::Suite;

/// What one test did when nothing was wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub name: String,
    pub seconds: f64,
    pub reaches: Vec<SiteMutant>,
}

/// All tests, the quickest first.
pub struct Control(pub Vec<Test>);

/// Understood by the loom suites.
const NOTE_SITES: &[(&str, &str)] = &[("GOSCHED_SITES", "1")];

impl Control {
    /// Runs the named tests, each alone; an error names those that are not green.
    pub fn run(
        suite: &Suite,
        names: Vec<String>,
        limit: Duration,
        jobs: usize,
    ) -> Result<Self, String> {
        let ended = side_by_side(jobs, names, |name| {
            let finished = suite.run(&name, NOTE_SITES, limit)?;
            let reaches = site::reached(&finished.stderr);
            let (end, seconds) = (finished.end, finished.seconds);
            println!("control    {name}  {}  {seconds:.2} s", word(&end));
            Ok((Test { name, seconds, reaches }, end))
        });
        let ended: Result<Vec<_>, String> = ended.into_iter().collect();
        let (green, red): (Vec<_>, Vec<_>) =
            ended?.into_iter().partition(|(_, end)| *end == End::Green);
        if red.is_empty() {
            return Ok(Self::sorted(green.into_iter().map(|(test, _)| test).collect()));
        }
        let red: Vec<String> =
            red.iter().map(|(test, end)| format!("{} ({})", test.name, word(end))).collect();
        Err(format!("without any mutant the suite is not green: {}", red.join(", ")))
    }

    fn sorted(mut tests: Vec<Test>) -> Self {
        tests.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        Self(tests)
    }

    /// For each mutant the tests that reach it, the quickest first.
    pub fn reach(&self) -> BTreeMap<SiteMutant, Vec<&Test>> {
        let mut reach: BTreeMap<SiteMutant, Vec<&Test>> = BTreeMap::new();
        for test in &self.0 {
            for site in &test.reaches {
                let tests = reach.entry(site.clone()).or_default();
                if tests.last().is_none_or(|last| last.name != test.name) {
                    tests.push(test);
                }
            }
        }
        reach
    }
}

fn word(end: &End) -> String {
    match end {
        End::Green => "green".into(),
        End::Red(reason) => format!("red: {reason}"),
        End::TimedOut => "time-out".into(),
        End::Stopped => "ended from outside".into(),
    }
}

/// The last green control of this very binary, so that a filtered run starts at once.
pub fn recall(file: &Path, suite: &Suite) -> Option<Control> {
    let text = fs::read_to_string(file).ok()?;
    let (first, rest) = text.split_once('\n')?;
    let tests: Option<Vec<Test>> = rest.lines().map(parse).collect();
    (first == key(suite)?).then_some(Control::sorted(tests?))
}

/// Keeps a green control.
pub fn remember(file: &Path, suite: &Suite, control: &Control) {
    let Some(key) = key(suite) else { return };
    let lines: Vec<String> = control.0.iter().map(write).collect();
    // Not being able to only costs time.
    drop(fs::write(file, format!("{key}\n{}\n", lines.join("\n"))));
}

fn key(suite: &Suite) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(&suite.exe).ok()?.hash(&mut hasher);
    Some(format!("{:016x}", hasher.finish()))
}

fn write(test: &Test) -> String {
    let reaches: String = test.reaches.iter().map(|site| format!(" {site}")).collect();
    format!("{} {}{reaches}", test.name, test.seconds)
}

fn parse(line: &str) -> Option<Test> {
    let mut words = line.split(' ');
    let (name, seconds) = (words.next()?.into(), words.next()?.parse().ok()?);
    let reaches: Option<Vec<SiteMutant>> = words.map(SiteMutant::parse).collect();
    Some(Test { name, seconds, reaches: reaches? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str, seconds: f64) -> Test {
        let site = SiteMutant::parse("src/x.rs:1:2/fence").unwrap();
        Test { name: name.into(), seconds, reaches: vec![site] }
    }

    #[test]
    fn a_test_survives_being_written_down() {
        assert_eq!(parse(&write(&test("note::a", 0.25))), Some(test("note::a", 0.25)));
        assert_eq!(parse("note::a 1 nonsense"), None);
    }

    #[test]
    fn the_quickest_test_that_reaches_a_site_comes_first() {
        let control = Control::sorted(vec![test("slow", 2.0), test("quick", 1.0)]);
        let reach = control.reach();
        let names: Vec<&str> = reach.values().flatten().map(|test| test.name.as_str()).collect();
        assert_eq!(names, ["quick", "slow"]);
    }
}
