//! Go's G-M-P scheduler for Rust: goroutines with stacks of their own, on as many threads as there
//! are processors. Call [`go`], block wherever you like, and no goroutine that blocks or computes
//! holds up the others.
//!
//! ```
//! # #[cfg(not(any(feature = "loom", feature = "shuttle")))] {
//! // SAFETY: nothing in these goroutines knows about threads (see below).
//! let rt = unsafe { gosched::Runtime::builder().start()? };
//! let sum: u64 = rt.run(|| {
//!     let (tx, rx) = gosched::chan::bounded(0);
//!     for i in 0..10 {
//!         let tx = tx.clone();
//!         gosched::go(move || tx.send(i));
//!     }
//!     drop(tx);
//!     rx.iter().sum()
//! });
//! assert_eq!(sum, 45);
//! # }
//! # std::io::Result::Ok(())
//! ```
//!
//! # What there is
//!
//! - [`Runtime`]: starts goroutines from threads ([`Runtime::run`], [`Runtime::go`]); built by a
//!   [`Builder`].
//! - [`go`], [`try_go`], [`go_idle`], [`yield_now`], [`exit`]: for goroutines. [`JoinHandle`] has a
//!   result or a panic.
//! - [`blocking`], [`lock_os_thread`]: for goroutines that block, or belong to one thread.
//! - [`stop_the_world`], [`set_procs`], [`pause`](pause()), [`Runtime::stats`]: for the runtime as a
//!   whole.
//! - [`chan`]: channels, by the names and meanings of crossbeam-channel.
//! - [`sync`]: [`Mutex`](sync::Mutex) as std's, [`WaitGroup`](sync::WaitGroup) as Go's.
//!
//! Channels, `sync` and join handles work from ordinary threads too, which then block as threads.
//!
//! # Safety
//!
//! A goroutine may go on on another thread after each *switch point*: a call of this crate. The
//! compiler does not know that. So starting a runtime is `unsafe`, and whoever does it promises for
//! all code that runs in its goroutines that no switch point is reached while that code
//!
//! - holds a value that is not [`Send`] and shares something with its thread,
//! - holds a reference into a thread-local, or relies on one being the same before and after,
//! - is inside a foreign function that ties itself to a thread or to its stack.
//!
//! [`Builder::start`] says it in full. All else in this crate is safe. Code that blocks the thread
//! itself (a file, a std mutex, a C library) breaks no promise and holds nobody up for long.
//!
//! # The layers
//!
//! A folder is a layer, and imports only from those below it.
//!
//! ```text
//!   api      go, Runtime, chan, sync                            what a user calls; safe
//!    |
//!   sched    g m p schedt | spawn find steal ready sysmon ...   the verbs on G, M, P; no ordering
//!    |
//!   proto    runq idle gstatus note powner lock ...             one atomic protocol a file
//!    |
//!   facade   atomics, fences, cells, futex, threads, clock      the only door to shared memory
//!    |
//!   machine  the switch in assembly, stacks, signals, futex     processor and kernel; no protocols
//!    |
//!   base     lists, throw                                       plain data
//! ```
//!
//! The facade has three backends: std, loom and shuttle. So the lines of `proto` and `sched` that
//! run in a release build are the ones that the checkers explore, assembly switch included:
//! `cargo test --features loom`, `cargo test --features shuttle`. What that has shown, and within
//! which bounds, is in `RESEARCH.md`.
//!
//! # A goroutine's way
//!
//! G is a goroutine, M a thread, P a processor: the right to run goroutines, with a queue of them.
//!
//! | step | where | status |
//! |---|---|---|
//! | [`go`]: a free stack is found, the closure and the first frame are laid at its end | `sched/goroutine/spawn` | dead -> runnable |
//! | it is queued at its P, as the next to run | `proto/runq` | runnable |
//! | an idle M is woken for it, unless one looks for work already | `sched/thread/start`, `proto/idle` | |
//! | an M finds it: in its own queue, the shared one, or another P's | `sched/thread/find`, `sched/work/steal` | |
//! | the M switches to its stack | `sched/thread/schedule`, `machine/arch` | runnable -> running |
//! | it blocks: it leaves its stack with a value that says why, and the M acts on it | `sched/goroutine/here`, `sched/thread/schedule` | running -> waiting |
//! | somebody readies it, even before it has left | `sched/goroutine/ready`, `proto/gstatus` | waiting -> runnable |
//! | it stays in the kernel, or computes: its P goes to another M, and it goes on without | `sched/watch/sysmon`, `proto/powner` | running |
//! | it ends, and its stack is free for the next | `sched/goroutine/spawn` | running -> dead |
//!
//! A goroutine only leases its P. While it runs user code, the watcher may take the P without its
//! help and without a signal; at its next call of this crate the goroutine gets a P again or queues
//! for one. If it is in a call just then, it finds a mark when that ends, and gives the P up. The world
//! is stopped by the same means (`sched/watch/world`, `proto/stop`): so a stop waits for calls of this crate,
//! never for code of the user's.
//!
//! # An M's way
//!
//! | step | where |
//! |---|---|
//! | work is queued, a P idles and nobody looks for work: an M is wanted | `sched/thread/start` |
//! | none is parked: one is counted, its record found or made, its thread started with all signals blocked | `sched/thread/newm`, `proto/mlife` |
//! | the wish comes from a thread with a state of its own: the template thread makes it | `sched/thread/newm`, `proto/template` |
//! | it gets a P, and looks whether the world wants that one | `sched/gmp/m`, `proto/powner`, `proto/stop` |
//! | it finds a goroutine and runs it, over and over | `sched/thread/schedule`, `sched/thread/find` |
//! | it finds one that is wired to another M: it hands that its P | `sched/thread/lockedm`, `proto/lockedm` |
//! | it finds nothing: it parks until it is handed a P | `sched/thread/start`, `proto/idle`, `proto/handoff` |
//! | its goroutine ended while wired to it: it ends | `sched/thread/exit`, `proto/mlife` |
//!
//! # What is deliberately absent
//!
//! - **Preemption by signals.** Rust code may be interrupted while it holds an allocator's lock or a
//!   thread-local's borrow. A goroutine's P is taken instead, and its thread runs on.
//! - **Stacks that grow.** Rust's references into a stack forbid moving it. A stack has a fixed size
//!   ([`Builder::stack_size`]) of which only touched pages take memory, and a guard page below it;
//!   an overflow says so and aborts.
//! - **Killing a goroutine from outside.** It would leave its borrows behind. A goroutine ends itself
//!   ([`exit`]), or is left suspended for ever when its runtime ends.
//! - **A global runtime.** A scheduler is a value; two can live in one process.
//! - **Other platforms** than Linux on x86-64 and aarch64.

