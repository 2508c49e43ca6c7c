//! Sockets in processes that fork.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::io::{ErrorKind, Read, Write, pipe};
use std::net;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gosched::io::Async;
use gosched::net::{TcpListener, UnixStream};
use gosched::{Runtime, chan};
use harness::{in_child, runtime};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Reads until there are `n` bytes, each of them `b`.
fn expect(mut from: impl Read, n: usize, b: u8) {
    let mut buf = vec![0; n];
    from.read_exact(&mut buf).unwrap();
    assert!(buf.iter().all(|&byte| byte == b), "{buf:?}");
}

/// Two goroutines that talk over a connection, so that each waits for the other.
fn talk(near: &UnixStream, far: &UnixStream, times: u32) {
    gosched::scope(|s| {
        s.spawn(|| {
            (0..times).for_each(|_| {
                expect(far, 1, 1);
                (&*far).write_all(&[2]).unwrap();
            })
        });
        for _ in 0..times {
            (&*near).write_all(&[1]).unwrap();
            expect(near, 1, 2);
        }
    });
}

fn flags(fd: RawFd) -> i32 {
    // SAFETY: passes numbers.
    unsafe { libc::fcntl(fd, libc::F_GETFL) }
}

/// A process that was forked, and must end well.
struct Forked(i32);

/// Forks: the child runs `body` and ends.
fn fork(body: impl FnOnce()) -> Forked {
    // SAFETY: the child keeps to what is tested.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        harness::bound_time(20);
        let ended = catch_unwind(AssertUnwindSafe(body));
        // SAFETY: ends the process.
        unsafe { libc::_exit(ended.is_err().into()) };
    }
    Forked(pid)
}

impl Forked {
    #[track_caller]
    fn ends(self) {
        let mut status = 0;
        // SAFETY: waits for a child of this test.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        assert_eq!((waited, status), (self.0, 0));
    }
}

/// Goroutines that talk, until they are told to stop.
fn traffic(rt: &Runtime) -> impl FnOnce() {
    let (stop, stopped) = chan::bounded::<()>(0);
    let talkers: Vec<_> = (0..4)
        .map(|_| {
            let stopped = stopped.clone();
            rt.go(move || {
                let (near, far) = UnixStream::pair().unwrap();
                while stopped.try_recv() == Err(chan::TryRecvError::Empty) {
                    talk(&near, &far, 10);
                }
            })
        })
        .collect();
    thread::sleep(ms(20));
    move || {
        drop(stop);
        talkers.into_iter().for_each(|talker| talker.join().unwrap());
    }
}

#[test]
fn a_forked_child_takes_no_events_of_its_parent_and_has_its_own() {
    in_child("a_forked_child_takes_no_events_of_its_parent_and_has_its_own", || {
        let rt = runtime(2);
        let stop = traffic(&rt);
        let (near, far) = UnixStream::pair().unwrap();
        let far = Arc::new(far);
        for _ in 0..10 {
            let reader = rt.go({
                let far = far.clone();
                move || expect(&*far, 1, 1)
            });
            let mut far = Some(far.clone());
            let child = fork(|| {
                let own = runtime(2);
                own.run(|| {
                    let (near, far) = UnixStream::pair().unwrap();
                    talk(&near, &far, 200);
                });
                // The socket that a goroutine of the parent waits for, and its end.
                near.set_read_timeout(Some(ms(10))).unwrap();
                let near = near.try_clone().unwrap();
                own.run(move || {
                    assert_eq!((&near).read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
                });
                drop(far.take());
            });
            child.ends();
            (&near).write_all(&[1]).unwrap();
            reader.join().unwrap();
        }
        stop();
    })
    .succeeds();
}

#[test]
fn a_forked_child_that_uses_std_leaves_its_parents_sockets_alone() {
    in_child("a_forked_child_that_uses_std_leaves_its_parents_sockets_alone", || {
        let rt = runtime(2);
        let stop = traffic(&rt);
        for _ in 0..10 {
            let (near, far) = UnixStream::pair().unwrap();
            let ours = Arc::new(far);
            let reader = rt.go({
                let ours = ours.clone();
                move || expect(&*ours, 3, 5)
            });
            thread::sleep(ms(1));
            let mut both = Some((near, ours));
            let child = fork(|| {
                let (near, ours) = both.take().unwrap();
                let fd = near.as_raw_fd();
                assert_ne!(flags(fd), -1, "it is inherited");
                (&near).write_all(&[5]).unwrap();
                drop((near, ours));
                assert_eq!(flags(fd), -1, "and closed here");
            });
            child.ends();
            let (near, _ours) = both.take().unwrap();
            (&near).write_all(&[5, 5]).unwrap();
            reader.join().unwrap();
        }
        stop();
    })
    .succeeds();
}

/// A server that forks before it serves: each process has a queue of its own, though the first one asked the
/// kernel for one before any runtime was there.
#[test]
fn processes_that_were_forked_before_they_serve_share_a_listener() {
    in_child("processes_that_were_forked_before_they_serve_share_a_listener", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (reader, _writer) = pipe().unwrap();
        let kept = Async::new(&reader).unwrap();
        let serve = |n| {
            let listener = listener.try_clone().unwrap();
            runtime(1).run(move || {
                for _ in 0..n {
                    let (mut stream, _) = listener.accept().unwrap();
                    stream.write_all(b"x").unwrap();
                }
                let (near, far) = UnixStream::pair().unwrap();
                talk(&near, &far, 10);
            });
        };
        let children = [fork(|| serve(10)), fork(|| serve(10))];
        let clients = thread::spawn(move || {
            for _ in 0..30 {
                expect(net::TcpStream::connect(address).unwrap(), 1, b'x');
            }
        });
        serve(10);
        clients.join().unwrap();
        children.into_iter().for_each(Forked::ends);
        drop(kept);
    })
    .succeeds();
}

/// The descriptors are the parent's and the child's in turn: many forks while others make and drop sockets.
#[test]
fn a_fork_beside_threads_that_make_sockets_leaves_a_child_that_makes_some() {
    let name = "a_fork_beside_threads_that_make_sockets_leaves_a_child_that_makes_some";
    in_child(name, || {
        let rt = runtime(1);
        let end = Arc::new(AtomicBool::new(false));
        let makers: Vec<_> = (0..2)
            .map(|_| {
                let end = end.clone();
                thread::spawn(move || {
                    while !end.load(Relaxed) {
                        drop(UnixStream::pair().unwrap());
                    }
                })
            })
            .collect();
        for _ in 0..100 {
            fork(|| drop(UnixStream::pair().unwrap())).ends();
        }
        end.store(true, Relaxed);
        makers.into_iter().for_each(|maker| maker.join().unwrap());
        drop(rt);
    })
    .succeeds();
}
