//! What a user calls. The shapes are std's, the words are Go's, and only starting a runtime is
//! `unsafe`.

mod builder;
mod calls;
pub mod chan;
pub mod check;
pub mod context;
#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
#[doc(hidden)]
pub mod cost;
mod deadline;
mod descriptor;
mod dump;
mod dumper;
mod future;
pub mod goroutine;
mod info;
pub mod io;
mod join;
mod metrics;
pub mod net;
mod numbers;
mod observe;
mod osthread;
mod pause;
pub mod process;
mod runtime;
pub mod schedtrace;
mod scope;
pub mod signal;
mod stats;
pub mod sync;
pub mod time;
pub mod trace;
mod unwound;
mod world;

pub use builder::Builder;
pub use calls::{
    blocking, exit, go, go_idle, lock_os_thread, num_goroutines, pause, procs, set_procs,
    stop_the_world, try_go, yield_now,
};
pub use dump::{Dump, dump};
pub use future::block_on;
pub use info::{Frame, Function, GoroutineInfo, GoroutineState};
pub use join::{JoinHandle, RuntimeEnded};
pub use metrics::{Histogram, Metrics};
pub use osthread::OsThreadGuard;
pub use pause::Pause;
pub use runtime::Runtime;
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use stats::Stats;
pub use unwound::Exited;
pub use world::World;
