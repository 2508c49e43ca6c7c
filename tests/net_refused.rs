//! Sockets where the kernel refuses descriptors, memory or whole calls.

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
use std::io::{self, Read, Write, pipe};
use std::mem::ManuallyDrop;
use std::net;
use std::os::fd::{AsRawFd, RawFd};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::io::Async;
use gosched::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use gosched::{go, process, time};
use harness::{LATE, in_child, refuse, runtime, soft_limit, until};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Begins to refuse descriptors, or ends that.
fn descriptors(most: u64) {
    soft_limit(libc::RLIMIT_NOFILE, most);
}

const NONE: u64 = 3;
const ENOUGH: u64 = 200;

/// How much CPU time this process has used.
fn cpu_time() -> Duration {
    let mut used = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes a moment.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut used) };
    Duration::new(used.tv_sec as u64, used.tv_nsec as u32)
}

/// A path that nobody uses, in the directory for such.
fn path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("gosched-{name}-{}", std::process::id()))
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

/// A loop that accepts and knows no errors, in want of descriptors for a while: returns how many it got, and
/// how many refusals.
fn accept_in_want<S>(incoming: impl Iterator<Item = io::Result<S>>, wanted: usize) -> usize {
    let (mut got, mut refusals) = (Vec::new(), 0);
    for stream in incoming {
        match stream {
            Ok(stream) => got.push(stream),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
                refusals += 1;
            }
        }
        if got.len() == wanted {
            break;
        }
    }
    refusals
}

/// Beside such a loop another connection is served, and after it nobody is lost.
fn in_want_beside_others(accept: impl FnOnce() -> usize + Send + 'static) {
    let (near, far) = UnixStream::pair().unwrap();
    talk(&near, &far, 1);
    descriptors(NONE);
    let (began, cpu) = (Instant::now(), cpu_time());
    let accepts = go(accept);
    while began.elapsed() < ms(200) {
        let before = Instant::now();
        talk(&near, &far, 1);
        assert!(before.elapsed() < ms(150), "{:?}", before.elapsed());
        time::sleep(ms(5));
    }
    assert!(cpu_time() - cpu < ms(100), "{:?}", cpu_time() - cpu);
    descriptors(ENOUGH);
    let refusals = accepts.join().unwrap();
    assert!((1..=30).contains(&refusals), "{refusals}");
}

#[test]
fn an_accept_loop_in_want_of_descriptors_does_not_spin_and_loses_nobody() {
    in_child("an_accept_loop_in_want_of_descriptors_does_not_spin_and_loses_nobody", || {
        runtime(1).run(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let _clients: Vec<_> = (0..5).map(|_| net::TcpStream::connect(address)).collect();
            in_want_beside_others(move || accept_in_want(listener.incoming(), 5));
            let at = path("want");
            let listener = UnixListener::bind(&at).unwrap();
            let _clients: Vec<_> = (0..5).map(|_| UnixStream::connect(&at).unwrap()).collect();
            in_want_beside_others(move || accept_in_want(listener.incoming(), 5));
            std::fs::remove_file(at).unwrap();
        });
    })
    .succeeds();
}

#[test]
fn an_accept_that_is_refused_says_why_and_not_too_often() {
    in_child("an_accept_that_is_refused_says_why_and_not_too_often", || {
        let accept = || {
            for error in [libc::ENFILE, libc::ENOBUFS, libc::ENOMEM] {
                // The number of its descriptor is refused for ever.
                let listener = ManuallyDrop::new(TcpListener::bind("127.0.0.1:0").unwrap());
                let address = listener.local_addr().unwrap();
                let _client = net::TcpStream::connect(address).unwrap();
                refuse(libc::SYS_accept4, Some(listener.as_raw_fd()), error);
                let began = Instant::now();
                assert_eq!(listener.accept().unwrap_err().raw_os_error(), Some(error));
                assert!(began.elapsed() >= ms(10), "whoever tries again at once does not spin");
                listener.set_nonblocking(true).unwrap();
                let began = Instant::now();
                (0..10).for_each(|_| drop(listener.accept().unwrap_err()));
                assert!(began.elapsed() < ms(100), "one that must not wait does not");
            }
        };
        accept();
        runtime(1).run(accept);
    })
    .succeeds();
}

