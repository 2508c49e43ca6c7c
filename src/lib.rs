//! gosched

#![cfg(not(all(doctest, any(feature = "loom", feature = "shuttle"))))]

mod base;
mod facade;
mod machine;
mod proto;
mod sched;

mod api;
pub use api::*;

#[cfg(all(test, any(feature = "loom", feature = "shuttle")))]
#[path = "../verify/cells/mod.rs"]
mod cells;
#[cfg(all(test, feature = "loom"))]
#[path = "../verify/loom/mod.rs"]
mod verify;
#[cfg(all(test, feature = "shuttle", not(feature = "loom")))]
#[path = "../verify/shuttle/mod.rs"]
mod verify;
