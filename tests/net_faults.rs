//! Sockets whose peers break off, whose descriptors are misused, and whose buffers are small.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::ManuallyDrop;
use std::net::{self, Shutdown};
use std::os::fd::{AsFd, AsRawFd, FromRawFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gosched::io::Async;
use gosched::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixStream};
use gosched::{chan, go, scope, time};
use harness::{SOON, in_child, in_child_alone, message_of, on_both, runtime};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Two ends of a connection; the far one is std's, and its calls block.
fn pair() -> (TcpStream, net::TcpStream) {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

fn set<T>(socket: &impl AsRawFd, level: i32, name: i32, value: T) {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: the value is as long as that.
    let rc = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), length)
    };
    assert_eq!(rc, 0, "{}", io::Error::last_os_error());
}

/// Breaks a connection off: the peer is reset.
fn reset(socket: net::TcpStream) {
    let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
    set(&socket, libc::SOL_SOCKET, libc::SO_LINGER, at_once);
}

/// Does something soon, on a thread of its own.
fn soon(f: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        thread::sleep(SOON);
        f();
    });
}

#[test]
fn a_reset_ends_a_wait_at_each_step() {
    on_both(|| {
        let (mut near, far) = pair();
        soon(|| reset(far));
        assert_eq!(near.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(near.read(&mut [0; 4]).unwrap(), 0, "it is told once, as by std");
        assert_eq!(near.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);

        let (near, far) = pair();
        soon(|| reset(far));
        assert_eq!(near.peek(&mut [0; 4]).unwrap_err().kind(), ErrorKind::ConnectionReset);

        let (mut near, far) = pair();
        soon(|| reset(far)); // by then there is no room
        let error = (0..).find_map(|_| near.write(&[0; 65536]).err()).unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        let (near, far) = pair();
        reset(far);
        assert_eq!(near.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_reset_while_a_connection_is_made_or_accepted_is_told_by_the_next_read() {
    on_both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        reset(net::TcpStream::connect(address).unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(stream.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        let mut stream = TcpStream::connect(address).unwrap();
        drop(listener); // which never accepted it
        assert_eq!(stream.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn one_direction_ends_and_the_other_goes_on() {
    on_both(|| {
        let (mut near, mut far) = pair();
        let other = far.try_clone().unwrap();
        soon(move || other.shutdown(Shutdown::Write).unwrap());
        assert_eq!(near.read(&mut [0; 4]).unwrap(), 0);
        for i in 0..3 {
            near.write_all(&[i; 3]).unwrap();
            let mut got = [9; 3];
            far.read_exact(&mut got).unwrap();
            assert_eq!(got, [i; 3]);
            assert_eq!(near.read(&mut got).unwrap(), 0, "the end stays the end");
        }
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(near.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(far.read(&mut [0; 4]).unwrap(), 0);
    });
}

/// The kernel takes few bytes at a time, and often none.
#[test]
fn all_bytes_go_through_the_smallest_buffers() {
    on_both(|| {
        let sent: Arc<Vec<u8>> = Arc::new((0..200_000_u32).map(|i| (i / 3) as u8).collect());
        let (near, far) = pair();
        set(&near, libc::SOL_SOCKET, libc::SO_SNDBUF, 1);
        goes_through(near, far, &sent);
        let (near, far) = UnixStream::pair().unwrap();
        set(&near, libc::SOL_SOCKET, libc::SO_SNDBUF, 1);
        goes_through(near, net_unix(far), &sent);
    });
}

fn net_unix(socket: UnixStream) -> std::os::unix::net::UnixStream {
    socket.into()
}

fn goes_through(mut near: impl Write, mut far: impl Read + Send + 'static, sent: &Arc<Vec<u8>>) {
    let wanted = sent.clone();
    let reader = thread::spawn(move || {
        let mut got = vec![0; wanted.len()];
        far.read_exact(&mut got).unwrap();
        assert!(got == *wanted);
    });
    let (plain, vectored) = sent.split_at(sent.len() / 2);
    near.write_all(plain).unwrap();
    let mut rest = vectored;
    while !rest.is_empty() {
        let (a, b) = rest.split_at(rest.len() / 3);
        let n = near.write_vectored(&[IoSlice::new(a), IoSlice::new(b)]).unwrap();
        rest = &rest[n..];
    }
    reader.join().unwrap();
}

#[test]
fn what_a_datagram_has_too_much_is_lost_and_nothing_else() {
    on_both(|| {
        let (a, b) =
            (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        a.connect(b.local_addr().unwrap()).unwrap();
        b.connect(a.local_addr().unwrap()).unwrap();
        let mut buf = [0; 4];
        for i in 0..4_u8 {
            a.send(&[i; 100]).unwrap();
        }
        assert_eq!(b.peek(&mut buf).unwrap(), 4);
        assert_eq!(b.peek_from(&mut buf).unwrap(), (4, a.local_addr().unwrap()));
        assert_eq!((b.recv(&mut buf).unwrap(), buf), (4, [0; 4]));
        assert_eq!((b.recv_from(&mut buf).unwrap().0, buf), (4, [1; 4]));
        assert_eq!(b.recv(&mut []).unwrap(), 0, "nothing of it is left");
        assert_eq!((b.recv(&mut buf).unwrap(), buf), (4, [3; 4]));
        a.send(&[]).unwrap();
        assert_eq!(b.recv(&mut buf).unwrap(), 0, "an empty one is one");
    });
}

#[test]
fn errors_are_those_of_std() {
    on_both(|| {
        let same = |ours: io::Error, stds: io::Error| {
            assert_eq!((ours.kind(), ours.raw_os_error()), (stds.kind(), stds.raw_os_error()));
            assert_eq!(ours.to_string(), stds.to_string());
        };
        let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for address in ["no.such.name.invalid:80", "nonsense", "127.0.0.1:99999", "", "::1"] {
            same(
                TcpStream::connect(address).unwrap_err(),
                net::TcpStream::connect(address).unwrap_err(),
            );
            same(UdpSocket::bind(address).unwrap_err(), net::UdpSocket::bind(address).unwrap_err());
        }
        same(TcpStream::connect(taken).unwrap_err(), net::TcpStream::connect(taken).unwrap_err());
        let none: &[net::SocketAddr] = &[];
        same(TcpStream::connect(none).unwrap_err(), net::TcpStream::connect(none).unwrap_err());
        same(TcpListener::bind(none).unwrap_err(), net::TcpListener::bind(none).unwrap_err());
        let (ours, stds) =
            (UdpSocket::bind("127.0.0.1:0").unwrap(), net::UdpSocket::bind("127.0.0.1:0").unwrap());
        same(ours.send(b"x").unwrap_err(), stds.send(b"x").unwrap_err());
        same(ours.send_to(b"x", none).unwrap_err(), stds.send_to(b"x", none).unwrap_err());
        same(
            ours.send_to(&[0; 70_000], taken).unwrap_err(),
            stds.send_to(&[0; 70_000], taken).unwrap_err(),
        );
        let used = ours.local_addr().unwrap();
        same(UdpSocket::bind(used).unwrap_err(), net::UdpSocket::bind(used).unwrap_err());
    });
}

#[test]
fn one_handle_goes_and_the_others_wait_on() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (near, mut far) = pair();
            let other = near.try_clone().unwrap();
            let near = Arc::new(near);
            let reader = go({
                let near = near.clone();
                move || (&*near).read(&mut [0; 4])
            });
            time::sleep(ms(1)); // it has begun, without a time-out
            other.set_read_timeout(Some(ms(1))).unwrap();
            assert!((&other).read(&mut [0; 4]).is_err(), "it has waited too");
            drop((near, other));
            time::sleep(ms(1));
            far.write_all(b"x").unwrap();
            assert_eq!(reader.join().unwrap().unwrap(), 1);

            let (near, _far) = UnixDatagram::pair().unwrap();
            let other = near.try_clone().unwrap();
            let reader = go(move || near.recv(&mut [0; 4]));
            time::sleep(ms(1));
            other.shutdown(Shutdown::Both).unwrap();
            assert_eq!(reader.join().unwrap().unwrap(), 0);
        });
    }
}

#[test]
fn a_datagram_socket_that_was_shut_down_says_so_as_stds() {
    on_both(|| {
        let (near, far) = UnixDatagram::pair().unwrap();
        far.send(b"left").unwrap();
        near.shutdown(Shutdown::Read).unwrap();
        assert_eq!(near.recv(&mut [0; 8]).unwrap(), 4, "what was there is");
        assert_eq!(near.recv(&mut [0; 8]).unwrap(), 0);
        let (n, from) = near.recv_from(&mut [0; 8]).unwrap();
        assert!(n == 0 && from.is_unnamed());
        assert_eq!(far.send(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        near.set_nonblocking(true).unwrap();
        assert_eq!(near.recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(near.send(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_descriptor_has_one_value_that_waits_for_it_and_clones_have_theirs() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (near, mut far) = pair();
            near.set_read_timeout(Some(ms(1))).unwrap();
            assert!((&near).read(&mut [0; 1]).is_err(), "it has waited");
            let error = Async::new(&near).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("waits for this descriptor already"), "{error}");
            far.write_all(b"abcde").unwrap();
            near.set_read_timeout(None).unwrap();
            let copy = Async::new(near.as_fd().try_clone_to_owned().unwrap()).unwrap();
            copy.read_with(|fd| read_one(fd)).unwrap();
            (&near).read_exact(&mut [0; 4]).unwrap();
            let reader = scope(|s| {
                let reader = s.spawn(|| (&near).read(&mut [0; 1]).unwrap());
                let other = s.spawn(|| copy.read_with(|fd| read_one(fd)).unwrap());
                time::sleep(ms(1));
                far.write_all(b"xy").unwrap();
                (reader.join().unwrap(), other.join().unwrap())
            });
            assert_eq!(reader, (1, 1));
        });
    }
}

/// A value that borrows the descriptor comes first: the socket holds a thread until that is gone.
#[test]
fn a_socket_whose_descriptor_is_taken_is_served_all_the_same() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (near, mut far) = pair();
            let borrowed = Async::new(&near).unwrap();
            soon({
                let mut far = far.try_clone().unwrap();
                move || far.write_all(b"x").unwrap()
            });
            assert_eq!((&near).read(&mut [0; 1]).unwrap(), 1);
            drop(borrowed);
            soon(move || far.write_all(b"x").unwrap());
            assert_eq!((&near).read(&mut [0; 1]).unwrap(), 1);
            assert!(Async::new(&near).is_err(), "now it waits itself");
        });
    }
}

fn read_one(fd: impl AsFd) -> io::Result<usize> {
    let mut byte = 0_u8;
    // SAFETY: one byte is written.
    let n = unsafe { libc::read(fd.as_fd().as_raw_fd(), (&raw mut byte).cast(), 1) };
    if n < 0 { Err(io::Error::last_os_error()) } else { Ok(n as usize) }
}

/// Whoever closes what a value owns breaks std's rule about descriptors: the value is not told, but its time
/// passes and nobody else is harmed, not even who gets the number next.
#[test]
fn a_descriptor_that_is_closed_behind_our_back_harms_nobody_else() {
    in_child("a_descriptor_that_is_closed_behind_our_back_harms_nobody_else", || {
        for procs in [1, 2] {
            runtime(procs).run(|| {
                let (near, _far) = UnixStream::pair().unwrap();
                near.set_read_timeout(Some(ms(100))).unwrap();
                let fd = near.as_raw_fd();
                let near = ManuallyDrop::new(near); // it will have nothing left to close
                let reader = go(move || assert!((&*near).read(&mut [0; 1]).is_err()));
                time::sleep(SOON);
                let (other, mut peer) = UnixStream::pair().unwrap();
                // SAFETY: none, that is what is tested. The number is another's from here on.
                assert_eq!(unsafe { libc::dup2(other.as_raw_fd(), fd) }, fd);
                drop(other);
                // SAFETY: it is this one's now.
                let new = unsafe { UnixStream::from_raw_fd(fd) };
                let waits = go(move || (&new).read(&mut [0; 1]).unwrap());
                reader.join().unwrap(); // its last try is at what is another's
                peer.write_all(b"x").unwrap();
                assert_eq!(waits.join().unwrap(), 1);
            });
        }
    })
    .succeeds();
}

#[test]
fn a_socket_of_a_runtime_that_has_ended_is_as_good_as_any() {
    for procs in [1, 2] {
        let (near, mut far) = runtime(procs).run(|| {
            let (near, far) = pair();
            near.set_read_timeout(Some(ms(1))).unwrap();
            assert!((&near).read(&mut [0; 1]).is_err(), "it has waited there");
            (near, far)
        });
        near.set_read_timeout(None).unwrap();
        soon({
            let mut far = far.try_clone().unwrap();
            move || far.write_all(b"x").unwrap()
        });
        assert_eq!((&near).read(&mut [0; 1]).unwrap(), 1, "on a thread");
        soon(move || far.write_all(b"x").unwrap());
        let n = runtime(procs).run(move || (&near).read(&mut [0; 1]).unwrap());
        assert_eq!(n, 1, "in another runtime");
    }
}

/// Nobody has taken the kernel's word for what came meanwhile: a goroutine that computes has the processor.
#[test]
fn a_read_whose_time_is_up_gets_what_is_there() {
    runtime(1).run(|| {
        let (near, mut far) = pair();
        near.set_read_timeout(Some(Duration::from_nanos(1))).unwrap();
        for _ in 0..20 {
            assert!((&near).read(&mut [0; 1]).is_err(), "nothing is there");
            far.write_all(b"x").unwrap();
            let mut ready = libc::pollfd { fd: near.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            // SAFETY: waits for one descriptor.
            assert_eq!(unsafe { libc::poll(&raw mut ready, 1, -1) }, 1);
            assert_eq!((&near).read(&mut [0; 1]).unwrap(), 1);
        }
    });
}

#[test]
fn two_runtimes_accept_at_one_listener_and_each_connection_goes_to_one() {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    let runtimes = [runtime(1), runtime(2)];
    let loops: Vec<_> = runtimes
        .iter()
        .flat_map(|rt| {
            let (shared, clone) = (listener.clone(), Arc::new(listener.try_clone().unwrap()));
            [shared, clone].map(|listener| {
                rt.go(move || {
                    let greet = |stream: TcpStream| (&stream).write_all(b"x").unwrap();
                    listener.incoming().map(|stream| greet(stream.unwrap())).count()
                })
            })
        })
        .collect();
    for _ in 0..200 {
        let mut got = Vec::new();
        net::TcpStream::connect(address).unwrap().read_to_end(&mut got).unwrap();
        assert_eq!(got, b"x");
    }
    listener.close();
    let accepted: usize = loops.into_iter().map(|each| each.join().unwrap()).sum();
    assert_eq!(accepted, 200);
}

/// As many as there may be descriptors, up to 10,000. Their peers are in another process, which ends.
#[test]
fn ten_thousand_connections_close_at_once() {
    in_child("ten_thousand_connections_close_at_once", || {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: writes the limit.
        unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
        let most = limit.rlim_max.min(10_100);
        harness::soft_limit(libc::RLIMIT_NOFILE, most);
        let n = most as usize - 100;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = io::pipe().unwrap();
        // SAFETY: this process has no other thread that matters; the child uses std.
        if unsafe { libc::fork() } == 0 {
            drop(ended);
            let connect = |_| {
                let mut stream = net::TcpStream::connect(address).unwrap();
                stream.read_exact(&mut [0; 1]).unwrap(); // the next one finds room to wait
                stream
            };
            let all: Vec<_> = (0..n).map(connect).collect();
            let _ = (&end).read(&mut [0; 1]);
            // SAFETY: ends the process, and with it all connections.
            unsafe { libc::_exit(i32::from(all.len() != n)) };
        }
        runtime(2).run(move || {
            let (mut near, far) = UnixStream::pair().unwrap();
            let echo = go(move || io::copy(&mut &far, &mut &far));
            let waiting: Vec<_> = (0..n)
                .map(|_| {
                    let (mut stream, _) = listener.accept().unwrap();
                    stream.write_all(b"x").unwrap();
                    go(move || stream.read(&mut [0; 1]).unwrap())
                })
                .collect();
            drop(ended);
            let mut longest = Duration::ZERO;
            for _ in 0..100 {
                let began = Instant::now();
                near.write_all(b"x").unwrap();
                near.read_exact(&mut [0; 1]).unwrap();
                longest = longest.max(began.elapsed());
                time::sleep(ms(1));
            }
            assert!(waiting.into_iter().all(|each| each.join().unwrap() == 0));
            assert!(longest < ms(2_000), "{longest:?}");
            drop(near);
            echo.join().unwrap().unwrap();
        });
    })
    .succeeds();
}

/// Go's `TestNetpollWaiters` (golang/go#61454), and each other way in which a wait can end: none leaves the
/// runtime to believe that somebody waits, nor that nobody does.
#[test]
fn a_deadlock_is_reported_after_waits_that_ended_in_every_way() {
    in_child_alone("a_deadlock_is_reported_after_waits_that_ended_in_every_way", || {
        let rt = runtime(1);
        rt.run(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = go(move || {
                for stream in listener.incoming().take(300) {
                    io::copy(&mut stream.unwrap(), &mut io::sink()).unwrap();
                }
            });
            for _ in 0..300 {
                TcpStream::connect(address).unwrap().write_all(b"x").unwrap();
            }
            server.join().unwrap();
            let (mut near, far) = pair();
            near.set_read_timeout(Some(ms(1))).unwrap();
            assert!(near.read(&mut [0; 1]).is_err());
            near.set_read_timeout(None).unwrap();
            soon(|| reset(far));
            assert!(near.read(&mut [0; 1]).is_err());
            let (near, _far) = UnixStream::pair().unwrap();
            let other = near.try_clone().unwrap();
            let reader = go(move || (&near).read(&mut [0; 1]));
            time::sleep(ms(1));
            other.shutdown(Shutdown::Both).unwrap();
            reader.join().unwrap().unwrap();
        });
        let report = message_of(|| {
            rt.run(|| {
                let (_tx, rx) = chan::bounded::<()>(0);
                rx.recv().unwrap();
            })
        });
        assert!(report.contains("deadlock"), "{report}");
    })
    .succeeds();
}