#![cfg(not(all(doctest, any(feature = "loom", feature = "shuttle"))))]

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("gosched runs on Linux on x86-64 and aarch64, and nowhere else yet");

#[allow(clippy::unnecessary_safety_comment, reason = "it is the one in the example above")]
mod base;
mod facade;
#[cfg_attr(
    any(feature = "loom", feature = "shuttle"),
    allow(dead_code, reason = "a checker has its own clock, futex and fences")
)]
mod machine;
mod proto;
mod sched;

mod api;
pub use api::*;

#[cfg(all(test, not(any(feature = "loom", feature = "shuttle"))))]
mod tests;

// The suites, mounted here so that they reach private items and no `pub` exists for them alone.
#[cfg(all(test, any(feature = "loom", feature = "shuttle")))]
#[path = "../verify/cells/mod.rs"]
#[allow(
    dead_code,
    clippy::disallowed_types,
    clippy::format_push_string,
    clippy::multiple_unsafe_ops_per_block,
    clippy::ok_expect,
    clippy::struct_field_names,
    clippy::unwrap_used,
    reason = "what a checker must not see is std's; each checker uses its part"
)]
mod cells;
#[cfg(all(test, feature = "loom"))]
#[path = "../verify/loom/mod.rs"]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "what a checker must not see is std's"
)]
mod verify;
#[cfg(all(test, feature = "shuttle", not(feature = "loom")))]
#[path = "../verify/shuttle/mod.rs"]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "what a checker must not see is std's"
)]
mod verify;
