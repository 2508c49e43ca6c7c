//! gosched

#![cfg(not(all(doctest, any(feature = "loom", feature = "shuttle"))))]
#![allow(dead_code, reason = "being built")]

mod base;
mod facade;
mod machine;
mod proto;
