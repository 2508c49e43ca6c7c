//! Checking your own program: a search through what it could have done.
//!
//! A test runs a concurrent program in one of its many orders, nearly always the same. The functions here run it
//! in many, each in a fresh runtime, and say in which it fails:
//!
//! ```ignore
//! use std::sync::Arc;
//!
//! use gosched::{check, go, sync::Mutex};
//!
//! check::random(1_000, || {
//!     let account = Arc::new(Mutex::new(100));
//!     let withdrawals: Vec<_> = (0..2)
//!         .map(|_| {
//!             let account = account.clone();
//!             go(move || {
//!                 let seen = *account.lock().unwrap();
//!                 if seen >= 80 {
//!                     *account.lock().unwrap() -= 80;
//!                 }
//!             })
//!         })
//!         .collect();
//!     withdrawals.into_iter().for_each(|w| w.join().unwrap());
//!     assert!(*account.lock().unwrap() >= 0, "overdrawn");
//! });
//! ```
//!
//! The program is the function: it is called as `Runtime::run` would call it, on this crate's own scheduler and
//! stacks. It needs no change, and no unsafe code. It must be deterministic but for what the check decides.
//!
//! # How to get it
//!
//! The module is there in builds with the feature `shuttle` (and without `loom`). In such a build nothing else
//! can be run, so the feature is for tests alone:
//!
//! ```toml
//! [dependencies]
//! gosched = { path = "../gosched" }
//!
//! [features]
//! check = ["gosched/shuttle"]
//! ```
//!
//! and `cargo test --features check` runs the tests that are marked `#[cfg(feature = "check")]`.
//! `cargo doc --features shuttle`, in this crate's own folder, shows the functions and types of this module, which the
//! documentation of a build without the feature lacks.
//!
//! Begin with `random`, some thousand schedules. What it does not find, `pct` may: it keeps one goroutine ahead of the
//! others for long. For a small program `exhaustive` within one or two switches says that there is no such failure.
//!
//! # What is tried
//!
//! A *step* is a call of this crate: lock, unlock, send, receive, go, join and so on. Before each step of a
//! goroutine any other goroutine that can run may go first. So may time, if something waits for it. Which case a
//! `select!` looks at first is tried too. Within a step nothing is tried: the crate's own checks have done that.
//!
//! # What is a failure
//!
//! - A panic that reaches the base of a goroutine, whether or not somebody joins it.
//! - A deadlock: no goroutine can run, and the program has not returned.
//! - A leak: the program has returned, and a goroutine waits for ever (`Checker::may_leak` allows it).
//! - A program that takes more than `Checker::max_steps`.
//!
//! A failure is reduced to a schedule with as few switches as still make it fail, and told in goroutines: see
//! `Failure`.
//!
//! # Time
//!
//! Time is [virtual](crate::time#virtual-time), and passes not only when all goroutines wait: it may pass before
//! any step, up to the next deadline. So a goroutine may be slower than any time-out of another.
//!
//! # Sockets
//!
//! The sockets of [`net`](crate::net) are simulated in a check: the program binds, connects and accepts as it does
//! elsewhere, and no packet leaves it. Addresses are those of this machine, 127.0.0.0/8, `::1` and paths of Unix
//! sockets. Each execution begins with a network in which nobody listens.
//!
//! - A step is: to connect, bind, accept, read, write, send, receive, shut down, close, and to drop the last handle.
//! - A read or a write of a stream may move fewer bytes than it could. So a message may come in several reads.
//! - Connections, bytes of TCP and datagrams of UDP may arrive later, and datagrams may overtake each other.
//!   Time-outs and deadlines go by virtual time.
//! - A connection holds 64 KiB in each direction. A write then waits.
//! - A socket that is dropped with unread bytes resets its connection, as the kernel does. So does a listener with
//!   connections that were not accepted.
//! - `Net` switches on resets, lost datagrams and addresses that are cut off for a while, and switches the others off.
//!
//! What the network does is chosen as the schedule is. It is reduced with the schedule, shown in the lanes, and
//! comes back in a replay.
//!
//! Not simulated are multicast, urgent data, a listener's queue that is full, more than 128 datagrams in a queue
//! (UDP loses them), duplicates of datagrams, the effect of options such as `set_nodelay`, the file of a Unix
//! socket (its path is free again when its socket is closed). An address of another machine is refused, with an
//! error that says so. Names are looked up by the system's resolver; use numbers. A simulated socket has no
//! descriptor: a call that needs one panics, and says so. `read_exact`, `write_all` and the like are std's, so the
//! lanes show a place in std for what they call.
//!
//! # What is not seen
//!
//! - Atomics, locks, channels and thread-locals of std, and data that is shared by them: no goroutine is set back
//!   there. All goroutines of a check share one thread. If a goroutine waits in this crate while it holds a std
//!   mutex that another one needs, the check stands still; a line on standard error says so after 10 s.
//! - std's time and `std::thread::sleep`, random numbers, the order of a `HashMap`. Use
//!   [`time::now`](crate::time::now) and [`time::sleep`](crate::time::sleep). If a failing schedule does not fail
//!   again, the report says that something of this kind is there.
//! - Threads of std. What they call of this crate panics.
//! - Pipes, child processes, and sockets that were made of a descriptor: a call that may wait for one panics, and
//!   says so.
//! - Statics: they keep their values from one execution to the next. With the feature, `new` of the types of
//!   [`sync`](crate::sync) is not `const`.
//! - Poison: a lock is not poisoned by a panic, which is a failure anyway.

#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
mod engine;

#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
pub use engine::*;
