//! Lines about the scheduler on standard error, in the form of Go's `GODEBUG=schedtrace`. This page has no code.
//!
//! ```text
//! $ GOSCHED_DEBUG=schedtrace=1000 ./program
//! SCHED 0ms: gomaxprocs=2 idleprocs=1 threads=1 spinningthreads=0 needspinning=0 idlethreads=0 runqueue=0 [ 0 0 ] schedticks=[ 0 0 ]
//! SCHED 1000ms: gomaxprocs=2 idleprocs=0 threads=5 spinningthreads=0 needspinning=1 idlethreads=1 runqueue=3 [ 7 0 ] schedticks=[ 340 122 ]
//! ```
//!
//! A program that is started with this variable writes such a line when a runtime starts, and then each 1000
//! milliseconds until the runtime ends. Nothing has to be built in, and nothing else of the program changes.
//! The variable is read once, when the first runtime starts.
//!
//! The value is a list of items, separated by commas:
//!
//! | item | meaning |
//! |---|---|
//! | `schedtrace=N` | a line each `N` milliseconds |
//! | `scheddetail=1` | a line more for each processor, thread and goroutine |
//!
//! If an item is not understood, one line on standard error says which, and the others hold.
//!
//! # The line
//!
//! | field | meaning |
//! |---|---|
//! | `SCHED 1000ms` | the time since the runtime's start; that of the real clock, also with [`virtual_time`](crate::Builder::virtual_time) |
//! | `gomaxprocs` | processors |
//! | `idleprocs` | processors that have nothing to do |
//! | `threads` | threads that run goroutines, or wait for one to run |
//! | `spinningthreads` | threads that look for a goroutine to run |
//! | `needspinning` | 1 if the next thread that finds nothing to run must look once more |
//! | `idlethreads` | threads that sleep until there is something to run |
//! | `runqueue` | goroutines in the queues that all processors share, those of [`go_idle`](crate::go_idle) too |
//! | `[ 7 0 ]` | goroutines in the queue of each processor. Unlike in Go, the one that runs next is among them |
//! | `schedticks=[ 340 122 ]` | how often each processor has begun to run a goroutine with a new time slice |
//!
//! Each number is read by itself while the runtime runs, so they may not add up.
//!
//! # With `scheddetail=1`
//!
//! ```text
//! SCHED 1000ms: gomaxprocs=2 idleprocs=1 threads=3 spinningthreads=0 needspinning=0 idlethreads=1 runqueue=0 gcwaiting=false nmidlelocked=0
//!   P0: status=1 schedtick=340 m=0 runqsize=0 timerslen=1
//!   P1: status=0 schedtick=122 m=nil runqsize=0 timerslen=0
//!   M0: p=0 curg=3 spinning=false blocked=false lockedg=nil tid=4711
//!   M1: p=nil curg=nil spinning=false blocked=true lockedg=nil tid=4712
//!   M2: p=nil curg=2 spinning=false blocked=true lockedg=nil tid=4715
//!   G1: status=4(waits for a goroutine to end for 1.0 s) m=nil lockedm=nil at=src/main.rs:9:27 started=src/main.rs:5:8
//!   G2: status=3(blocks) m=2 lockedm=nil name="reader" started=src/main.rs:7:14
//!   G3: status=2(runs) m=0 lockedm=nil started=src/main.rs:8:14
//! ```
//!
//! In the first line, `gcwaiting` says whether the world is stopped or to be stopped
//! ([`stop_the_world`](crate::stop_the_world)), and `nmidlelocked` counts the threads that wait until the
//! goroutine that is locked to them runs ([`lock_os_thread`](crate::lock_os_thread)). The fields are Go's.
//! Those that have no meaning here are left out, and `tid`, `name`, `at` and `started` are added.
//!
//! | line | field | meaning |
//! |---|---|---|
//! | `P` | `status` | 0: it has nothing to do; 1: a thread has it; 2: the same, and the goroutine there blocks; 3: the world is stopped |
//! | | `m` | the thread that has it |
//! | | `runqsize`, `timerslen` | goroutines in its queue; its timers and time-outs |
//! | `M` | `p`, `curg` | the processor that the thread has; the goroutine that it runs |
//! | | `spinning` | whether it looks for a goroutine to run |
//! | | `blocked` | whether it is asleep in the kernel, or its goroutine is inside [`blocking`](crate::blocking) |
//! | | `lockedg` | the goroutine that is locked to it |
//! | | `tid` | the kernel's number of the thread |
//! | `G` | `status` | 1: it is ready to run; 2: it runs; 3: it runs, and its thread is blocked; 4: it waits. In parentheses the same in words, with what it waits for and for how long |
//! | | `m`, `lockedm` | the thread that runs it; the one that it is locked to |
//! | | `name`, `"key"="value"` | its name and labels, if [`goroutine::Builder`](crate::goroutine::Builder) gave it any |
//! | | `at`, `started` | where it waits, if it does; where it was started |
//!
//! Each line is true of some moment, and the moments differ. For a list of the goroutines alone, with their
//! stacks, see [`Runtime::dump`](crate::Runtime::dump).
//!
//! # Several runtimes
//!
//! Each runtime of a process writes lines. Those of the first one are as above. Each line of a later one ends
//! with ` runtime=2`, ` runtime=3` and so on, in the order in which the runtimes were started.
//!
//! # What it costs
//!
//! A program that is started without the variable has nothing of this: no thread, and no instruction where
//! goroutines run. With it each runtime has one thread more, which is not counted in `threads`. It stops
//! nobody, and takes the runtime's own locks only for as long as it reads what they guard, as
//! [`Runtime::dump`](crate::Runtime::dump) does. With `scheddetail=1` it takes some microseconds for each thread and goroutine.
//!
//! Nobody waits for this thread: if standard error is a pipe that nobody reads, lines are late or missing, and
//! the program continues. The end of a runtime does not wait for it either, so a line that was begun may come
//! after the end. It hides no [deadlock](crate#panics). A line is not torn by what other threads write to a
//! pipe, unless it is longer than 4096 bytes.
