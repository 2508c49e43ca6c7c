//! Lines on standard error about a running scheduler, in Go's form: `GOSCHED_DEBUG=schedtrace=1000`
//! (Go's `schedtrace` in `runtime/proc.go`).
//!
//! A thread of its own writes them, if the environment asks ([`asked`]), so many milliseconds apart
//! ([`ticker`]): the numbers of the scheduler ([`head`]) and, if wanted, what each P, M and G does
//! ([`detail`]). It stops nobody, and waits for nothing but short locks, as a dump does.

mod asked;
mod block;
mod detail;
mod head;
mod ticker;

pub(crate) use ticker::{end, start_if_asked};
