//! In a shared library that is optimised as a whole, nothing of this crate keeps the address of a
//! thread-local while a goroutine changes its thread.
//!
//! There the address comes from a call, so the compiler keeps it for as long as a function lasts, and
//! fat LTO makes large functions. In a program the address is an offset from a register, and nothing
//! is kept.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

#[path = "cdylib/stops.rs"]
mod program;

mod harness;

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::in_child;

const SOURCE: &str = include_str!("cdylib/stops.rs");

const MANIFEST: &str = r#"
[package]
name = "stops"
version = "0.1.0"
edition = "2024"

[workspace]

[lib]
path = "stops.rs"
crate-type = ["cdylib"]

[dependencies]
gosched = { path = "@gosched@" }
libc = "0.2"

[profile.release]
lto = "fat"
codegen-units = 1
"#;

/// Long enough for some hundred moves from thread to thread.
const MILLIS: u32 = 1_000;

#[test]
fn goroutines_of_a_program_know_who_has_stopped_the_world() {
    in_child("goroutines_of_a_program_know_who_has_stopped_the_world", || {
        assert_eq!(program::gosched_test_stops(MILLIS), 0);
    })
    .succeeds();
}

#[test]
fn goroutines_of_a_shared_library_know_who_has_stopped_the_world() {
    // The child must not build: its time is short.
    if std::env::var_os("GOSCHED_TEST_CHILD").is_none() {
        build();
    }
    in_child("goroutines_of_a_shared_library_know_who_has_stopped_the_world", || {
        let stops = load();
        for _ in 0..3 {
            assert_eq!(stops(MILLIS), 0);
        }
    })
    .succeeds();
}

/// The library's package. It stays, so that the next run of this test builds only what has changed.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cdylib")
}

/// Builds the library from what is on this machine: what this crate needs was there to build it.
fn build() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(folder()).unwrap();
    keep(&folder().join("Cargo.toml"), &MANIFEST.replace("@gosched@", root.to_str().unwrap()));
    keep(&folder().join("stops.rs"), SOURCE);
    fs::copy(root.join("Cargo.lock"), folder().join("Cargo.lock")).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--offline", "--quiet", "--target-dir", "target"])
        .current_dir(folder())
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .unwrap();
    assert!(built.success(), "the library was not built: {built}");
}

/// Writes a file unless it says so already, which would make it look new.
fn keep(file: &Path, text: &str) {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(file, text).unwrap();
}

/// Loads the library, for ever.
fn load() -> extern "C" fn(u32) -> i32 {
    let library = folder().join("target/release/libstops.so");
    let library = CString::new(library.into_os_string().into_encoded_bytes()).unwrap();
    // SAFETY: what runs when the library is loaded is std's.
    let library = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null(), "the library was built and cannot be loaded");
    // SAFETY: the library is loaded.
    let stops = unsafe { libc::dlsym(library, c"gosched_test_stops".as_ptr()) };
    assert!(!stops.is_null(), "the library has no such function");
    // SAFETY: this is the function's type.
    unsafe { std::mem::transmute(stops) }
}
