//! A test binary: how it is built, and one of its tests run alone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Finished};

/// A checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    Loom,
    Shuttle,
}

impl Tool {
    pub const ALL: [Self; 2] = [Self::Loom, Self::Shuttle];

    /// Its feature, and the folder of its suites.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }
}

/// What can be built and run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binary {
    /// The crate's own tests under a checker: only the suites in it count.
    Checker(Tool),
    /// Tests of the real build: a file of `tests`, or the crate's own (`lib`).
    Real(String),
}

const LIB: &str = "lib";
/// The module that the suites are mounted as.
const MOUNT: &str = "verify::";

impl Binary {
    /// For a table: `loom`, `shuttle` or `real`.
    pub fn tool(&self) -> &'static str {
        match self {
            Self::Checker(tool) => tool.name(),
            Self::Real(_) => "real",
        }
    }

    /// A test's name in a table, which says in which file it is.
    pub fn told(&self, test: &str) -> String {
        match self {
            Self::Checker(_) => test.into(),
            Self::Real(file) => format!("{file}::{test}"),
        }
    }

    /// For a file's name.
    pub fn id(&self) -> String {
        match self {
            Self::Checker(tool) => tool.name().into(),
            Self::Real(file) => format!("real-{file}"),
        }
    }

    fn mount(&self) -> &'static str {
        match self {
            Self::Checker(_) => MOUNT,
            Self::Real(_) => "",
        }
    }

    fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Checker(tool) => vec!["--lib", "--features", tool.name()],
            Self::Real(file) if file == LIB => vec!["--lib"],
            Self::Real(file) => vec!["--test", file],
        }
    }
}

/// A built test binary.
pub struct Suite {
    pub binary: Binary,
    pub exe: PathBuf,
    /// Where its tests run.
    pub dir: PathBuf,
}

/// What cargo said about a build.
#[derive(Debug, PartialEq, Eq)]
pub struct Artifact {
    pub exe: PathBuf,
    /// It was there already.
    pub is_fresh: bool,
}

impl Suite {
    /// The suite's tests; those of a checker as `protocol::property`.
    pub fn tests(&self) -> Result<Vec<String>, String> {
        let output = self.command().arg("--list").output();
        let output = output.map_err(|e| format!("cannot run {}: {e}", self.exe.display()))?;
        Ok(listed(self.binary.mount(), &String::from_utf8_lossy(&output.stdout)))
    }

    /// Runs one test in a process of its own.
    pub fn run(
        &self,
        test: &str,
        variables: &[(&str, &str)],
        limit: Duration,
    ) -> Result<Finished, String> {
        let mut command = self.command();
        let name = format!("{}{test}", self.binary.mount());
        command.args(["--exact", &name, "--include-ignored", "--nocapture"]);
        command.envs(variables.iter().copied()).env("GOSCHED_SOURCES", self.sources());
        process::run(&mut command, limit)
    }

    /// Where the files lie that were changed for this binary, for those who tell a failure by its lines.
    pub fn sources(&self) -> PathBuf {
        self.exe.with_extension("sources")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.exe);
        command.current_dir(&self.dir).env("RUST_BACKTRACE", "0");
        without_settings(&mut command);
        command
    }
}

/// Keeps the caller's settings from the checkers: `LOOM_MAX_DURATION` would end a model green.
fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["GOSCHED_", "LOOM_", "SHUTTLE_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// Builds a test binary in `dir`.
pub fn build(dir: &Path, target: Option<&Path>, binary: &Binary) -> Result<Artifact, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(dir).args(["test", "--no-run"]).args(binary.arguments());
    command.arg("--message-format=json-render-diagnostics");
    if let Some(target) = target {
        // Nobody debugs these; without the tables they build sooner.
        command.env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "0");
        if matches!(binary, Binary::Checker(_)) {
            // A patch takes seconds to build in place of a minute, and its tests run half as fast.
            command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_INCREMENTAL", "1");
        }
    }
    let output = command.output().map_err(|e| format!("cannot run cargo: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "does not compile: {}",
            errors(&String::from_utf8_lossy(&output.stderr))
        ));
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    artifact(&stdout).ok_or_else(|| String::from("cargo named no test binary"))
}

/// The tests in what `--list` prints.
fn listed(mount: &str, stdout: &str) -> Vec<String> {
    let names = stdout.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter_map(|name| name.strip_prefix(mount)).map(String::from).collect()
}

/// The line of cargo's messages that names a test's executable.
fn artifact(messages: &str) -> Option<Artifact> {
    const KEY: &str = "\"executable\":\"";
    let tests = messages.lines().filter(|line| line.contains("\"test\":true}"));
    tests.into_iter().find_map(|line| {
        let (_, path) = line.split_once(KEY)?;
        let (path, _) = path.split_once('"')?;
        let exe = PathBuf::from(path.replace("\\\\", "\\"));
        Some(Artifact { exe, is_fresh: line.contains("\"fresh\":true") })
    })
}

/// The first error, with its place.
fn errors(stderr: &str) -> String {
    let from_error = stderr.lines().skip_while(|line| !line.starts_with("error"));
    let lines: Vec<&str> = from_error.take(2).map(str::trim).collect();
    if lines.is_empty() { stderr.lines().last().unwrap_or("?").into() } else { lines.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_checkers_binary_only_the_suites_tests_are_listed() {
        let stdout =
            "base::list::tests::a: test\nverify::note::b: test\nverify::c: benchmark\n\n2 tests\n";
        assert_eq!(listed(MOUNT, stdout), ["note::b"]);
        assert_eq!(listed("", stdout), ["base::list::tests::a", "verify::note::b"]);
    }

    #[test]
    fn the_binary_is_found_among_cargos_messages() {
        let messages = "{\"target\":{\"test\":true},\"executable\":null,\"fresh\":true}\n\
            {\"profile\":{\"test\":false},\"executable\":\"/t/bin\",\"fresh\":true}\n\
            {\"profile\":{\"test\":true},\"executable\":\"/t/deps/gosched-1\",\"fresh\":false}\n";
        let expected = Artifact { exe: "/t/deps/gosched-1".into(), is_fresh: false };
        assert_eq!(artifact(messages), Some(expected));
        assert_eq!(artifact("{}"), None);
    }

    #[test]
    fn the_first_error_is_quoted() {
        let stderr =
            "warning: x\nerror[E0425]: no value `y`\n  --> src/a.rs:1:2\n   |\nerror: more\n";
        assert_eq!(errors(stderr), "error[E0425]: no value `y` --> src/a.rs:1:2");
        assert_eq!(errors("Killed\n"), "Killed");
    }

    #[test]
    fn a_real_test_is_told_with_its_file() {
        let binary = Binary::Real("deadlock".into());
        assert_eq!(binary.told("it_is_reported"), "deadlock::it_is_reported");
        assert_eq!(binary.arguments(), ["--test", "deadlock"]);
        assert_eq!(Binary::Real(LIB.into()).arguments(), ["--lib"]);
    }
}
