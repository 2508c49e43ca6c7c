//! The lines of a goroutine's stack, as users read them.

use core::fmt;
use core::ops::Range;

use crate::machine::backtrace::{self, Function, MOST_FRAMES};

/// The lines of the frames at these addresses: of the user's functions, and of the call of this crate that they
/// made. With `{:#}` all.
pub(crate) struct Lines<'a>(pub(crate) &'a [usize]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames: Vec<_> = self.0.iter().map(|&frame| backtrace::functions(frame)).collect();
        if frames.iter().all(Vec::is_empty) {
            self.0.iter().try_for_each(|frame| write!(f, "\n    {frame:#x}"))?;
        }
        let range = if f.alternate() { 0..usize::MAX } else { users(&frames) };
        let all = frames.iter().flatten();
        for function in all.skip(range.start).take(range.len()) {
            write!(f, "\n    {}", function.name.as_deref().unwrap_or("(no name)"))?;
            if let (Some(file), Some(line)) = (&function.file, function.line) {
                write!(f, "\n        at {}:{line}", file.display())?;
            }
        }
        f.write_str(if self.0.len() >= MOST_FRAMES { "\n    ..." } else { "" })
    }
}

/// Which functions of a stack the user knows: from the last one of this crate's that the first frame of the
/// user's called, to the goroutine's closure.
fn users(frames: &[Vec<Function>]) -> Range<usize> {
    let is_users = |frame: &Vec<Function>| frame.last().is_some_and(|f| !is_ours(f));
    // A small closure is inlined where this crate calls it.
    let has_closure = |frame: &Vec<Function>| frame.iter().any(is_first);
    let first = frames.iter().position(is_users).or_else(|| frames.iter().position(has_closure));
    let Some(first) = first else { return 0..0 };
    let first_end: usize = frames[..=first].iter().map(Vec::len).sum();
    let all: Vec<&Function> = frames.iter().flatten().collect();
    let caller = all.iter().rposition(|f| is_first(f)).unwrap_or(all.len());
    let begin = all[..first_end.min(caller)].iter().rposition(|f| is_ours(f)).unwrap_or(0);
    let last = all[..caller].iter().rposition(|f| !is_between(f) && !is_ours(f));
    begin..last.map_or(begin, |last| last + 1)
}

fn name(function: &Function) -> &str {
    function.name.as_deref().unwrap_or_default().trim_start_matches('<')
}

fn is_ours(function: &Function) -> bool {
    name(function).starts_with("gosched::")
}

/// Whether it is what calls the user's closure,
fn is_first(function: &Function) -> bool {
    name(function).starts_with("gosched::api::join::start_as::")
}

/// or between that and the closure.
fn is_between(function: &Function) -> bool {
    const BETWEEN: [&str; 5] = [
        "std::panicking::",
        "std::panic::",
        "core::panic::unwind_safe::AssertUnwindSafe",
        "core::ops::function::",
        "__rust_try",
    ];
    BETWEEN.iter().any(|between| name(function).starts_with(between))
}
