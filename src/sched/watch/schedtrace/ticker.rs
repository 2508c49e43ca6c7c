//! The thread that writes.
//!
//! It keeps the scheduler's memory, and is not waited for: standard error may be a pipe that nobody reads. It
//! counts as asleep also while it writes (`proto/asleep`), so it hides no deadlock: nobody waits for what it
//! does, and whoever ends it takes it out of the count.

use std::io;
use std::sync::Arc;

use super::asked::{self, Asked};
use super::block::Block;
use super::detail;
use super::head::Head;
use crate::facade::now_ns;
use crate::facade::thread::{self, Signals};
use crate::machine::signal;
use crate::proto::note::{Note, Sleep};
use crate::sched::gmp::schedt::Sched;

const MS_NS: u64 = 1_000_000;

/// What a thread writes about its scheduler.
struct Ticker {
    sched: Arc<Sched>,
    asked: Asked,
    began_ns: u64,
    /// What each line ends with: nothing in the first runtime of the process, the number of a later one.
    mark: String,
}

/// Has lines written about a scheduler that was just started, if `GOSCHED_DEBUG` asks for them. If there is
/// no thread, one line says so.
pub(crate) fn start_if_asked(sched: &Arc<Sched>) {
    let Some((asked, count)) = asked::ask() else { return };
    let mark = if count == 1 { String::new() } else { format!(" runtime={count}") };
    let ticker = Ticker { sched: sched.clone(), asked, began_ns: now_ns(), mark };
    if let Err(error) = start(ticker) {
        let line = format!("gosched: GOSCHED_DEBUG: no lines are written: {error}\n");
        signal::write_stderr(line.as_bytes());
    }
}

fn start(ticker: Ticker) -> io::Result<()> {
    let sched = ticker.sched.clone();
    let over = Arc::new(Note::new());
    let name = format!("{}-schedtrace", sched.config.thread_name);
    let note = over.clone();
    thread::spawn(name, Signals::faults_only(), move || ticker.tick(&note))?;
    sched.lines.with(|lines| *lines = Some(over));
    Ok(())
}

/// The scheduler has ended: so does the thread.
pub(crate) fn end(sched: &Sched) {
    if let Some(over) = sched.lines.with(Option::take) {
        over.wakeup();
    }
}

impl Ticker {
    /// The life of the thread.
    fn tick(&self, over: &Note) {
        let every_ns = self.asked.every_ms.get().saturating_mul(MS_NS);
        let mut due_ns = 0;
        loop {
            self.write(self.since_ns() / MS_NS);
            // Those that it is too late for are left out.
            let since_ns = self.since_ns();
            due_ns = next(due_ns, since_ns, every_ns);
            if over.sleep_timeout(due_ns - since_ns) == Sleep::Woken {
                return;
            }
        }
    }

    fn since_ns(&self) -> u64 {
        now_ns() - self.began_ns
    }

    fn write(&self, at_ms: u64) {
        let write = |text: &str| signal::write_stderr(text.as_bytes());
        let mut block = Block::new(&self.mark, write);
        let (sched, has_detail) = (&*self.sched, self.asked.has_detail);
        block.line(Head { sched, at_ms, has_detail });
        if has_detail {
            detail::write(sched, &mut block);
        }
    }
}

/// The first moment after `now_ns` that is a number of periods after one that is over.
fn next(due_ns: u64, now_ns: u64, every_ns: u64) -> u64 {
    let periods = now_ns.saturating_sub(due_ns) / every_ns + 1;
    due_ns.saturating_add(periods.saturating_mul(every_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_comes_late_delays_no_other() {
        assert_eq!(next(0, 0, 10), 10);
        assert_eq!(next(10, 13, 10), 20);
        assert_eq!(next(20, 20, 10), 30);
        assert_eq!(next(30, 75, 10), 80);
        assert_eq!(next(0, 5, u64::MAX), u64::MAX);
    }
}
