//! Child processes and other descriptors, waited for without a thread.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::fs::File;
use std::io::{ErrorKind, Read, Write, pipe};
use std::process::{Command, Stdio};

use gosched::io::Async;
use gosched::time::{Duration, sleep};
use gosched::{go, process};
use harness::{SOON, on_both, runtime};

#[test]
fn a_child_is_waited_for() {
    on_both(|| {
        let mut child = Command::new("sh").args(["-c", "sleep 0.05; exit 3"]).spawn().unwrap();
        assert_eq!(process::wait(&mut child).unwrap().code(), Some(3));
        assert_eq!(process::wait(&mut child).unwrap().code(), Some(3), "it stays known");
        assert!(process::status(&mut Command::new("true")).unwrap().success());
        assert!(process::status(&mut Command::new("/no/such/program")).is_err());
    });
}

#[test]
fn what_a_child_writes_is_collected_from_both_ends() {
    on_both(|| {
        let script = "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; echo end";
        let output = process::output(Command::new("sh").args(["-c", script])).unwrap();
        assert!(output.status.success());
        assert_eq!((output.stdout.len(), output.stderr.len()), (300_004, 200_000));
        let mut child =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(b"in").unwrap();
        assert_eq!(process::wait_with_output(child).unwrap().stdout, b"in");
    });
}

#[test]
fn many_children_take_few_threads() {
    let rt = runtime(1);
    rt.run(|| {
        let children: Vec<_> = (0..20)
            .map(|_| go(|| process::status(Command::new("sleep").arg("0.2")).unwrap().success()))
            .collect();
        assert!(children.into_iter().all(|child| child.join().unwrap()));
    });
    assert!(rt.stats().threads < 10, "{:?}", rt.stats());
}

#[test]
fn a_pipe_is_read_and_written() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (reader, writer) = pipe().unwrap();
            let (reader, mut writer) = (Async::new(reader).unwrap(), Async::new(writer).unwrap());
            let other = go(move || {
                let mut all = Vec::new();
                (&reader).read_to_end(&mut all).unwrap();
                (all, reader)
            });
            sleep(SOON);
            writer.write_all(&[7; 300_000]).unwrap();
            drop(writer);
            let (all, reader) = other.join().unwrap();
            assert!(all == [7; 300_000]);
            assert_eq!(reader.into_inner().read(&mut [0; 1]).unwrap(), 0);
        });
    }
}

#[test]
fn a_wait_for_a_pipe_ends_by_time() {
    on_both(|| {
        let (reader, _writer) = pipe().unwrap();
        let mut reader = Async::new(reader).unwrap();
        reader.set_read_timeout(Some(SOON)).unwrap();
        assert_eq!(reader.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
        let zero = reader.set_read_timeout(Some(Duration::ZERO)).unwrap_err();
        assert_eq!(zero.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn what_cannot_be_waited_for_is_refused() {
    on_both(|| {
        let file = File::open("Cargo.toml").unwrap();
        assert_eq!(Async::new(&file).unwrap_err().kind(), ErrorKind::Unsupported);
        let (reader, _writer) = pipe().unwrap();
        let first = Async::new(&reader).unwrap();
        assert_eq!(Async::new(&reader).unwrap_err().kind(), ErrorKind::Unsupported, "twice");
        drop(first);
        Async::new(&reader).unwrap();
    });
}
