//! Sockets in `gosched::check`: they are simulated, and what a network may do to a program is found.
#![cfg(all(feature = "shuttle", not(feature = "loom")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside"
)]

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use gosched::check::{Checker, Explored, Failure, Net, Search};
use gosched::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use gosched::{chan, go, time};

const RANDOM: Search = Search::Random { schedules: 1_000 };

fn quiet() -> Net {
    Net::new().partial(false).delays(false)
}

fn find(
    net: Net,
    search: &Search,
    f: impl Fn() + Send + Sync + 'static,
) -> Result<Explored, Box<Failure>> {
    Checker::new().seed(1).pictures(None).net(net).find(search, f)
}

#[track_caller]
fn holds(net: Net, f: impl Fn() + Send + Sync + 'static) {
    if let Err(failure) = find(net, &RANDOM, f) {
        panic!("{failure}");
    }
}

#[track_caller]
fn failure(net: Net, f: impl Fn() + Send + Sync + 'static) -> Box<Failure> {
    find(net, &RANDOM, f).expect_err("no failure was found")
}

/// What one of the executions of a program has seen: a bit for each.
#[track_caller]
fn seen(net: Net, f: impl Fn() -> u32 + Send + Sync + 'static) -> u32 {
    let seen = Arc::new(AtomicU32::new(0));
    let all = seen.clone();
    holds(net, move || {
        all.fetch_or(1 << f(), Relaxed);
    });
    seen.load(Relaxed)
}

/// Two ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

/// A server that gives back what it gets, until its client ends.
fn echo(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().unwrap();
    io::copy(&mut stream.try_clone().unwrap(), &mut stream).unwrap();
}

fn udp() -> (UdpSocket, std::net::SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[test]
fn bytes_come_as_they_were_sent_in_every_schedule() {
    holds(Net::new(), || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = go(move || echo(&listener));
        let mut stream = TcpStream::connect(address).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        stream.write_all(b"hello, world").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello, world");
        server.join().unwrap();
    });
}

#[test]
fn unix_sockets_are_simulated_too() {
    holds(Net::new(), || {
        let listener = UnixListener::bind("/simulated/socket").unwrap();
        let server = go(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        });
        let mut stream = UnixStream::connect("/simulated/socket").unwrap();
        stream.write_all(b"hello").unwrap();
        drop(stream);
        assert_eq!(server.join().unwrap(), "hello");

        let (a, b) = UnixDatagram::pair().unwrap();
        let receiver = go(move || {
            let mut room = [0; 8];
            [b.recv(&mut room).unwrap(), b.recv(&mut room).unwrap()]
        });
        a.send(b"one").unwrap();
        a.send(b"three").unwrap();
        assert_eq!(receiver.join().unwrap(), [3, 5]);
    });
}

/// Without a switch and without a mishap a whole message comes in one read.
#[test]
fn a_read_may_be_partial() {
    let program = || {
        let (mut near, mut far) = pair();
        near.write_all(b"hello").unwrap();
        let mut room = [0; 16];
        let n = far.read(&mut room).unwrap();
        assert_eq!(&room[..n], b"hello");
    };
    let failure = failure(Net::new(), program);
    assert!(failure.lanes().contains("\n> "), "{failure}");
    assert!(failure.lanes().contains(" of 5 bytes"), "{failure}");
    holds(quiet(), program);
}

#[test]
fn every_cut_is_tried() {
    let all = seen(Net::new().delays(false), || {
        let (near, mut far) = pair();
        assert!((&near).write(b"12345").is_ok());
        far.read(&mut [0; 16]).unwrap() as u32
    });
    assert_eq!(all, 0b11_1110);
}

