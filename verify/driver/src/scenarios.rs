//! Which tests the suites have, and how far loom explores each, as their text says.
//!
//! A test stands in a table of both checkers, in `verify/cells`,
//!
//! ```text
//! explored! { note:
//!     a_cleared_note_sleeps_until_its_next_wakeup =
//!         USED_AGAIN, loom Preemptions(4), shuttle depth_first;
//! }
//! ```
//!
//! or as a function under `#[test]` in `verify/loom` or `verify/shuttle`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::source::Source;
use crate::suite::Tool;
use crate::tokens::{Token, closing, tokens};
use crate::tree;

/// How far loom explores a model; written as the suites print it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    None,
    Preemptions(usize),
    Window(usize),
}

impl Bound {
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None => (text == "none").then_some(Self::None),
            Some((n, "preemptions")) => Some(Self::Preemptions(n.parse().ok()?)),
            Some((n, "in window")) => Some(Self::Window(n.parse().ok()?)),
            Some(_) => None,
        }
    }

    /// The most preemptions that it allows.
    pub fn limit(self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Preemptions(n) | Self::Window(n) => Some(n),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "none"),
            Self::Preemptions(n) => write!(f, "{n} preemptions"),
            Self::Window(n) => write!(f, "{n} in window"),
        }
    }
}

/// The tests of a checker by their name, `suite::property`; with the bound of those that are models.
pub type Tests = BTreeMap<String, Option<Bound>>;

/// What the suites of a checker are made of.
pub fn tests(root: &Path, tool: Tool) -> Result<Tests, String> {
    let mut tests = Tests::new();
    for file in tree::rust_files(root, &format!("verify/{}", tool.name()))? {
        tests.extend(functions(tree::stem(&file), &tree::source(root, &file)?));
    }
    for file in tree::rust_files(root, "verify/cells")? {
        tests.extend(tabled(tool, &tree::source(root, &file)?));
    }
    Ok(tests)
}

/// loom's models: all of its tests that explore, but for those that show what loom itself can see.
pub fn models(root: &Path) -> Result<BTreeMap<String, Bound>, String> {
    let tests = tests(root, Tool::Loom)?.into_iter();
    let models = tests.filter_map(|(test, bound)| Some((test, bound?)));
    Ok(models.filter(|(test, _)| is_product(test)).collect())
}

/// Whether a model is about this crate's code.
pub fn is_product(test: &str) -> bool {
    !test.starts_with("litmus::")
}

/// The functions under `#[test]`.
fn functions(suite: &str, source: &Source) -> Tests {
    let tokens = tokens(source);
    let is_test = |at: &usize| texts(&tokens[*at..], ["#", "[", "test", "]"]);
    let found = (0..tokens.len()).filter(is_test).filter_map(|at| {
        let function = tokens[at..].iter().position(|token| token.text == "fn")? + at;
        let open = tokens[function..].iter().position(|token| token.text == "{")? + function;
        let name = tokens.get(function + 1).filter(|name| name.is_word())?.text;
        let body = &tokens[open..closing(&tokens, open)];
        Some((format!("{suite}::{name}"), bound_in(body)))
    });
    found.collect()
}

fn texts<const N: usize>(tokens: &[Token<'_>], wanted: [&str; N]) -> bool {
    tokens.len() >= N && tokens.iter().zip(wanted).all(|(token, wanted)| token.text == wanted)
}

fn bound_in(body: &[Token<'_>]) -> Option<Bound> {
    body.iter().enumerate().find_map(|(at, token)| match token.text {
        "exhaustive" => Some(Bound::None),
        "Bound" => bound_at(&body[at + 2..]),
        _ => None,
    })
}

/// `Preemptions(4)`, or a word for no bound.
fn bound_at(tokens: &[Token<'_>]) -> Option<Bound> {
    let number = || tokens.get(2)?.text.parse().ok();
    match tokens.first()?.text {
        "Preemptions" => Some(Bound::Preemptions(number()?)),
        "Window" => Some(Bound::Window(number()?)),
        "None" | "All" => Some(Bound::None),
        _ => None,
    }
}

/// The tests in the tables.
fn tabled(tool: Tool, source: &Source) -> Tests {
    let tokens = tokens(source);
    let opens = (2..tokens.len()).filter(|&at| texts(&tokens[at - 2..], ["explored", "!", "{"]));
    let mut found = Tests::new();
    for open in opens {
        let table = &tokens[open + 1..closing(&tokens, open)];
        let Some((suite, rows)) = table.split_first() else { continue };
        let rows = rows[1..].split(|token| token.text == ";");
        found.extend(rows.filter_map(|row| self::row(tool, suite.text, row)));
    }
    found
}

fn row(tool: Tool, suite: &str, row: &[Token<'_>]) -> Option<(String, Option<Bound>)> {
    let row = without_attribute(row);
    let equals = row.iter().position(|token| token.text == "=")?;
    let name = row.get(equals.checked_sub(1)?)?.text;
    let of_tool = row.iter().position(|token| token.text == tool.name())?;
    let bound = (tool == Tool::Loom).then(|| bound_at(&row[of_tool + 1..])).flatten();
    Some((format!("{suite}::{name}"), bound))
}

fn without_attribute<'t, 's>(row: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let end = row.iter().position(|token| token.text == "]");
    if row.first().is_some_and(|token| token.text == "#") {
        &row[end.map_or(0, |at| at + 1)..]
    } else {
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn sample() -> Sample {
        Sample::new(&[
            (
                "verify/loom/a.rs",
                "#[test]\nfn one() { exhaustive(&X); }\n#[test]\n#[ignore]\nfn two() {\n    \
                 explore(&Y, Bound::Window(2));\n}\nfn help() {}\n#[test]\nfn other() { say(); }\n",
            ),
            ("verify/loom/litmus.rs", "#[test]\nfn sb() { exhaustive(&X); }\n"),
            (
                "verify/cells/note.rs",
                "macro_rules! suite { () => { explored! { note:\n #[ignore = \"long\"]\n a = A, loom All, shuttle cut(1, 2);\n \
                 b = B, loom Preemptions(4), shuttle depth_first;\n } }; }\n",
            ),
            ("verify/shuttle/a.rs", "#[test]\nfn three() {}\n"),
        ])
    }

    #[test]
    fn models_are_read_with_their_bounds() {
        let models = models(sample().root()).unwrap().into_iter();
        let told: Vec<String> = models.map(|(test, bound)| format!("{test} {bound}")).collect();
        assert_eq!(
            told,
            ["a::one none", "a::two 2 in window", "note::a none", "note::b 4 preemptions"]
        );
    }

    #[test]
    fn tests_are_those_under_the_attribute_and_in_the_tables() {
        let names = |tool| {
            let tests = tests(sample().root(), tool).unwrap();
            tests.into_keys().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(Tool::Loom), "a::one a::other a::two litmus::sb note::a note::b");
        assert_eq!(names(Tool::Shuttle), "a::three note::a note::b");
    }

    #[test]
    fn a_bound_is_written_as_the_suites_print_it() {
        for text in ["none", "2 preemptions", "3 in window"] {
            assert_eq!(Bound::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Bound::parse("2 in a row"), None);
    }
}