#[test]
fn each_call_that_wants_a_descriptor_says_that_there_is_none() {
    in_child("each_call_that_wants_a_descriptor_says_that_there_is_none", || {
        #[track_caller]
        fn refused<T>(result: io::Result<T>) {
            assert_eq!(result.map(drop).unwrap_err().raw_os_error(), Some(libc::EMFILE));
        }
        let calls = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let stream = TcpStream::connect(address).unwrap();
            let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
            let (unix, _far) = UnixStream::pair().unwrap();
            let (datagram, _far) = UnixDatagram::pair().unwrap();
            let _no_gaps: Vec<_> = (0..4).map(|_| File::open("/dev/null").unwrap()).collect();
            descriptors(NONE + 1); // where the lowest that a copy may have is none, that is another error
            refused(TcpListener::bind("127.0.0.1:0"));
            refused(TcpStream::connect(address));
            refused(TcpStream::connect_timeout(&address, LATE));
            refused(UdpSocket::bind("127.0.0.1:0"));
            refused(UnixStream::pair());
            refused(UnixStream::connect("/no/such/path"));
            refused(UnixListener::bind(path("none")));
            refused(UnixDatagram::pair());
            refused(UnixDatagram::unbound());
            refused(UnixDatagram::bind(path("none")));
            refused(listener.try_clone());
            refused(listener.accept());
            refused(stream.try_clone());
            refused(udp.try_clone());
            refused(unix.try_clone());
            refused(datagram.try_clone());
            assert!(TcpStream::connect("localhost:1").is_err());
            assert!(process::status(&mut Command::new("true")).unwrap().success(), "std waits");
            descriptors(ENOUGH);
            listener.accept().unwrap();
        };
        calls();
        runtime(1).run(calls);
    })
    .succeeds();
}

/// What is said once, if waits hold threads, and why.
fn says(why: &str) -> String {
    format!(
        "gosched: the kernel does not tell of events ({why}), so a goroutine that waits for a socket or \
         another descriptor holds a thread\n"
    )
}

/// Many goroutines wait at once, and all are served.
fn all_are_served(pairs: Vec<(UnixStream, UnixStream)>) {
    all_are_served_if(pairs, || ());
}

/// The same; `looks` runs while they wait.
fn all_are_served_if(pairs: Vec<(UnixStream, UnixStream)>, looks: impl FnOnce()) {
    let readers: Vec<_> =
        pairs.into_iter().map(|(near, far)| (near, go(move || expect(&far, 1, 7)))).collect();
    time::sleep(ms(20));
    looks();
    for (mut near, reader) in readers {
        near.write_all(&[7]).unwrap();
        reader.join().unwrap();
    }
}

fn pairs(n: usize) -> Vec<(UnixStream, UnixStream)> {
    (0..n).map(|_| UnixStream::pair().unwrap()).collect()
}

#[test]
fn without_a_descriptor_for_the_queue_waits_hold_threads_and_later_none() {
    let name = "without_a_descriptor_for_the_queue_waits_hold_threads_and_later_none";
    let child = in_child(name, || {
        let rt = Arc::new(runtime(1));
        let own = rt.clone();
        let held = move || own.stats().threads_without_proc;
        rt.run(move || {
            let (some, more) = (pairs(5), pairs(50));
            descriptors(NONE);
            let (reader, _writer) = (&some[0].0, &some[0].1);
            let error = Async::new(reader).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
            all_are_served_if(some, || until("waits hold threads", || held() >= 4));
            descriptors(ENOUGH);
            all_are_served_if(more, || until("no more wait holds a thread", || held() <= 3));
        });
    });
    child.succeeds();
    let said = says("Too many open files (os error 24)");
    assert_eq!(child.stderr.matches(&said).count(), 1, "{child:#?}");
}

#[test]
fn without_a_descriptor_at_its_start_a_runtime_serves_all_and_says_so() {
    let name = "without_a_descriptor_at_its_start_a_runtime_serves_all_and_says_so";
    let child = in_child(name, || {
        descriptors(NONE);
        let rt = runtime(1);
        descriptors(ENOUGH);
        rt.run(|| {
            let began = Instant::now();
            time::sleep(ms(20));
            assert!(began.elapsed() >= ms(20), "time does without");
            all_are_served(pairs(5));
            let output = process::output(Command::new("echo").arg("here")).unwrap();
            assert_eq!(output.stdout, b"here\n");
        });
    });
    child.succeeds();
    let said = says("it refused an eventfd when the runtime started");
    assert_eq!(child.stderr.matches(&said).count(), 1, "{child:#?}");
}

