//! How the scheduler works, for readers of its source. A user of the crate needs none of this.
//!
//! # Terms
//!
//! **G** is a goroutine, **M** a thread that runs goroutines, and **P** a processor: the right to run
//! goroutines, together with a queue of them. An M runs the goroutines of the P that it owns. The
//! terms are Go's, and `sched/mod.rs` has a glossary of the others.
//!
//! # Layers
//!
//! A folder is a layer, and imports only from the layers below it.
//!
//! ```text
//!   api      go, Runtime, chan, sync                            what a user calls; safe
//!    |
//!   sched    gmp work thread goroutine watch                    the steps of G, M, P; no ordering
//!    |
//!   proto    runq idle gstatus note powner lock ...             one atomic protocol a file
//!    |
//!   facade   atomics, fences, cells, futex, threads, clock      the only door to shared memory
//!    |
//!   machine  the switch in assembly, stacks, signals, futex     processor and kernel; no protocols
//!    |
//!   base     lists, ranks of locks, throw                       plain data
//! ```
//!
//! The facade has three backends: std, loom and shuttle. Therefore the lines of `proto` and `sched`
//! that run in a release build are the lines that the checkers explore, including the switch in
//! assembly. `cargo test --features loom` and `cargo test --features shuttle` run the checkers.
//! RESEARCH.md says what they have shown and within which bounds: most protocols are explored
//! completely, some only up to a number of preemptions.
//!
//! # The life of a goroutine
//!
//! | step | where | status |
//! |---|---|---|
//! | [`go`](crate::go) takes a free stack, and writes the closure and the first frame to its end | `sched/goroutine/spawn` | dead -> runnable |
//! | the goroutine is queued on its maker's P, to run next | `proto/runq` | runnable |
//! | an idle M is woken for it, unless an M looks for work already | `sched/thread/start`, `proto/idle` | |
//! | an M finds it: in its own P's queue, in the shared queue, or in another P's | `sched/thread/find`, `sched/work/steal` | |
//! | the M switches to its stack | `sched/thread/schedule`, `machine/arch` | runnable -> running |
//! | it has to wait: it leaves its stack with a value that says why, and the M acts on that value | `sched/goroutine/here`, `sched/thread/schedule` | running -> waiting |
//! | another goroutine or thread readies it, perhaps before it has left its stack | `sched/goroutine/ready`, `proto/gstatus` | waiting -> runnable |
//! | it blocks in the kernel or computes: its P goes to another M, and it continues without one | `sched/watch/sysmon`, `proto/powner` | running |
//! | it waits while it unwinds: its P goes to another M, and it sleeps together with its thread | `sched/goroutine/sleep` | running |
//! | it ends, and its stack is free for another goroutine | `sched/thread/exit` | running -> dead |
//!
//! # The lease of a P
//!
//! A goroutine only leases its P. While the goroutine runs user code, the watcher (`sysmon`) may take
//! the P at any moment. It needs neither the goroutine's help nor a signal. The goroutine continues on
//! its thread without a P.
//!
//! A call that may wait begins with entering the runtime (`sched/goroutine/section`). A goroutine whose
//! P was taken gets an idle P there, or queues until an M with a P runs it. If the goroutine is in the
//! runtime when the watcher comes, the watcher leaves a mark instead, and the goroutine gives the P up
//! when it leaves the runtime. A call that never waits does not enter: what it wakes, it wakes as an
//! ordinary thread does.
//!
//! The world is stopped by the same means (`sched/watch/world`, `proto/stop`). So a stop waits for
//! calls that are in the runtime, and never for user code.
//!
//! # The end of a runtime
//!
//! The end (`sched/watch/end`) stops the world, and never starts it again. It sends the parked Ms home.
//! Then it takes each suspended goroutine out of the queue that it waits in (`proto/waitq`), passes on
//! what a waker has given to it meanwhile, and tells those that join it. A goroutine that computes or
//! blocks finds the end at its next call that may wait, and leaves its stack for the last time.
//!
//! # The life of an M
//!
//! | step | where |
//! |---|---|
//! | work is queued, a P is idle, and no M looks for work: an M is wanted | `sched/thread/start` |
//! | no M is parked: a place among `max_threads` is reserved, a record is found or made, and its thread is started | `sched/thread/newm`, `proto/mlife` |
//! | the thread that wants the M is locked to a goroutine, and its state must not be inherited: the template thread makes the M | `sched/thread/template`, `proto/template` |
//! | the M gets a P, and looks whether somebody wants to stop the world | `sched/gmp/m`, `proto/powner`, `proto/stop` |
//! | it finds goroutines and runs them | `sched/thread/schedule`, `sched/thread/find` |
//! | it finds a goroutine that is locked to another M: it hands its P to that M | `sched/thread/lockedm`, `proto/lockedm` |
//! | it finds nothing: it gives its P up and parks until it is handed another | `sched/thread/park`, `proto/idle`, `proto/handoff` |
//! | its goroutine ended while locked to it: the thread ends, and the record is kept for another | `sched/thread/exit`, `proto/mlife` |
//!
//! # What can be seen of it
//!
//! The scheduler says what it does, in one stream of events (`sched/gmp/event`). While nobody hears, each
//! costs a load and a branch. In a traced runtime each M notes its events in bytes, without a lock
//! (`proto/trace`), and a thread of its own draws a picture of them (`sched/watch/trace`,
//! [`trace`](crate::trace)).
//!
//! # What is deliberately absent
//!
//! - **Preemption by signals.** A signal may interrupt Rust code while it holds the allocator's lock or
//!   a borrow of a thread-local. Instead the goroutine's P is taken and its thread continues.
//! - **Stacks that grow.** Rust code has references into its stack, so a stack cannot move. A stack has
//!   a fixed size ([`Builder::stack_size`](crate::Builder::stack_size)), of which only touched pages
//!   take memory. A guard page lies below it. An overflow is reported, and aborts.
//! - **Ending a goroutine from outside.** The goroutine may have lent references to its stack. A
//!   goroutine ends itself ([`exit`](crate::exit)), or is left suspended when its runtime ends.
//! - **A global runtime.** A scheduler is a value. Two can run in one process.
//! - **Other platforms** than Linux on x86-64 and aarch64.
