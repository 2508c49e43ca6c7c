//! Noting what happens, and taking the notes away.

use super::wire;
use crate::facade::now_ns;
use crate::proto::trace::Ended;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::GRef;
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::marks;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::gmp::tape::Tape;
use crate::sched::gmp::tracing::{Counts, Kept};

/// Notes an event, if the scheduler is traced. The speaker may hold any lock, and is not kept.
pub(crate) fn record(sched: SchedRef, event: Event<GRef>) {
    let Some(m) = marks::this_m().filter(|m| m.sched == sched) else {
        if sched.tracing.gate.is_open() {
            sched.tracing.note(&wire::encode(event, None));
        }
        return;
    };
    if let Some(writing) = m.stream.begin(&sched.tracing.gate) {
        let now_ns = now_ns();
        let p = m.has_p().then(|| m.p().id);
        let entry = wire::encode(event, p);
        writing.with(|tape| tape.put(now_ns, &entry));
    }
}

/// Has notes taken from here on.
pub(crate) fn open(sched: &Sched) {
    drop(sched.tracing.take_notes(true)); // it is empty
    sched.tracing.gate.open();
}

/// Takes what was noted since the last time.
pub(crate) fn turn(sched: &Sched) -> Kept {
    let until_ns = now_ns();
    let ended = sched.tracing.gate.turn();
    let others = sched.tracing.take_notes(true);
    Kept { until_ns, tapes: tapes(sched, ended, others), counts: Some(counts(sched)) }
}

/// Has no more notes taken; takes the last.
pub(crate) fn close(sched: &Sched) -> Kept {
    let ended = sched.tracing.gate.close();
    let others = sched.tracing.take_notes(false);
    Kept { tapes: tapes(sched, ended, others), ..Kept::default() }
}

/// The tapes of a generation, each with the number of its M.
///
/// The Ms are listed after the generation has ended: one that comes later notes nothing in it. Records of
/// Ms that have ended are among them.
fn tapes(sched: &Sched, ended: Ended, others: Tape) -> Vec<(Option<u32>, Tape)> {
    let mut ms = Vec::new();
    sched.mlife.for_each_record(|m| ms.push(MRef::new(m)));
    // Not in the lock: a note is waited for.
    let of_ms = ms.into_iter().map(|m| (Some(m.id()), m.stream.take(ended)));
    of_ms.chain([(None, others)]).filter(|(_, tape)| !tape.is_empty()).collect()
}

fn counts(sched: &Sched) -> Counts {
    let in_queues = sched.allp.iter().map(|p| p.runq.ring_len()).sum::<usize>();
    let queued = in_queues + sched.globrunq.len() + sched.idleq.len();
    Counts {
        goroutines: sched.num_goroutines() as u64,
        queued: queued as u64,
        idle_procs: u64::from(sched.idle.procs_idle()),
        threads: u64::from(sched.mlife.count()),
    }
}