/// Also one that is in time by the clock: the peer may be slow, and so may be the network.
#[test]
fn a_read_times_out_where_its_bytes_are_late() {
    let program = || {
        let (mut near, far) = pair();
        near.write_all(b"x").unwrap();
        far.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        match (&far).read(&mut [0; 1]) {
            Ok(n) => n as u32,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                0
            }
        }
    };
    assert_eq!(seen(Net::new(), program), 0b11);
    assert_eq!(seen(quiet(), program), 0b10);
}

#[test]
fn deadlines_go_by_virtual_time() {
    holds(quiet(), || {
        let (near, far) = pair();
        let start = time::now();
        far.set_read_deadline(Some(start + Duration::from_secs(3_600)));
        let error = (&far).read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(time::now() - start >= Duration::from_secs(3_600));
        drop(near);
    });
}

#[test]
fn nobody_listens_at_an_address_of_nobody() {
    holds(Net::new(), || {
        let address = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let kind = |result: io::Result<TcpStream>| result.unwrap_err().kind();
        assert_eq!(kind(TcpStream::connect(address)), ErrorKind::ConnectionRefused);
        assert_eq!(kind(TcpStream::connect("127.0.0.1:1")), ErrorKind::ConnectionRefused);
        let unknown = UnixStream::connect("/simulated/nowhere").unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn who_connects_before_the_listener_is_there_is_found() {
    let failure = failure(Net::new(), || {
        let server = go(|| {
            let listener = TcpListener::bind("127.0.0.1:80").unwrap();
            let _ = listener.accept();
        });
        gosched::yield_now();
        TcpStream::connect("127.0.0.1:80").expect("the server listens");
        server.join().unwrap();
    });
    assert!(failure.what().contains("the server listens"), "{failure}");
}

#[test]
fn an_address_has_one_owner_until_it_is_closed() {
    holds(Net::new(), || {
        let first = TcpListener::bind("127.0.0.1:80").unwrap();
        let again = TcpListener::bind("127.0.0.1:80").unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AddrInUse);
        let _other_kind = UdpSocket::bind("127.0.0.1:80").unwrap();
        first.close();
        TcpListener::bind("127.0.0.1:80").unwrap();
    });
}

#[test]
fn a_closed_listener_ends_its_accepts_and_resets_who_waits_in_it() {
    holds(quiet(), || {
        let listener = Arc::new(TcpListener::bind("0.0.0.0:80").unwrap());
        let accepts = go({
            let listener = listener.clone();
            move || listener.incoming().count()
        });
        let stream = TcpStream::connect("127.0.0.1:80").unwrap();
        listener.close();
        let accepted = accepts.join().unwrap();
        match (&stream).read(&mut [0; 1]) {
            Ok(n) => assert_eq!((n, accepted), (0, 1)),
            Err(error) => {
                assert_eq!((error.kind(), accepted), (ErrorKind::ConnectionReset, 0));
            }
        }
    });
}

/// As the kernel: the peer's last answer may be lost with the connection.
#[test]
fn a_connection_that_is_dropped_with_unread_bytes_is_reset() {
    holds(quiet(), || {
        let (near, mut far) = pair();
        (&near).write_all(b"more than is read").unwrap();
        far.read_exact(&mut [0; 4]).unwrap();
        far.write_all(b"answer").unwrap();
        drop(far);
        let mut answer = [0; 6];
        (&near).read_exact(&mut answer).unwrap();
        let read = || (&near).read(&mut [0; 1]);
        assert_eq!(read().unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(read().unwrap(), 0, "the kernel says it once");
        assert_eq!((&near).write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn the_first_write_to_one_who_is_gone_seems_to_succeed() {
    holds(quiet(), || {
        let (mut near, far) = pair();
        drop(far);
        assert_eq!(near.write(b"x").unwrap(), 1);
        assert_eq!(near.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn two_who_write_more_than_fits_before_they_read_are_a_deadlock() {
    let both_write = |bytes: usize| {
        move || {
            let (near, far) = pair();
            let send = move |mut stream: TcpStream| {
                stream.write_all(&vec![0; bytes]).unwrap();
                stream.read_exact(&mut vec![0; bytes]).unwrap();
            };
            let other = go(move || send(far));
            send(near);
            other.join().unwrap();
        }
    };
    let failure = failure(quiet(), both_write(100 * 1024));
    assert!(failure.what().contains("deadlock"), "{failure}");
    assert!(failure.what().contains("goroutine 1: waits until it can write"));
    holds(quiet(), both_write(64 * 1024));
}

#[test]
fn a_reader_that_nobody_writes_to_is_a_deadlock() {
    let failure = failure(Net::new(), || {
        let (near, mut far) = pair();
        let _ = far.read(&mut [0; 1]);
        drop(near);
    });
    assert!(failure.what().contains("goroutine 1: waits for input, at tests/check_net.rs:"));
}

#[test]
fn resets_come_where_they_are_allowed() {
    let program = || {
        let (near, far) = pair();
        let both = [(&near).write(b"x").map(|_| ()), (&far).read(&mut [0; 1]).map(|_| ())];
        let failed = both.iter().filter_map(|result| result.as_ref().err()).inspect(|error| {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        });
        failed.count().min(1) as u32
    };
    assert_eq!(seen(Net::new(), program), 0b01);
    assert_eq!(seen(Net::new().resets(true), program), 0b11);
}

#[test]
fn a_partition_holds_bytes_up_and_loses_datagrams() {
    let tcp = || {
        let (mut near, far) = pair();
        near.write_all(b"x").unwrap();
        far.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let first = (&far).read(&mut [0; 1]);
        far.set_read_timeout(None).unwrap();
        if first.is_err() {
            (&far).read_exact(&mut [0; 1]).unwrap(); // it comes in the end
        }
        first.is_ok().into()
    };
    let late = Net::new().delays(false);
    assert_eq!(seen(late, tcp), 0b10);
    assert_eq!(seen(late.partitions(true), tcp), 0b11);
    assert_eq!(seen(late, datagram_comes), 0b10);
    assert_eq!(seen(late.partitions(true), datagram_comes), 0b11);
}

/// Whether a datagram comes within a minute.
fn datagram_comes() -> u32 {
    let ((a, _), (b, to)) = (udp(), udp());
    a.send_to(b"x", to).unwrap();
    b.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    b.recv(&mut [0; 1]).is_ok().into()
}

#[test]
fn datagrams_are_lost_where_that_is_allowed() {
    assert_eq!(seen(Net::new(), datagram_comes), 0b10);
    assert_eq!(seen(Net::new().losses(true), datagram_comes), 0b11);
}

#[test]
fn datagrams_overtake_each_other() {
    let program = || {
        let ((a, from), (b, to)) = (udp(), udp());
        a.send_to(b"1", to).unwrap();
        a.send_to(b"2", to).unwrap();
        let mut room = [0; 4];
        assert_eq!(b.recv_from(&mut room).unwrap(), (1, from));
        (room[0] - b'0').into()
    };
    assert_eq!(seen(Net::new(), program), 0b110);
    assert_eq!(seen(quiet(), program), 0b010);
}

#[test]
fn a_connected_datagram_socket_hears_its_peer_only() {
    holds(quiet(), || {
        let ((a, to_a), (b, _), (c, _)) = (udp(), udp(), udp());
        a.connect(b.local_addr().unwrap()).unwrap();
        c.send_to(b"stranger", to_a).unwrap();
        b.send_to(b"peer", to_a).unwrap();
        let mut room = [0; 2];
        assert_eq!((a.recv(&mut room).unwrap(), &room), (2, b"pe"));
        drop(b);
        assert_eq!(a.send(b"x").unwrap(), 1);
        assert_eq!(a.send(b"x").unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn one_who_must_not_wait_is_refused() {
    holds(quiet(), || {
        let (near, far) = pair();
        far.set_nonblocking(true).unwrap();
        let read = || (&far).read(&mut [0; 1]);
        assert_eq!(read().unwrap_err().kind(), ErrorKind::WouldBlock);
        (&near).write_all(b"x").unwrap();
        assert_eq!(read().unwrap(), 1);
        far.set_nodelay(true).unwrap();
        assert!(far.nodelay().unwrap() && far.peek(&mut []).unwrap() == 0);
    });
}

#[test]
fn all_who_wait_at_clones_of_a_socket_are_told() {
    holds(Net::new(), || {
        let (near, far) = pair();
        let (tx, rx) = chan::bounded(2);
        for _ in 0..2 {
            let (far, tx) = (far.try_clone().unwrap(), tx.clone());
            go(move || tx.send((&far).read(&mut [0; 1]).unwrap()).unwrap());
        }
        (&near).write_all(b"x").unwrap();
        drop(near);
        assert_eq!(rx.recv().unwrap() + rx.recv().unwrap(), 1);
    });
}

#[test]
fn a_failure_comes_back_with_its_network() {
    let program = || {
        let (mut near, mut far) = pair();
        near.write_all(b"hello").unwrap();
        far.read_exact(&mut [0; 5]).expect("nothing goes wrong");
    };
    let first = failure(Net::new().resets(true), program);
    for _ in 0..100 {
        let replay = Search::Replay(first.schedule().to_owned());
        let again = find(Net::new(), &replay, program).unwrap_err();
        assert_eq!((again.what(), again.lanes()), (first.what(), first.lanes()));
    }
    assert!(first.lanes().contains("is reset by the network"), "{first}");
    assert_eq!(first.lengths().1, 1, "{first}");
}

#[test]
fn mishaps_count_in_an_exhaustive_search() {
    let program = || {
        let (mut near, mut far) = pair();
        near.write_all(b"ab").unwrap();
        far.read_exact(&mut [0; 2]).unwrap();
    };
    let count = |bound| {
        let explored = find(Net::new(), &Search::Exhaustive { bound }, program).unwrap();
        assert!(explored.is_complete());
        explored.schedules()
    };
    // The connection late in three ways; the write cut, or late in three ways; the read cut.
    assert_eq!((count(0), count(1)), (1, 1 + 3 + 1 + 3 + 1));
}

#[test]
fn what_is_not_simulated_says_which_call_it_was() {
    let told = |f: fn(), part: &str| {
        let failure = failure(Net::new(), f);
        let what = failure.what();
        assert!(what.starts_with("goroutine 1 panicked at tests/check_net.rs:"), "{what}");
        assert!(what.contains(part), "{what}");
    };
    told(
        || drop(TcpStream::connect("192.0.2.1:80").unwrap()),
        "TcpStream::connect with the address 192.0.2.1:80, which is not of this machine",
    );
    let bind = || drop(TcpListener::bind("192.0.2.1:80").unwrap());
    told(bind, "TcpListener::bind with the address");
    let send = || assert_eq!(udp().0.send_to(b"x", "192.0.2.1:80").unwrap(), 1);
    told(send, "UdpSocket::send_to with the address");
    told(
        || assert!(TcpListener::bind("127.0.0.1:0").unwrap().as_raw_fd() > 0),
        "as_raw_fd needs a descriptor, and a socket of a check has none",
    );
    told(
        || drop(std::net::UdpSocket::from(udp().0)),
        "the conversion into a type of std needs a descriptor",
    );
    told(
        || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            drop(TcpListener::from(listener).accept());
        },
        "a socket that was made of a descriptor",
    );
}

#[test]
fn a_socket_of_an_earlier_execution_says_so() {
    static KEPT: std::sync::OnceLock<UdpSocket> = std::sync::OnceLock::new();
    let failure = failure(quiet(), || {
        let socket = KEPT.get_or_init(|| udp().0);
        let _ = socket.local_addr();
    });
    assert!(failure.what().contains("a socket of an earlier execution is used"), "{failure}");
}
