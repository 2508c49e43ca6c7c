//! Taking half of another P's queue.

use crate::facade::{choose, spin_hint, spins};
use crate::proto::runq::Next;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::GRef;
use crate::sched::gmp::m::MRef;

/// How often each P is tried (Go's `stealTries`); a checker tries once, which is also the last
/// time.
fn tries() -> u32 {
    1 + spins(3)
}

/// How long a thief waits after a round that found nothing: some microseconds in all. A goroutine
/// that was just readied mostly runs next where it was readied, and a thief that gives up at once
/// is woken again at once. (Go sleeps 3 us before it takes a runnext; such a short sleep takes 50
/// us on Linux.)
const PAUSES: u32 = 200;

/// Steals from another P. It tries all of them, beginning at a random one, in steps that visit each
/// P once. Only the last round takes a goroutine that its P is about to run.
pub(crate) fn steal(m: MRef) -> Option<GRef> {
    let procs = &m.sched.allp;
    let n = procs.len();
    let own = m.p();
    let tries = tries();
    for round in 1..=tries {
        let next = if round == tries { Next::Yes } else { Next::No };
        let (first, step) = order(m, n as usize);
        for i in 0..n as usize {
            #[expect(clippy::cast_possible_truncation, reason = "below n")]
            let victim = procs.get(((first + i * step) % n as usize) as u32);
            if victim.id != own.id
                && let Some(g) = victim.runq.grab(&own.runq, next)
            {
                m.sched.say(|| Event::Stolen(g, victim.id));
                return Some(g);
            }
        }
        if m.sched.idle.procs_idle() + 1 >= n {
            return None; // nobody else readies anything
        }
        (0..spins(PAUSES)).for_each(|_| spin_hint());
    }
    None
}

/// A random start, and a random step that is coprime to the number of Ps (Go's `randomOrder`).
fn order(m: MRef, n: usize) -> (usize, usize) {
    m.p().own(|own| {
        let first = choose(&mut own.seed, n);
        let mut step = 1 + choose(&mut own.seed, n);
        while gcd(step, n) != 1 {
            step = step % n + 1;
        }
        (first, step)
    })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
