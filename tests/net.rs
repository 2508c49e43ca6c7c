//! Sockets in goroutines and on threads.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::multiple_unsafe_ops_per_block,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gosched::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use gosched::{chan, go, sync::WaitGroup, time};
use harness::{LATE, SOON, on_both, runtime};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Two ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

/// A server that gives back what it gets; it ends with its listener.
fn echo(listener: Arc<TcpListener>) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        go(move || {
            let mut buf = [0; 1024];
            while let Ok(n @ 1..) = stream.read(&mut buf) {
                stream.write_all(&buf[..n]).unwrap();
            }
        });
    }
}

#[test]
fn bytes_come_as_they_were_sent() {
    on_both(|| {
        let (mut near, mut far) = pair();
        near.write_all(b"hello").unwrap();
        let mut buf = [0; 16];
        assert_eq!(far.peek(&mut buf).unwrap(), 5);
        assert_eq!(far.read(&mut buf).unwrap(), 5);
        assert_eq!(&buf[..5], b"hello");
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(far.read(&mut buf).unwrap(), 0);
        assert_eq!(far.read(&mut buf).unwrap(), 0, "the end stays the end");
        far.write_all(b"back").unwrap();
        drop(far);
        let mut text = String::new();
        near.read_to_string(&mut text).unwrap();
        assert_eq!(text, "back");
    });
}

#[test]
fn a_reader_waits_for_what_comes_later() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (mut near, mut far) = pair();
            let reader = go(move || {
                let mut all = Vec::new();
                far.read_to_end(&mut all).unwrap();
                all
            });
            for i in 0..100_u8 {
                near.write_all(&[i]).unwrap();
                if i % 10 == 0 {
                    time::sleep(ms(1));
                }
            }
            drop(near);
            assert_eq!(reader.join().unwrap(), (0..100).collect::<Vec<u8>>());
        });
    }
}

#[test]
fn a_thread_and_a_goroutine_talk() {
    let rt = runtime(1);
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    let server = rt.go({
        let listener = listener.clone();
        move || echo(listener)
    });
    let mut stream = TcpStream::connect(address).unwrap();
    for i in 0..100_u8 {
        stream.write_all(&[i; 3]).unwrap();
        let mut buf = [0; 3];
        stream.read_exact(&mut buf).unwrap();
        assert_eq!(buf, [i; 3]);
    }
    drop(stream);
    listener.close();
    server.join().unwrap();
}

#[test]
fn many_connections_at_once() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        rt.run(|| {
            let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
            let address = listener.local_addr().unwrap();
            let server = go({
                let listener = listener.clone();
                move || echo(listener)
            });
            let clients: Vec<_> = (0..100_u8)
                .map(|i| {
                    go(move || {
                        let mut stream = TcpStream::connect(address).unwrap();
                        for _ in 0..50 {
                            stream.write_all(&[i; 64]).unwrap();
                            let mut buf = [0; 64];
                            stream.read_exact(&mut buf).unwrap();
                            assert_eq!(buf, [i; 64]);
                        }
                    })
                })
                .collect();
            clients.into_iter().for_each(|client| client.join().unwrap());
            listener.close();
            server.join().unwrap();
        });
    }
}

/// More than the kernel has room for: the writer waits for the reader.
#[test]
fn a_writer_waits_for_room() {
    on_both(|| {
        let (mut near, mut far) = pair();
        let sent: Vec<u8> = (0..8_000_000_u32).map(|i| (i / 7) as u8).collect();
        let wanted = sent.clone();
        let writer = thread_or_go(move || near.write_all(&sent).unwrap());
        let mut got = Vec::new();
        far.read_to_end(&mut got).unwrap();
        assert!(got == wanted);
        writer();
    });
}

/// Runs it beside the caller; the answer waits for it.
fn thread_or_go(f: impl FnOnce() + Send + 'static) -> impl FnOnce() {
    let (tx, rx) = chan::bounded::<()>(1);
    let body = move || {
        f();
        drop(tx);
    };
    let thread = thread::spawn(body);
    move || {
        let _ = rx.recv();
        thread.join().unwrap();
    }
}

