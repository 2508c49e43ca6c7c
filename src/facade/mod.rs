//! The only door to shared memory: one contract, three backends.
//!
//! | item | real | loom | shuttle |
//! |---|---|---|---|
//! | [`AtomicU32`], [`AtomicUsize`], [`AtomicPtr`] | `core::sync::atomic` | loom's, made strict, each site weakenable | shuttle's (all `SeqCst`) |
//! | [`fence_light`], [`fence_heavy`] | compiler fence, `membarrier` | `fence(SeqCst)` both | nothing to do |
//! | [`fence_against_switch`] | compiler fence, elsewhere `membarrier` | `fence(SeqCst)` | nothing to do |
//! | [`Cell`] | `UnsafeCell` | tracked: a race is an error | `UnsafeCell` |
//! | [`OwnCell`] | as `core::cell::Cell` | tracked too | as `core::cell::Cell` |
//! | [`Futex`] | the system call | a mutex and a condition variable | the same |
//! | [`thread`] | `std::thread` | model threads | model tasks |
//! | [`tls!`](tls), [`choose`] | std, a small generator | per model, the first | per model, explored |
//! | [`now_ns`] | `CLOCK_MONOTONIC` | a word that the model moves on | the same |
//! | [`events`] | the kernel's (epoll) | what a thread of the model delivers | the same |
//! | [`directed`] | nobody directs | nobody | in a check of a user's program, that check |
//! | [`process_wide!`](process_wide) | a static | per model | per model |
//! | [`panicking`] | std's | as the program says | as the program says |
//! | [`spins`], [`room`] | as asked | 0, 4 | 0, 4; as asked where [`cost`] is counted |
//!
//! Precedence is loom over shuttle over real, so that `--all-features` compiles. Nothing outside
//! this folder (and the test mounts in `lib.rs`) asks which backend is in force.

mod atomic;
mod cell;
#[cfg(all(feature = "shuttle", not(feature = "loom")))]
pub(crate) mod cost;
#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
pub(crate) mod directed;
#[cfg(not(all(feature = "shuttle", not(feature = "loom"), not(test))))]
#[path = "undirected.rs"]
pub(crate) mod directed;
mod event;
#[cfg(not(any(feature = "loom", feature = "shuttle")))]
pub(crate) mod events;
#[cfg(any(feature = "loom", feature = "shuttle"))]
#[path = "mock_events.rs"]
pub(crate) mod events;
mod futex;
pub(crate) mod heard;
#[cfg(all(test, any(feature = "loom", feature = "shuttle")))]
pub(crate) mod journal;
#[cfg(not(all(test, any(feature = "loom", feature = "shuttle"))))]
#[path = "unwritten.rs"]
mod journal;
pub(crate) mod mail;
#[cfg(any(feature = "loom", feature = "shuttle"))]
pub(crate) mod moments;
pub(crate) mod news;
mod own;
pub(crate) mod process;
#[cfg(any(feature = "loom", feature = "shuttle"))]
pub(crate) mod shortage;
mod sleep;
#[cfg(any(feature = "loom", feature = "shuttle"))]
pub(crate) mod unwinding;

#[cfg(feature = "loom")]
#[path = "loom.rs"]
mod backend;
#[cfg(all(feature = "shuttle", not(feature = "loom")))]
#[path = "shuttle.rs"]
mod backend;
#[cfg(not(any(feature = "loom", feature = "shuttle")))]
#[path = "real.rs"]
mod backend;

pub(crate) use atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
pub(crate) use backend::{
    HAS_TIME, check_is_in_model, choose, const_if_real, fence_against_switch, fence_heavy,
    fence_light, learn_fences, nap, owns_panics, owns_process, process_wide, room, sees_switches,
    spin_hint, spins, thread, tls,
};
#[cfg(not(any(feature = "loom", feature = "shuttle")))]
pub(crate) use backend::{now_ns, panicking};
pub(crate) use cell::Cell;
pub(crate) use event::{Ears, Event};
pub(crate) use futex::Futex;
#[cfg(any(feature = "loom", feature = "shuttle"))]
pub(crate) use moments::now_ns;
pub(crate) use own::OwnCell;
pub(crate) use sleep::Slept;
#[cfg(any(feature = "loom", feature = "shuttle"))]
pub(crate) use unwinding::panicking;

/// What the verification suites ask of the loom backend: which sites a model reached.
#[cfg(all(test, feature = "loom"))]
pub(crate) use backend::sites;
