//! Traces that the environment asks for.

use std::fs::File;
use std::io;

use super::scribe;
use crate::facade::process::Global;
use crate::machine::signal;
use crate::sched::gmp::schedt::SchedRef;

/// How many runtimes of this process have asked.
static COUNT: Global<u32> = Global::new();

/// Traces a runtime that was just started, if `GOSCHED_TRACE` names a file. If that cannot be written, one
/// line on stderr says so.
pub(crate) fn start_if_asked(sched: SchedRef) {
    let Some(asked) = std::env::var_os("GOSCHED_TRACE").filter(|name| !name.is_empty()) else {
        return;
    };
    let name = name_of(&asked.to_string_lossy());
    if let Err(error) = start(sched, &name) {
        let line = format!("gosched: GOSCHED_TRACE={name}: no trace is written: {error}\n");
        signal::write_stderr(line.as_bytes());
    }
}

/// The end of the runtime ends it.
fn start(sched: SchedRef, name: &str) -> io::Result<()> {
    scribe::start_file(sched, File::create(name)?)
}

fn name_of(asked: &str) -> String {
    COUNT.init(|| 0);
    let count = COUNT.with(|count| {
        *count += 1;
        *count
    });
    let name = asked.replace("%p", &std::process::id().to_string());
    match count {
        Some(count) if count > 1 => format!("{name}.{count}"),
        _ => name,
    }
}