#[test]
fn a_hog_on_each_processor_does_not_stop_a_server() {
    let rt = runtime(2);
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    rt.go({
        let listener = listener.clone();
        move || echo(listener)
    });
    let end = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let hogs: Vec<_> = (0..2)
        .map(|_| {
            let end = end.clone();
            rt.go(move || while !end.load(std::sync::atomic::Ordering::Relaxed) {})
        })
        .collect();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let mut buf = [0; 1];
    for _ in 0..20 {
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut buf).unwrap();
    }
    end.store(true, std::sync::atomic::Ordering::Relaxed);
    hogs.into_iter().for_each(|hog| hog.join().unwrap());
    listener.close();
}

/// The thread that waited for events has one, and runs its goroutine. The other processor idles, and so does
/// its thread.
#[test]
fn an_event_is_heard_while_the_goroutine_of_the_last_one_computes() {
    let rt = runtime(2);
    let ((mut to_hog, mut first), (mut to_other, mut second)) = (pair(), pair());
    let is_heard = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let hog = rt.go({
        let is_heard = is_heard.clone();
        move || {
            assert_eq!(first.read(&mut [0]).unwrap(), 1);
            let start = Instant::now();
            let is_heard = || is_heard.load(std::sync::atomic::Ordering::Relaxed);
            while !is_heard() && start.elapsed() < ms(10_000) {}
            is_heard()
        }
    });
    let other = rt.go(move || {
        assert_eq!(second.read(&mut [0]).unwrap(), 1);
        is_heard.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    thread::sleep(ms(100));
    to_hog.write_all(b"x").unwrap();
    thread::sleep(ms(100));
    to_other.write_all(b"x").unwrap();
    assert!(hog.join().unwrap(), "the other waited for the hog");
    other.join().unwrap();
}

#[test]
fn a_wait_ends_when_its_time_is_up_and_the_next_gets_what_comes() {
    on_both(|| {
        let (mut near, mut far) = pair();
        assert_eq!(far.read_timeout().unwrap(), None);
        far.set_read_timeout(Some(SOON)).unwrap();
        assert_eq!(far.read_timeout().unwrap(), Some(SOON));
        let start = Instant::now();
        let error = far.read(&mut [0; 4]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "as std says on Linux");
        assert!(start.elapsed() >= SOON);
        near.write_all(b"late").unwrap();
        let mut buf = [0; 4];
        far.read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"late");
        assert_eq!(
            far.set_read_timeout(Some(Duration::ZERO)).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        far.set_read_timeout(None).unwrap();
    });
}

#[test]
fn a_write_to_one_that_never_reads_ends_by_time() {
    on_both(|| {
        let (mut near, _far) = pair();
        near.set_write_timeout(Some(SOON)).unwrap();
        let error = loop {
            if let Err(error) = near.write(&[0; 65536]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn a_shutdown_ends_a_wait() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (near, _far) = pair();
            let near = Arc::new(near);
            let reader = go({
                let near = near.clone();
                move || (&*near).read(&mut [0; 4])
            });
            time::sleep(SOON);
            near.shutdown(Shutdown::Both).unwrap();
            assert_eq!(reader.join().unwrap().unwrap(), 0);
        });
    }
}

#[test]
fn closing_a_listener_ends_its_accepts_and_its_clones() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let clone = listener.try_clone().unwrap();
            let loops = go(move || clone.incoming().count());
            let other = listener.try_clone().unwrap();
            let thread = thread::spawn(move || other.accept().unwrap_err().kind());
            time::sleep(SOON);
            listener.close();
            assert_eq!(loops.join().unwrap(), 0);
            assert_eq!(thread.join().unwrap(), ErrorKind::NotConnected);
            assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::NotConnected);
            assert_eq!(
                TcpStream::connect(address).unwrap_err().kind(),
                ErrorKind::ConnectionRefused
            );
        });
    }
}

