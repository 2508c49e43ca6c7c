//! One atomic site, weakened by one step.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::claims::Claims;
use crate::source::{Call, Source};
use crate::weakening::Weakening;

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

    fn name(&self, source: &Source) -> String {
        let file = self.file.trim_start_matches("src/").trim_start_matches("proto/");
        let module = file.trim_end_matches(".rs");
        let function = source.function(self.line).unwrap_or("?");
        let call = source.call(self.line, self.column);
        let word = call.map_or_else(|| "?".into(), |call| call.word);
        match self.weakening {
            Weakening::Fence => format!("{module}.{function}.{word}"),
            how => format!("{module}.{function}.{word}/{}", how.name()),
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

/// Every mutant of a file with its name: module, function, word, and what is weakened, as in
/// `runq.put_tail.tail/release` or `powner.take.fence`. Names stay when lines move.
pub fn names_in(file: &str, source: &Source) -> Vec<(SiteMutant, String)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let named = all_in(file, source).into_iter().map(|mutant| {
        let name = mutant.name(source);
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        let name = if *times == 1 { name } else { format!("{name}#{times}") };
        (mutant, name)
    });
    named.collect()
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
    fn a_name_has_no_line_and_tells_twins_apart() {
        let text = "fn f(&self) {\n    self.a.b.load(Acquire);\n    self.a.b.load(Acquire);\n    \
            fence_light();\n}\n";
        let names = |file| {
            let named = names_in(file, &Source::new(text));
            named.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        assert_eq!(names("src/proto/x.rs"), ["x.f.b/acquire", "x.f.b/acquire#2", "x.f.fence"]);
        assert_eq!(names("src/api/sync/x.rs")[0], "api/sync/x.f.b/acquire");
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
