//! Goroutines for Rust: light tasks, each with a stack of its own, that run on as many threads as
//! there are processors.
//!
//! Call [`go`] to start a goroutine. Its code may block anywhere: on a channel, on a mutex, in a
//! system call, in a C library. It may also compute for as long as it likes. In each case the other
//! goroutines continue to run. There is no `async`, and no special call is needed for code that
//! blocks. The scheduler follows Go's; the page [`design`] explains how it works.
//!
//! # Getting started
//!
//! The crate is not on crates.io yet. Depend on a checkout of its repository, or on the repository
//! itself:
//!
//! ```toml
//! [dependencies]
//! gosched = { path = "../gosched" }
//! # or: gosched = { git = "<the repository's address>" }
//! ```
//!
//! It needs Linux on x86-64 or aarch64, and Rust 1.95.
//!
#![cfg_attr(not(any(feature = "loom", feature = "shuttle")), doc = "```")]
#![cfg_attr(any(feature = "loom", feature = "shuttle"), doc = "```no_run")]
//! use std::io;
//!
//! fn main() -> io::Result<()> {
//!     // SAFETY: these goroutines keep nothing that belongs to their thread (see "Safety").
//!     let rt = unsafe { gosched::Runtime::builder().start()? };
//!     let total = rt.run(|| {
//!         let (tx, rx) = gosched::chan::bounded(16);
//!         for path in ["Cargo.toml", "Cargo.lock"] {
//!             let tx = tx.clone();
//!             // Fails only if `rx` is gone: then an earlier file could not be read.
//!             gosched::go(move || tx.send(lines_of(path)));
//!         }
//!         drop(tx); // the channel is disconnected when the last goroutine has ended
//!         rx.iter().sum::<io::Result<usize>>()
//!     })?;
//!     println!("{total} lines");
//! #   assert!(total > 0);
//!     Ok(())
//! }
//!
//! /// Reading a file blocks the thread. Other goroutines continue on other threads.
//! fn lines_of(path: &str) -> io::Result<usize> {
//!     match std::fs::read_to_string(path) {
//!         Ok(text) => Ok(text.lines().count()),
//!         Err(error) => Err(io::Error::new(error.kind(), format!("{path}: {error}"))),
//!     }
//! }
//! ```
//!
//! # What there is
//!
//! - [`Runtime`] starts goroutines from an ordinary thread: [`Runtime::run`] starts one and waits for
//!   its result, [`Runtime::go`] only starts it. A [`Builder`] configures a runtime.
//! - [`go`], [`try_go`] and [`go_idle`] start a goroutine from another goroutine. [`yield_now`] lets
//!   others run. [`exit`] ends the goroutine that calls it.
//! - [`JoinHandle::join`] waits for a goroutine and returns its result, or its panic.
//! - [`chan`] has channels with the names and behaviour of crossbeam-channel: [`select!`](chan::select),
//!   time-outs, [`after`](chan::after) and [`tick`](chan::tick) included.
//! - [`sync`] has the types of `std::sync` that wait, from [`Mutex`](sync::Mutex) and
//!   [`RwLock`](sync::RwLock) to [`Condvar`](sync::Condvar) and [`OnceLock`](sync::OnceLock), a
//!   [`WaitGroup`](sync::WaitGroup) like Go's and a [`Semaphore`](sync::Semaphore) like tokio's.
//! - [`time`] has [`sleep`](time::sleep), timers and tickers; [`context`] tells a tree of goroutines to stop.
//! - [`net`] has the sockets of `std::net` and `std::os::unix::net`, for which a goroutine waits without a
//!   thread; [`io::Async`] is the same for pipes and other descriptors, and [`process`] for child processes.
//! - [`signal`] has Ctrl-C and other signals come out of a channel.
//! - [`check`] searches through what a program could have done, in its tests: it finds deadlocks, leaks and
//!   failing assertions, and tells the shortest schedule.
//! - [`scope`] starts goroutines that borrow. [`block_on`] waits for a future, and a [`JoinHandle`] is one.
//! - [`blocking`] marks a call that blocks, so that other goroutines get the processor sooner.
//!   [`lock_os_thread`] keeps a goroutine on its thread.
//! - [`goroutine::Builder`] starts a goroutine with a name and labels. [`Runtime::dump`] and
//!   [`Builder::dump_on`] list all goroutines: what each does, where it waits, and its stack.
//! - `GOSCHED_DEBUG=schedtrace=1000` in the environment has a program say each second what its scheduler does:
//!   the page [`schedtrace`].
//! - [`trace`] writes what a runtime does for Perfetto and Chrome's viewer.
//! - [`set_procs`], [`stop_the_world`], [`pause`](pause()) and [`Runtime::stats`] look at a runtime as
//!   a whole, or change it. [`Runtime::metrics`] tells what it has counted and measured.
//!
//! Channels, `sync`, `sleep`, sockets and join handles also work on ordinary threads, which then block as threads do.
//! Goroutines and ordinary threads can share a channel or a mutex.
//!
//! # When a goroutine does not return to the scheduler
//!
//! A goroutine runs on a *processor*, and a runtime has [`Builder::procs`] of them. Other goroutines
//! get the processor of a goroutine
//!
//! - that waits in a call of this crate: at once,
//! - that is inside [`blocking`]: after about 20 microseconds,
//! - whose thread sleeps in the kernel: after one to two milliseconds, and after some 200 microseconds where
//!   goroutines do so one after the other,
//! - that computes: after one [quantum](Builder::quantum), 10 milliseconds by default.
//!
//! The goroutine itself continues on its thread. It waits for a processor in its next call that may
//! wait. Nothing interrupts it: no signal is sent. Each such goroutine holds a thread meanwhile, and
//! [`Builder::max_threads`] limits their number.
//!
//! # Switch points
//!
//! A goroutine may continue on a different thread after a *switch point*. The switch points are the
//! calls that may wait, and this is the list of them:
//!
//! | calls | where a switch can happen |
//! |---|---|
//! | [`Sender::send`](chan::Sender::send), [`Receiver::recv`](chan::Receiver::recv), and both with `_timeout` and `_deadline`; `next` of [`Iter`](chan::Iter) and [`IntoIter`](chan::IntoIter) | in the call |
//! | [`select!`](chan::select) and [`select_biased!`](chan::select_biased), unless they have a `default` arm without a time; [`Select::select`](chan::Select::select), [`Select::ready`](chan::Select::ready), and both with `_timeout` and `_deadline` | in the call, before an arm is evaluated |
//! | [`SelectedOperation::send`](chan::SelectedOperation::send) | in the call, but only if its receiver's runtime has ended since |
//! | in [`sync`]: [`Mutex::lock`](sync::Mutex::lock), [`RwLock::read`](sync::RwLock::read) and [`write`](sync::RwLock::write), the `wait` methods of [`Condvar`](sync::Condvar), [`Barrier`](sync::Barrier) and [`WaitGroup`](sync::WaitGroup), the methods of [`Semaphore`](sync::Semaphore) that begin with `acquire` | in the call |
//! | in [`sync`]: the calls of [`Once`](sync::Once), [`OnceLock`](sync::OnceLock) and [`LazyLock`](sync::LazyLock) that run a function once, or wait for that | in the call, unless the function has run; the function itself has the switch points of what it calls |
//! | [`JoinHandle::join`], [`JoinHandle::join_timeout`], [`Runtime::run`], [`yield_now`] | in the call |
//! | [`time::sleep`], [`time::sleep_until`], [`time::wait_idle`], [`block_on`] (between two polls) | in the call |
//! | in [`net`]: `accept`, `next` of the listeners' iterators, connecting over TCP, and every call that reads, writes, receives, sends or peeks; names that are looked up; `connect` of [`UnixStream`](net::UnixStream) | in the call, unless it has no bytes to move |
//! | [`io::Async::read_with`] and [`write_with`](io::Async::write_with), and reading and writing by them; the functions of [`process`] | in the call, and wherever the closure has one |
//! | [`scope`], [`Runtime::scope`], [`Scope::spawn`], [`Scope::try_spawn`], [`ScopedJoinHandle::join`] | in the call |
//! | [`go`], [`try_go`], [`go_idle`], the methods of [`Runtime`] with these names, and [`WaitGroup::go`](sync::WaitGroup::go) | in the call: the new goroutine may run first |
//! | [`stop_the_world`], [`set_procs`], [`pause`](pause()), and the methods of [`Runtime`] with these names; [`Runtime::release_memory`] | in the call, but never inside the closure of `stop_the_world` |
//! | [`blocking`] | before the closure runs; the closure itself has the switch points of what it calls |
//! | [`lock_os_thread`] | before the lock; then nowhere until the guard is dropped |
//!
//! A goroutine that ends is also at a switch point: its thread then runs other goroutines.
//!
//! These calls enter the runtime at their beginning, also if they need not wait for anything (except those
//! of a function that runs once and has run). So while
//! the world is stopped ([`Runtime::stop_the_world`]), or the goroutine is paused ([`pause`](pause())),
//! none of them completes.
//!
//! No other call is a switch point. In particular these are none: functions whose names begin with
//! `try_` (except [`try_go`]), `len`, the `is_` functions, `Debug`, `Clone`, [`num_goroutines`],
//! [`procs`], [`WaitGroup::add`](sync::WaitGroup::add) and [`done`](sync::WaitGroup::done), and every
//! `Drop` of a guard, of an end of a channel, and of a handle. Shutting a runtime down is none either:
//! in a goroutine of another runtime it blocks the thread. A goroutine that unwinds has no switch
//! points. Code that never calls this crate has none: std, other crates, your own loops.
//!
//! # Safety
//!
//! The compiler does not know that a function may return on a different thread. For this reason
//! [`Builder::start`] is `unsafe`. The caller promises for all code that runs in the goroutines,
//! dependencies included, that at no switch point this code
//!
//! 1. holds a value that is not [`Send`] and shares something with its thread,
//! 2. holds a reference into a thread-local, or relies on a thread-local being the same before and
//!    after,
//! 3. is inside a foreign function that ties itself to a thread or to a thread's stack.
//!
//! An `Rc` or a `RefCell` that only this goroutine can reach is fine, and code that blocks its thread
//! breaks no promise. A thread-local may be used between two switch points, in a function that has no
//! switch point and is not inlined (`#[inline(never)]`): the compiler may keep a thread-local's address
//! for as long as a function lasts. All other functions of this crate are safe.
//!
//! A program that cannot promise this uses [`Builder::start_threaded`], which is safe: each goroutine has
//! a thread of its own. [`Builder::report_moves`] helps to find code that breaks the promise.
//!
//! # Common mistakes
//!
//! These break the promise. Each is harmless while no switch point lies inside it.
//!
//! | code | what happens | instead |
//! |---|---|---|
//! | `let mut rng = rand::rng();` kept over a wait | two threads use one generator: a data race, equal "random" numbers | call `rand::rng()` again after the wait, or own a `StdRng` |
//! | `let _entered = span.enter();` of `tracing` | the span stays entered on the old thread, and is left on the new one | `span.in_scope(...)` around code that does not wait; give child spans their parent by name |
//! | `let _guard = handle.enter();` of tokio | the old thread stays inside the tokio runtime | `handle.spawn(...)`, which needs no guard |
//! | `std::thread::scope` whose closure waits in this crate | the scope waits for its threads on the wrong thread, for ever | [`Runtime::go`] with owned or shared values |
//! | a guard of a std `Mutex` or `RwLock`, a `StdoutLock`, or a borrow of a `RefCell` in a thread-local, kept over a wait | the wrong thread ends it, or finds it taken by another goroutine | [`sync::Mutex`], whose guard may be kept; or drop the guard first |
//! | `println!("{value}")` where `Display` of `value` waits | stdout's lock is held over the wait: torn lines, panics | format into a `String`, then print it |
//!
//! Other mistakes are safe, but do not do what was meant:
//!
//! - A goroutine panics and nobody joins it. Only the panic's message on stderr tells. Keep the
//!   handle and call [`JoinHandle::join`], or send a `Result` through a channel.
//! - A receiver's iterator never ends, because one sender is still alive. Drop the original sender
//!   after cloning it, as the example above does.
//! - A loop calls only functions that never wait, such as `try_recv`. It is then a goroutine that
//!   computes: it loses its processor after a quantum, but a shutdown waits for it.
//! - A runtime is dropped while goroutines are ready to run. They never run: a drop does not finish
//!   queued work. Join the goroutines first.
//! - A goroutine panics before its [`WaitGroup::done`](sync::WaitGroup::done). The count never falls.
//!   Start it by [`WaitGroup::go`](sync::WaitGroup::go), or give it a
//!   [`WaitGroup::guard`](sync::WaitGroup::guard).
//! - A std mutex is held for long. Each goroutine that waits for it holds a thread.
//!
//! # Shutdown
//!
//! Dropping a [`Runtime`] shuts it down. The drop waits until each goroutine that computes or blocks
//! reaches its next call that may wait, or ends. Then it ends the runtime's threads. If that takes
//! longer than a second, it reports once on stderr which goroutines it waits for.
//!
//! Two methods do not wait for that: [`Runtime::shutdown_timeout`] waits for at most the given time,
//! and [`Runtime::shutdown_background`] does not wait. Goroutines that still compute or block then end
//! at their next call that may wait.
//!
//! After its end nothing of a runtime takes part in anything. Its goroutines never run again, and what
//! they own is leaked, not dropped. They receive no value, no lock and no wake-up: the next waiter is
//! served instead. A mutex whose guard one of them holds stays locked, a world that one of them has
//! stopped or paused stays so, and a channel whose last end on
//! one side such a goroutine owns is never disconnected: an ordinary thread may wait there for ever. So
//! end the goroutines first (drop the senders, then join), and shut down after that. [`JoinHandle::join`] on such a
//! goroutine returns [`RuntimeEnded`] as its error.
//!
//! A runtime that is dropped in one of its own goroutines would wait for itself: the drop panics and
//! says so. [`Runtime`](Runtime#shutdown) has the details.
//!
//! # Panics
//!
//! A panic ends its goroutine only. [`JoinHandle::join`] returns the payload as its error, and
//! [`Runtime::run`] raises it again. A goroutine that unwinds stays on its thread: if one of its
//! destructors waits, it blocks that thread.
//!
//! If all goroutines wait and so do all threads of the process, each in a call of this crate, then
//! [`Runtime::run`] on an ordinary thread panics with `all goroutines are asleep - deadlock!`. One
//! thread that sleeps, reads a socket or waits in std hides the deadlock, unless the runtime is
//! [isolated](Builder::isolated), as it should be in a `#[test]`. The report lists what each goroutine waits
//! for and for how long, where it waits, and where it was started.
//!
//! Calling a function in the wrong place panics with one sentence that names the mistake. A stack
//! overflow prints the goroutine's number and name and the size of its stack, and aborts the process.
//!
//! # Memory
//!
//! Each goroutine has a stack of a fixed size: 256 KiB of addresses by default, see
//! [`Builder::stack_size`]. Only the pages that a goroutine touches take memory, so a goroutine that
//! waits takes a page (4 KiB) or more. The stacks of ended goroutines are used again. Their memory
//! goes back to the kernel one to two seconds after their last use, or at once by
//! [`Runtime::release_memory`].
//!
//! On Linux before 6.13 each stack takes two of the process's memory maps, so more than about 30,000
//! goroutines need a higher `vm.max_map_count`.
//!
//! # Fork
//!
//! A child process made by `fork` has none of the runtime's threads, and can start a runtime of its
//! own: see [`Runtime`](Runtime#fork).
//!
//! # Features
//!
//! With the feature `backtrace`, [`Runtime::dump`] shows the stacks of goroutines that do not run. It adds
//! two crates that read debug information. `tools/gosched-gdb.py` in this crate's sources does the same in gdb,
//! without the feature.
//!
//! The features `loom` and `shuttle` are for this crate's own tests, and `shuttle` for [`check`] in yours. They
//! replace its atomics with those of a model checker, so a runtime that is started outside a model panics. See
//! [`design`].

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

pub mod design;

mod api;
pub use api::*;

#[cfg(all(test, not(any(feature = "loom", feature = "shuttle"))))]
mod tests;

// The programs of `verify/linear` use this crate by its name, as `tests/linear.rs` does.
#[cfg(all(test, feature = "shuttle", not(feature = "loom")))]
extern crate self as gosched;
#[cfg(all(test, feature = "shuttle", not(feature = "loom")))]
#[path = "../verify/linear/mod.rs"]
#[allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "what a checker must not see is std's"
)]
mod linear;

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
