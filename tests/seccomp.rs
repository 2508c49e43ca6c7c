//! A program that forbids itself membarrier.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use gosched::{go, yield_now};
use harness::{in_child, refuse, runtime};

fn forbid_membarrier() {
    refuse(libc::SYS_membarrier, None, libc::EPERM);
}

#[test]
fn a_runtime_that_starts_without_membarrier_does_without() {
    in_child("a_runtime_that_starts_without_membarrier_does_without", || {
        forbid_membarrier();
        let rt = runtime(2);
        let sum: u32 = rt.run(|| {
            let one = |i| {
                go(move || {
                    yield_now();
                    i
                })
            };
            let all: Vec<_> = (0..100).map(one).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(sum, 4950);
        rt.stop_the_world(|_| ());
    })
    .succeeds();
}

#[test]
fn one_that_loses_membarrier_later_ends_with_a_sentence_that_says_what_to_do() {
    let name = "one_that_loses_membarrier_later_ends_with_a_sentence_that_says_what_to_do";
    let child = in_child(name, || {
        let rt = runtime(2);
        assert_eq!(rt.run(|| 5), 5);
        forbid_membarrier();
        rt.run(|| gosched::stop_the_world(|_| ()));
    });
    assert_eq!(child.signal, Some(libc::SIGABRT), "{child:#?}");
    let says = "gosched: the kernel refuses membarrier, which it granted when the first runtime started; \
                if a seccomp filter was installed since, let it allow membarrier, or install it before \
                the first runtime starts\n";
    assert!(child.stderr.contains(says), "{child:#?}");
    assert_eq!(child.stderr.replace(says, "").matches("gosched: ").count(), 0, "{child:#?}");
}
