//! The real `src/machine/arch`, with its tests, as a crate of its own: it needs std and no more.

#![allow(dead_code, reason = "the tests are the only user")]

#[path = "../../src/machine/arch/mod.rs"]
mod arch;
