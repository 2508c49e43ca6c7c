//! Dumps: what all goroutines of a runtime do, and their stacks.

use std::fmt;

use super::calls::current_sched;
use super::info::GoroutineInfo;
use crate::machine::backtrace::HAS_BACKTRACES;
use crate::sched::dump;
use crate::sched::lines::Lines;
use crate::sched::schedt::Sched;

/// The goroutines of a runtime, by [`Runtime::dump`](crate::Runtime::dump) or [`dump`](dump()).
///
/// Its `Display` shows each as a line, like [`GoroutineInfo`]. If the program was built with the feature
/// `backtrace`, the stacks of those that do not run follow below their lines: the functions of the
/// program, and the call of this crate that they made. `{:#}` shows the functions of this crate and of std too.
///
/// Nobody waits for a dump, and a dump waits for nobody: the goroutines continue, and each was in the state
/// that is shown at some moment between the call and its return. Goroutines that start or end
/// meanwhile may be missing.
#[derive(Clone)]
pub struct Dump {
    goroutines: Vec<GoroutineInfo>,
    /// Whether it is a runtime of the process that this one was forked from.
    is_of_parent: bool,
}

impl Dump {
    pub(super) fn of(sched: &Sched) -> Self {
        let goroutines = dump::dump(sched).into_iter().map(GoroutineInfo::new).collect();
        Self { goroutines, is_of_parent: sched.is_gone() }
    }

    /// Returns the goroutines, in the order of their numbers.
    pub fn goroutines(&self) -> &[GoroutineInfo] {
        &self.goroutines
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.goroutines.len();
        write!(f, "gosched: {n} goroutine{}", if n == 1 { "" } else { "s" })?;
        if self.is_of_parent {
            f.write_str(", as they were in the parent process when it forked")?;
        }
        if !HAS_BACKTRACES {
            f.write_str(" (to see their stacks, build with the feature `backtrace`)")?;
        }
        for g in &self.goroutines {
            write!(f, "\n{g}")?;
            if let Some(stack) = g.addresses() {
                fmt::Display::fmt(&Lines(stack), f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").field("goroutines", &self.goroutines).finish_non_exhaustive()
    }
}

/// Lists the goroutines of this runtime, with the stacks of those that do not run.
///
/// See [`Runtime::dump`](crate::Runtime::dump). The calling goroutine is listed as one that runs.
///
/// Does not wait.
///
/// # Panics
///
/// If the caller is not a goroutine. Use [`Runtime::dump`](crate::Runtime::dump) there.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// let text = rt.run(|| gosched::dump().to_string());
/// assert!(text.starts_with("gosched: 1 goroutine"));
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn dump() -> Dump {
    Dump::of(&current_sched("dump"))
}