/// What must work with what is left of the kernel's calls; `error` is what the queue refuses with.
fn works_without_a_queue(call: libc::c_long, error: i32) {
    refuse(call, None, error);
    for procs in [1, 2] {
        runtime(procs).run(move || {
            all_are_served(pairs(5));
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let client = go(move || TcpStream::connect(address).unwrap().write_all(b"x").unwrap());
            expect(listener.accept().unwrap().0, 1, b'x');
            client.join().unwrap();
            let (reader, _writer) = pipe().unwrap();
            let refused = Async::new(&reader).map(drop);
            let flags = flags(reader.as_raw_fd());
            assert_eq!(flags & libc::O_NONBLOCK, 0, "one that is refused stays as it was");
            if call == libc::SYS_epoll_ctl {
                assert_eq!(refused.unwrap_err().raw_os_error(), Some(error));
            }
            let output = process::output(Command::new("echo").arg("here")).unwrap();
            assert_eq!(output.stdout, b"here\n");
        });
    }
}

fn flags(fd: RawFd) -> i32 {
    // SAFETY: passes numbers.
    unsafe { libc::fcntl(fd, libc::F_GETFL) }
}

#[test]
fn if_the_kernel_has_no_room_for_another_descriptor_all_are_served() {
    let name = "if_the_kernel_has_no_room_for_another_descriptor_all_are_served";
    let child = in_child(name, || works_without_a_queue(libc::SYS_epoll_ctl, libc::ENOSPC));
    child.succeeds();
    let said = says("No space left on device (os error 28)");
    assert_eq!(child.stderr.matches(&said).count(), 1, "{child:#?}");
}

#[test]
fn if_the_kernel_refuses_queues_all_are_served() {
    let name = "if_the_kernel_refuses_queues_all_are_served";
    let child = in_child(name, || works_without_a_queue(libc::SYS_epoll_create1, libc::ENOSYS));
    child.succeeds();
    let said = says("Function not implemented (os error 38)");
    assert_eq!(child.stderr.matches(&said).count(), 1, "{child:#?}");
}

/// A kernel before 5.11 has no call that sleeps in the queue until a moment.
#[test]
fn where_no_thread_can_sleep_in_the_queue_it_sleeps_beside_it() {
    let name = "where_no_thread_can_sleep_in_the_queue_it_sleeps_beside_it";
    let child = in_child(name, || {
        refuse(libc::SYS_epoll_pwait2, None, libc::ENOSYS);
        for procs in [1, 2] {
            let rt = Arc::new(runtime(procs));
            let own = rt.clone();
            rt.run(move || {
                all_are_served_if(pairs(50), || {
                    until("no wait holds a thread", || own.stats().threads_without_proc == 0);
                    let (began, had) = (Instant::now(), cpu_time());
                    time::sleep(ms(100));
                    assert!((ms(100)..ms(2_000)).contains(&began.elapsed()));
                    let ran = cpu_time() - had;
                    assert!(ran < ms(50), "{ran:?} while all slept");
                });
            });
        }
    });
    child.succeeds();
    assert!(!child.stderr.contains("gosched"), "{child:#?}");
}

#[cfg(target_arch = "x86_64")]
const TAKES_EVENTS: libc::c_long = libc::SYS_epoll_wait;
#[cfg(not(target_arch = "x86_64"))]
const TAKES_EVENTS: libc::c_long = libc::SYS_epoll_pwait;

#[test]
fn if_the_kernel_lets_nobody_take_events_all_are_served() {
    let name = "if_the_kernel_lets_nobody_take_events_all_are_served";
    let child = in_child(name, || works_without_a_queue(TAKES_EVENTS, libc::EPERM));
    child.succeeds();
    let said = says("Operation not permitted (os error 1)");
    assert_eq!(child.stderr.matches(&said).count(), 1, "{child:#?}");
}
