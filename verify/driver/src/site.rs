//! One atomic site, weakened by one step.

use std::fmt;
use std::path::Path;

use crate::claims::Claims;
use crate::source::{Call, Source};

/// A step down; the names are the facade's (`src/facade/loom_sites.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakening {
    Acquire,
    Release,
    Failure,
    Fence,
}

impl Weakening {
    const ALL: [Self; 4] = [Self::Acquire, Self::Release, Self::Failure, Self::Fence];

    fn name(self) -> &'static str {
        match self {
            Self::Acquire => "acquire",
            Self::Release => "release",
            Self::Failure => "failure",
            Self::Fence => "fence",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weakening| weakening.name() == name)
    }
}

/// A site and how it is weakened: `src/proto/note.rs:66:29/release`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteMutant {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub weakening: Weakening,
}

impl SiteMutant {
    pub fn parse(id: &str) -> Option<Self> {
        let (place, how) = id.rsplit_once('/')?;
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let file = parts.next()?.into();
        Some(Self { file, line, column, weakening: Weakening::named(how)? })
    }

    /// What the source says about it: at the statement, or once above the function.
    pub fn claims(&self, source: &Source) -> Claims {
        let claims = Claims::new(&source.comment_above(self.line, self.column));
        if claims.is_empty() {
            Claims::new(&source.comment_above_function(self.line))
        } else {
            claims
        }
    }

    /// What the mutant does, for a reader of the table.
    pub fn describe(&self, source: &Source) -> String {
        let module = Path::new(&self.file).file_stem().unwrap_or_default().to_string_lossy();
        let function = source.function(self.line).unwrap_or("?");
        let Some(call) = source.call(self.line, self.column) else {
            return format!("`{module}::{function}`, {}", self.weakening.name());
        };
        let both = call.orderings.iter().any(|order| order == "AcqRel");
        let change = match self.weakening {
            Weakening::Acquire if both => "AcqRel to Release",
            Weakening::Release if both => "AcqRel to Acquire",
            Weakening::Acquire => "Acquire to Relaxed",
            Weakening::Release => "Release to Relaxed",
            Weakening::Failure => "Acquire on failure to Relaxed",
            Weakening::Fence => "removed",
        };
        format!("`{module}::{function}`, `{}`: {change}", call.name)
    }
}

impl fmt::Display for SiteMutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}/{}", self.file, self.line, self.column, self.weakening.name())
    }
}

/// Every mutant of a file as its text has it, whether a test reaches it or not.
pub fn all_in(file: &str, source: &Source) -> Vec<SiteMutant> {
    let mutants = source.calls().into_iter().flat_map(|call| {
        let (line, column) = (call.line, call.column);
        weakenings(&call).into_iter().map(move |how| (line, column, how))
    });
    mutants
        .map(|(line, column, weakening)| SiteMutant { file: file.into(), line, column, weakening })
        .collect()
}

fn weakenings(call: &Call) -> Vec<Weakening> {
    if call.orderings.is_empty() {
        return vec![Weakening::Fence];
    }
    let is_exchange = call.name.starts_with("compare_exchange");
    let each = call.orderings.iter().enumerate().flat_map(|(at, order)| match order.as_str() {
        "Acquire" if is_exchange && at == 1 => vec![Weakening::Failure],
        "Acquire" => vec![Weakening::Acquire],
        "Release" => vec![Weakening::Release],
        "AcqRel" => vec![Weakening::Acquire, Weakening::Release],
        _ => vec![],
    });
    each.collect()
}

/// The mutants that a suite's output names in its lines `site SCENARIO MUTANT`.
pub fn reached(stderr: &str) -> Vec<SiteMutant> {
    let ids = stderr.lines().filter_map(|line| {
        let mut words = line.strip_prefix("site ")?.split_whitespace();
        words.next_back()
    });
    ids.filter_map(SiteMutant::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "src/proto/note.rs:66:29/release";

    #[test]
    fn an_id_survives_the_way_there_and_back() {
        assert_eq!(SiteMutant::parse(ID).unwrap().to_string(), ID);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for id in
            ["", "src/proto/note.rs", "src/x.rs:1:2/sideways", "src/x.rs:1/release", "1:2/fence"]
        {
            assert_eq!(SiteMutant::parse(id), None, "{id}");
        }
    }

    #[test]
    fn only_site_lines_are_read() {
        let stderr = format!("loom note::x threads 2\nsite note::x {ID}\nsite note::x nonsense\n");
        assert_eq!(reached(&stderr), [SiteMutant::parse(ID).unwrap()]);
    }

    #[test]
    fn every_ordering_in_the_text_is_a_mutant() {
        let text = "fn f() {\n    x.swap(1, AcqRel);\n    x.compare_exchange(a, b, Relaxed, Acquire);\n    fence_light();\n    x.load(Relaxed);\n}\n";
        let ids: Vec<String> =
            all_in("src/x.rs", &Source::new(text)).iter().map(ToString::to_string).collect();
        assert_eq!(
            ids,
            [
                "src/x.rs:2:7/acquire",
                "src/x.rs:2:7/release",
                "src/x.rs:3:7/failure",
                "src/x.rs:4:5/fence"
            ]
        );
    }

    #[test]
    fn a_description_names_function_call_and_change() {
        let source = Source::new("fn wake(&self) {\n    self.word.swap(1, AcqRel);\n}\n");
        let describe = |how| {
            SiteMutant::parse(&format!("src/proto/x.rs:2:15/{how}")).unwrap().describe(&source)
        };
        assert_eq!(describe("release"), "`x::wake`, `swap`: AcqRel to Acquire");
        assert_eq!(describe("acquire"), "`x::wake`, `swap`: AcqRel to Release");
    }
}
