//! Making Ms (Go's `newm`, `allocm`, `newm1`, `newosproc`).

use crate::facade::thread;
use crate::machine::signal;
use crate::proto::mlife::Refused;
use crate::sched::gmp::m::{M, MRef, Orders};
use crate::sched::gmp::marks;
use crate::sched::gmp::schedt::{Sched, SchedRef};

/// Has an M made, with a thread that begins with `orders`.
///
/// # Errors
///
/// With the orders, if none can be made.
pub(crate) fn newm(sched: SchedRef, orders: Orders) -> Result<(), Orders> {
    if marks::is_clean() || !sched.has_template() {
        newm1_or_complain(sched, orders)
    } else {
        sched.template.ask(orders)
    }
}

/// Makes an M, with a thread that begins with `orders`; what refuses it is said once.
///
/// # Errors
///
/// With the orders, if none can be made.
pub(crate) fn newm1_or_complain(sched: SchedRef, orders: Orders) -> Result<(), Orders> {
    debug_assert!(
        marks::is_clean() || !sched.has_template(),
        "a thread with a state of its own makes another"
    );
    newm1(sched, orders).map_err(|error| {
        complain(&sched, &error);
        orders
    })
}

/// Makes an M, with a thread that begins with `orders`.
///
/// # Errors
///
/// If no thread can be created, or may be, or the runtime ends; the P in the orders is still the
/// caller's.
pub(crate) fn newm1(sched: SchedRef, orders: Orders) -> std::io::Result<()> {
    let reservation = match sched.mlife.reserve() {
        Ok(reservation) => reservation,
        Err(Refused::Closed) => {
            return Err(std::io::Error::other("the runtime is shutting down"));
        }
        Err(Refused::Full) => {
            return Err(std::io::Error::other("there are as many threads as there may be"));
        }
    };
    let born = sched.mlife.allocm(reservation, |life| M::new(sched, life));
    let m = MRef::from_ptr(born.m());
    let name = format!("{}-{}", sched.config.thread_name, m.id());
    match thread::spawn_with_fate(name, sched.signals, move || (sched.mstart)(m, orders)) {
        Ok(thread) => {
            sched.mlife.started(born, Some(thread));
            Ok(())
        }
        Err(error) => {
            sched.mlife.cancel(born);
            Err(error)
        }
    }
}

/// Says once that there are fewer threads than there is work for.
#[cold]
fn complain(sched: &Sched, error: &std::io::Error) {
    let says_kernel = error.raw_os_error().is_some();
    if !says_kernel || sched.is_stopping() || !sched.complains_first() {
        return;
    }
    let line = format!("gosched: cannot create a thread: {error}; going on with those there are\n");
    signal::write_stderr(line.as_bytes());
}