#[test]
fn several_wait_for_one_socket() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
            let address = socket.local_addr().unwrap();
            let readers: Vec<_> = (0..10)
                .map(|_| {
                    let socket = socket.clone();
                    go(move || socket.recv_from(&mut [0; 16]).unwrap().0)
                })
                .collect();
            time::sleep(SOON);
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            for i in 1..=10 {
                sender.send_to(&vec![0; i], address).unwrap();
            }
            let mut lengths: Vec<_> = readers.into_iter().map(|r| r.join().unwrap()).collect();
            lengths.sort_unstable();
            assert_eq!(lengths, (1..=10).collect::<Vec<_>>());
        });
    }
}

#[test]
fn connecting_fails_as_in_std() {
    on_both(|| {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = TcpStream::connect(address).unwrap_err().kind();
        assert_eq!(refused, ErrorKind::ConnectionRefused);
        let error = TcpStream::connect_timeout(&address, Duration::ZERO).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(TcpStream::connect("no.such.name.invalid:80").is_err());
        assert!(TcpStream::connect("nonsense").is_err());
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = TcpListener::bind(taken.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    });
}

/// The backlog is full, so nothing answers.
#[test]
fn connecting_ends_by_time() {
    on_both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // SAFETY: passes numbers.
        unsafe { libc::listen(listener.as_raw_fd(), 0) };
        let mut connected = Vec::new();
        let error = loop {
            match TcpStream::connect_timeout(&address, ms(200)) {
                Ok(stream) => connected.push(stream),
                Err(error) => break error,
            }
            assert!(connected.len() < 100);
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn unix_sockets_and_datagrams() {
    on_both(|| {
        let dir = std::env::temp_dir();
        let path = dir.join(format!("gosched-{}-{:?}", std::process::id(), thread::current().id()));
        let listener = UnixListener::bind(&path).unwrap();
        let mut near = UnixStream::connect(&path).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        std::fs::remove_file(&path).unwrap();
        near.write_all(b"x").unwrap();
        let mut buf = [0; 8];
        assert_eq!(far.read(&mut buf).unwrap(), 1);
        listener.close();
        assert_eq!(listener.incoming().count(), 0);
        let (a, b) = UnixDatagram::pair().unwrap();
        a.send(b"four").unwrap();
        assert_eq!(b.recv(&mut buf[..2]).unwrap(), 2, "the rest is lost");
        b.set_read_timeout(Some(ms(1))).unwrap();
        assert_eq!(b.recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// A datagram socket that nobody reads is full soon, and the kernel does not say when it is not.
#[test]
fn a_datagram_waits_for_room_at_another_socket() {
    on_both(|| {
        let path = std::env::temp_dir().join(format!(
            "gosched-dgram-{}-{:?}",
            std::process::id(),
            thread::current().id()
        ));
        let to = UnixDatagram::bind(&path).unwrap();
        let from = UnixDatagram::unbound().unwrap();
        let sender = thread::spawn({
            let path = path.clone();
            move || (0..1000).for_each(|_| assert_eq!(from.send_to(b"x", &path).unwrap(), 1))
        });
        for _ in 0..1000 {
            to.recv(&mut [0; 4]).unwrap();
        }
        sender.join().unwrap();
        std::fs::remove_file(&path).unwrap();
    });
}

#[test]
fn one_that_must_not_wait_says_so() {
    on_both(|| {
        let (mut near, mut far) = pair();
        far.set_nonblocking(true).unwrap();
        let mut buf = [0; 4];
        for _ in 0..3 {
            assert_eq!(far.read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        }
        near.write_all(b"x").unwrap();
        while far.read(&mut buf).is_err() {
            time::sleep(ms(1));
        }
        far.set_nonblocking(false).unwrap();
        near.write_all(b"y").unwrap();
        assert_eq!(far.read(&mut buf).unwrap(), 1);
    });
}

#[test]
fn sockets_become_stds_and_come_back() {
    on_both(|| {
        let (near, mut far) = pair();
        let mut near = std::net::TcpStream::from(near);
        near.set_read_timeout(Some(SOON)).unwrap();
        let start = Instant::now();
        near.read(&mut [0; 1]).unwrap_err();
        assert!(start.elapsed() >= SOON, "std's blocks");
        let near = OwnedFd::from(TcpStream::from(near));
        // SAFETY: it is one.
        let mut near = unsafe { TcpStream::from_raw_fd(near.into_raw_fd()) };
        near.write_all(b"x").unwrap();
        assert_eq!(far.read(&mut [0; 8]).unwrap(), 1);
        assert!(format!("{near:?}").contains("TcpStream"));
    });
}

#[test]
fn a_runtime_ends_while_its_goroutines_wait_for_sockets() {
    for _ in 0..20 {
        let (mut near, far) = pair();
        let far = Arc::new(far);
        for procs in [1, 2] {
            let rt = runtime(procs);
            let reader = rt.go({
                let far = far.clone();
                move || (&*far).read(&mut [0; 4])
            });
            thread::sleep(ms(1));
            drop(rt);
            assert!(reader.join().is_err(), "it never ends");
        }
        near.write_all(b"x").unwrap();
        let n = runtime(1).run(move || (&*far).read(&mut [0; 4]).unwrap());
        assert_eq!(n, 1, "the dead readers take nothing");
    }
}

#[test]
fn goroutines_of_two_runtimes_share_a_socket() {
    let (a, b) = (runtime(1), runtime(2));
    let (near, far) = pair();
    let (near, far) = (Arc::new(near), Arc::new(far));
    let ping = a.go({
        let near = near.clone();
        move || {
            let mut buf = [0; 1];
            for _ in 0..1000 {
                (&*near).write_all(b"x").unwrap();
                (&*near).read_exact(&mut buf).unwrap();
            }
        }
    });
    let pong = b.go(move || {
        let mut buf = [0; 1];
        for _ in 0..1000 {
            (&*far).read_exact(&mut buf).unwrap();
            (&*far).write_all(&buf).unwrap();
        }
    });
    ping.join().unwrap();
    pong.join().unwrap();
}

#[test]
fn ten_thousand_waits_and_ends() {
    let wg = WaitGroup::new();
    let rt = runtime(2);
    rt.run(move || {
        let pairs: Vec<_> = (0..200).map(|_| UnixStream::pair().unwrap()).collect();
        for (near, far) in pairs {
            for (mut from, to) in
                [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)]
            {
                let mut to = to;
                wg.go(move || {
                    let mut buf = [0; 1];
                    for i in 0..25_u8 {
                        to.write_all(&[i]).unwrap();
                        from.read_exact(&mut buf).unwrap();
                    }
                });
            }
        }
        wg.wait();
    });
}

#[test]
fn a_deadlock_is_reported_though_a_socket_was_waited_for() {
    let child =
        harness::in_child_alone("a_deadlock_is_reported_though_a_socket_was_waited_for", || {
            let rt = runtime(2);
            let report = harness::message_of(|| {
                rt.run(|| {
                    let (mut near, mut far) = pair();
                    let reader = go(move || far.read(&mut [0; 1]).unwrap());
                    time::sleep(SOON);
                    near.write_all(b"x").unwrap();
                    reader.join().unwrap();
                    let (_tx, rx) = chan::bounded::<()>(0);
                    rx.recv().unwrap();
                })
            });
            assert!(report.contains("deadlock"), "{report}");
        });
    child.succeeds();
}

#[test]
fn a_server_that_waits_is_no_deadlock() {
    let rt = runtime(1);
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let closes = listener.clone();
    thread::spawn(move || {
        thread::sleep(ms(100));
        closes.close();
    });
    assert_eq!(rt.run(move || listener.incoming().count()), 0);
}

#[test]
fn the_end_is_seen_by_one_that_read_all_before() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            for _ in 0..200 {
                let (mut near, mut far) = UnixStream::pair().unwrap();
                let reader = go(move || {
                    let mut buf = [0; 64];
                    let mut n = 0;
                    loop {
                        match far.read(&mut buf).unwrap() {
                            0 => return n,
                            more => n += more,
                        }
                    }
                });
                near.write_all(b"abc").unwrap();
                if n_is_odd() {
                    gosched::yield_now();
                }
                drop(near);
                assert_eq!(reader.join().unwrap(), 3);
            }
        });
    }
}

fn n_is_odd() -> bool {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static N: AtomicU32 = AtomicU32::new(0);
    N.fetch_add(1, Relaxed) % 2 == 1
}

/// Bytes out of band end a read early, with more behind them.
#[test]
fn urgent_bytes_do_not_hide_what_follows() {
    on_both(|| {
        let (mut near, mut far) = pair();
        far.set_read_timeout(Some(LATE)).unwrap();
        let mut warm = [0; 1];
        near.write_all(b"w").unwrap();
        far.read_exact(&mut warm).unwrap();
        near.write_all(b"abc").unwrap();
        // SAFETY: one byte is sent.
        unsafe { libc::send(near.as_raw_fd(), b"!".as_ptr().cast(), 1, libc::MSG_OOB) };
        near.write_all(b"def").unwrap();
        let mut buf = [0; 6];
        far.read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"abcdef");
    });
}

#[test]
fn accepting_without_descriptors_pauses_and_says_so() {
    harness::in_child("accepting_without_descriptors_pauses_and_says_so", || {
        let rt = runtime(1);
        rt.run(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let _client = TcpStream::connect(address).unwrap();
            harness::soft_limit(libc::RLIMIT_NOFILE, 3);
            let start = Instant::now();
            let error = listener.accept().unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
            assert!(start.elapsed() >= ms(10));
            harness::soft_limit(libc::RLIMIT_NOFILE, 100);
            listener.accept().unwrap();
        });
    })
    .succeeds();
}

#[test]
fn an_io_error_names_what_happened() {
    on_both(|| {
        let (near, mut far) = pair();
        far.write_all(&[0; 100]).unwrap();
        time::sleep(ms(5));
        drop(near); // with bytes unread: the peer is reset
        let error = loop {
            match far.read(&mut [0; 8]) {
                Ok(0) => break io::Error::from(ErrorKind::ConnectionReset),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = (0..100).find_map(|_| far.write(&[0; 8]).err()).expect("nobody is there");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

/// The kernel has one mark for all clones that says whether their calls block.
#[test]
fn one_of_two_clones_becomes_stds() {
    on_both(|| {
        let (near, mut far) = pair();
        let clone = near.try_clone().unwrap();
        let mut stds = std::net::TcpStream::from(clone);
        let mut near = near;
        near.set_read_timeout(Some(SOON)).unwrap();
        assert_eq!(near.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
        far.write_all(b"ab").unwrap();
        stds.read_exact(&mut [0; 1]).unwrap();
        near.read_exact(&mut [0; 1]).unwrap();
        assert_eq!(near.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// Sends bytes with a descriptor along.
fn send_with_descriptor(socket: &UnixStream, bytes: &[u8]) {
    #[repr(C, align(8))]
    struct Control([u8; 64]);
    let mut control = Control([0; 64]);
    let mut slice =
        libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: zeros are an empty message; the header lies in the room that the message names.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut slice;
        message.msg_iovlen = 1;
        message.msg_control = control.0.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(4) as _;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(4) as _;
        libc::CMSG_DATA(header).cast::<i32>().write_unaligned(socket.as_raw_fd());
        assert_eq!(libc::sendmsg(socket.as_raw_fd(), &raw const message, 0), bytes.len() as isize);
    }
}

/// A read ends early where descriptors were sent along.
#[test]
fn descriptors_that_come_along_do_not_hide_what_follows() {
    on_both(|| {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        far.set_read_timeout(Some(LATE)).unwrap();
        near.write_all(b"w").unwrap();
        far.read_exact(&mut [0; 1]).unwrap();
        send_with_descriptor(&near, b"abc");
        send_with_descriptor(&near, b"def");
        let mut buf = [0; 64];
        let mut n = 0;
        while n < 6 {
            n += far.read(&mut buf[n..]).unwrap();
        }
        assert_eq!(&buf[..6], b"abcdef");
    });
}

/// The kernel fills 1,024 buffers at most.
#[test]
fn many_buffers_do_not_hide_what_follows() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let (mut near, mut far) = pair();
            let (_other, mut waits) = pair();
            go(move || waits.read(&mut [0; 1])); // so that events are taken early
            near.write_all(&[1; 10]).unwrap();
            far.set_read_timeout(Some(LATE)).unwrap();
            far.read_exact(&mut [0; 10]).unwrap();
            near.write_all(&[2; 1500]).unwrap();
            time::sleep(SOON);
            let mut bytes = vec![[0; 1]; 2000];
            let mut n = 0;
            while n < 1500 {
                let mut bufs: Vec<_> = bytes.iter_mut().map(|b| io::IoSliceMut::new(b)).collect();
                n += far.read_vectored(&mut bufs).unwrap();
            }
            assert_eq!(n, 1500);
        });
    }
}

/// How often each of `n` connections was served in a while, where all always have something to say.
fn served(n: usize) -> Vec<usize> {
    let end = Instant::now() + ms(1_000);
    let turns: Vec<_> = (0..n)
        .map(|_| {
            let (mut near, mut far) = UnixStream::pair().unwrap();
            go(
                move || {
                    while far.read_exact(&mut [0]).and_then(|()| far.write_all(&[0])).is_ok() {}
                },
            );
            go(move || {
                let mut count = 0;
                while Instant::now() < end {
                    near.write_all(&[0]).unwrap();
                    near.read_exact(&mut [0]).unwrap();
                    count += 1;
                }
                count
            })
        })
        .collect();
    turns.into_iter().map(|turn| turn.join().unwrap()).collect()
}

#[test]
fn more_connections_than_a_queue_holds_are_served_alike() {
    let mut served = runtime(1).run(|| served(600));
    served.sort_unstable();
    let (least, most) = (served[0], served[599]);
    assert!(least * 2 + 8 >= most, "one was served {least} times, another {most} times");
}

#[test]
fn a_deadline_bounds_all_reads_until_then() {
    on_both(|| {
        let (near, mut far) = pair();
        let end = Instant::now() + ms(50);
        near.set_read_deadline(Some(end));
        let drip = thread::spawn(move || {
            while far.write_all(&[0]).is_ok() {
                thread::sleep(ms(5));
            }
        });
        let mut byte = [0];
        let late = loop {
            if let Err(error) = (&near).read_exact(&mut byte) {
                break error;
            }
        };
        assert_eq!(late.kind(), ErrorKind::TimedOut);
        assert!(Instant::now() >= end, "it ended {:?} early", end - Instant::now());
        thread::sleep(ms(20));
        let clone = near.try_clone().unwrap();
        let refused = (&clone).read(&mut byte).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TimedOut, "also though there is something to read");
        near.set_read_deadline(None);
        (&near).read_exact(&mut byte).unwrap();
        drop((near, clone));
        drip.join().unwrap();
    });
}

#[test]
fn a_deadline_and_a_time_out_end_a_wait_by_their_own_errors() {
    on_both(|| {
        let (near, mut far) = pair();
        let begin = Instant::now();
        near.set_read_deadline(Some(begin + ms(20)));
        near.set_read_timeout(Some(LATE)).unwrap();
        assert_eq!((&near).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(begin.elapsed() >= ms(20));
        near.set_read_deadline(Some(begin + LATE));
        near.set_read_timeout(Some(ms(5))).unwrap();
        assert_eq!((&near).read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        near.set_write_deadline(Some(begin));
        assert_eq!((&near).write(&[0]).unwrap_err().kind(), ErrorKind::TimedOut);
        far.write_all(&[1]).unwrap();
        assert_eq!((&near).read(&mut [0]).unwrap(), 1, "the deadline for writing is another");
    });
}
