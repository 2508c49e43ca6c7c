//! What a command was asked.

use std::time::Duration;

/// What `models` or `mutants` was asked.
pub struct Options {
    /// Only those whose name contains one of these; all, if there is none.
    pub filters: Vec<String>,
    /// For one test.
    pub limit: Duration,
    /// Tests that run side by side.
    pub jobs: usize,
    /// Whether what kills each mutant is written as lanes.
    pub draws: bool,
}

impl Options {
    /// Reads a command's arguments; `None` if they are not understood.
    pub fn read(args: &[String]) -> Option<Self> {
        let limit = Duration::from_mins(2);
        let mut options = Self { filters: Vec::new(), limit, jobs: 2, draws: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--timeout" => options.limit = Duration::from_secs(args.next()?.parse().ok()?),
                "--jobs" => options.jobs = args.next()?.parse().ok().filter(|&n| n > 0)?,
                "--draw" => options.draws = true,
                flag if flag.starts_with('-') => return None,
                filter => options.filters.push(filter.into()),
            }
        }
        Some(options)
    }

    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.filters.is_empty()
    }

    /// Whether one of these names is asked for.
    pub fn selects(&self, names: &[&str]) -> bool {
        let is_named = |filter: &String| names.iter().any(|name| name.contains(filter.as_str()));
        self.is_whole() || self.filters.iter().any(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Options> {
        Options::read(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn filters_and_flags_come_in_any_order() {
        let options = parse("--timeout 5 runq ST1 --jobs 3").unwrap();
        assert_eq!((options.limit, options.jobs), (Duration::from_secs(5), 3));
        assert!(options.selects(&["ST10"]) && options.selects(&["x", "runq.put"]));
        assert!(!options.selects(&["note.x"]) && !options.is_whole());
        assert!(!options.draws && parse("NO2 --draw").unwrap().draws);
        assert!(parse("").unwrap().selects(&["note.x"]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["--timeout", "--timeout x", "--jobs 0", "--jbs"] {
            assert!(parse(line).is_none(), "{line}");
        }
    }
}
