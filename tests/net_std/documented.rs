// Included twice by `net_std.rs`: where std's types are in scope, and where ours are.

use std::fmt::Debug;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::SocketAddr as UnixAddr;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

type Name = &'static str;
type File = &'static Path;
type Time = Option<Duration>;

#[test]
fn every_method_is_there() {
    has! { TcpStream:
        connect(Name) -> TcpStream; connect_timeout(&SocketAddr, Duration) -> TcpStream;
        peer_addr(&TcpStream) -> SocketAddr; local_addr(&TcpStream) -> SocketAddr;
        shutdown(&TcpStream, Shutdown) -> (); try_clone(&TcpStream) -> TcpStream;
        set_read_timeout(&TcpStream, Time) -> (); read_timeout(&TcpStream) -> Time;
        set_write_timeout(&TcpStream, Time) -> (); write_timeout(&TcpStream) -> Time;
        peek(&TcpStream, &mut [u8]) -> usize;
        set_nodelay(&TcpStream, bool) -> (); nodelay(&TcpStream) -> bool;
        set_quickack(&TcpStream, bool) -> (); quickack(&TcpStream) -> bool;
        set_ttl(&TcpStream, u32) -> (); ttl(&TcpStream) -> u32;
        take_error(&TcpStream) -> Option<io::Error>; set_nonblocking(&TcpStream, bool) -> ();
    }
    has! { TcpListener:
        bind(Name) -> TcpListener; accept(&TcpListener) -> (TcpStream, SocketAddr);
        local_addr(&TcpListener) -> SocketAddr; try_clone(&TcpListener) -> TcpListener;
        set_ttl(&TcpListener, u32) -> (); ttl(&TcpListener) -> u32;
        take_error(&TcpListener) -> Option<io::Error>;
        set_nonblocking(&TcpListener, bool) -> ();
    }
    has! { UnixStream:
        connect(File) -> UnixStream; connect_addr(&UnixAddr) -> UnixStream;
        pair() -> (UnixStream, UnixStream); try_clone(&UnixStream) -> UnixStream;
        local_addr(&UnixStream) -> UnixAddr; peer_addr(&UnixStream) -> UnixAddr;
        set_read_timeout(&UnixStream, Time) -> (); read_timeout(&UnixStream) -> Time;
        set_write_timeout(&UnixStream, Time) -> (); write_timeout(&UnixStream) -> Time;
        shutdown(&UnixStream, Shutdown) -> (); set_nonblocking(&UnixStream, bool) -> ();
        take_error(&UnixStream) -> Option<io::Error>;
    }
    has! { UnixListener:
        bind(File) -> UnixListener; bind_addr(&UnixAddr) -> UnixListener;
        accept(&UnixListener) -> (UnixStream, UnixAddr);
        try_clone(&UnixListener) -> UnixListener; local_addr(&UnixListener) -> UnixAddr;
        set_nonblocking(&UnixListener, bool) -> ();
        take_error(&UnixListener) -> Option<io::Error>;
    }
    let _: fn(&TcpListener) -> Incoming<'_> = TcpListener::incoming;
    let _: fn(&UnixListener) -> UnixIncoming<'_> = UnixListener::incoming;
}

#[test]
fn every_method_for_datagrams_is_there() {
    has! { UdpSocket:
        bind(Name) -> UdpSocket; connect(&UdpSocket, Name) -> ();
        recv_from(&UdpSocket, &mut [u8]) -> (usize, SocketAddr);
        peek_from(&UdpSocket, &mut [u8]) -> (usize, SocketAddr);
        send_to(&UdpSocket, &[u8], Name) -> usize; send(&UdpSocket, &[u8]) -> usize;
        recv(&UdpSocket, &mut [u8]) -> usize; peek(&UdpSocket, &mut [u8]) -> usize;
        peer_addr(&UdpSocket) -> SocketAddr; local_addr(&UdpSocket) -> SocketAddr;
        try_clone(&UdpSocket) -> UdpSocket;
        set_read_timeout(&UdpSocket, Time) -> (); read_timeout(&UdpSocket) -> Time;
        set_write_timeout(&UdpSocket, Time) -> (); write_timeout(&UdpSocket) -> Time;
        set_broadcast(&UdpSocket, bool) -> (); broadcast(&UdpSocket) -> bool;
        set_multicast_loop_v4(&UdpSocket, bool) -> ();
        multicast_loop_v4(&UdpSocket) -> bool;
        set_multicast_ttl_v4(&UdpSocket, u32) -> (); multicast_ttl_v4(&UdpSocket) -> u32;
        set_multicast_loop_v6(&UdpSocket, bool) -> ();
        multicast_loop_v6(&UdpSocket) -> bool;
        set_ttl(&UdpSocket, u32) -> (); ttl(&UdpSocket) -> u32;
        join_multicast_v4(&UdpSocket, &Ipv4Addr, &Ipv4Addr) -> ();
        leave_multicast_v4(&UdpSocket, &Ipv4Addr, &Ipv4Addr) -> ();
        join_multicast_v6(&UdpSocket, &Ipv6Addr, u32) -> ();
        leave_multicast_v6(&UdpSocket, &Ipv6Addr, u32) -> ();
        take_error(&UdpSocket) -> Option<io::Error>; set_nonblocking(&UdpSocket, bool) -> ();
    }
    has! { UnixDatagram:
        bind(File) -> UnixDatagram; bind_addr(&UnixAddr) -> UnixDatagram;
        unbound() -> UnixDatagram; pair() -> (UnixDatagram, UnixDatagram);
        connect(&UnixDatagram, File) -> (); connect_addr(&UnixDatagram, &UnixAddr) -> ();
        try_clone(&UnixDatagram) -> UnixDatagram;
        local_addr(&UnixDatagram) -> UnixAddr; peer_addr(&UnixDatagram) -> UnixAddr;
        recv_from(&UnixDatagram, &mut [u8]) -> (usize, UnixAddr);
        recv(&UnixDatagram, &mut [u8]) -> usize; send(&UnixDatagram, &[u8]) -> usize;
        send_to(&UnixDatagram, &[u8], File) -> usize;
        send_to_addr(&UnixDatagram, &[u8], &UnixAddr) -> usize;
        set_read_timeout(&UnixDatagram, Time) -> (); read_timeout(&UnixDatagram) -> Time;
        set_write_timeout(&UnixDatagram, Time) -> (); write_timeout(&UnixDatagram) -> Time;
        shutdown(&UnixDatagram, Shutdown) -> (); set_nonblocking(&UnixDatagram, bool) -> ();
        take_error(&UnixDatagram) -> Option<io::Error>;
    }
}

fn is_socket<T>()
where
    T: AsFd + AsRawFd + IntoRawFd + FromRawFd + From<OwnedFd> + Into<OwnedFd>,
    T: Debug + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe,
{
}

fn is_stream<T: Read + Write>()
where
    for<'a> &'a T: Read + Write,
{
}

fn is_iterator<T: Iterator<Item = io::Result<S>> + Debug + Send + Sync, S>() {}

#[test]
fn every_trait_is_there() {
    is_socket::<TcpStream>();
    is_socket::<TcpListener>();
    is_socket::<UdpSocket>();
    is_socket::<UnixStream>();
    is_socket::<UnixListener>();
    is_socket::<UnixDatagram>();
    is_stream::<TcpStream>();
    is_stream::<UnixStream>();
    is_iterator::<Incoming<'_>, TcpStream>();
    is_iterator::<UnixIncoming<'_>, UnixStream>();
    let _ = <&UnixListener as IntoIterator>::into_iter;
}

const SOON: Duration = Duration::from_millis(5);

/// A path that no other test uses.
fn path(name: &str) -> PathBuf {
    let who = (std::process::id(), thread::current().id());
    let path = std::env::temp_dir().join(format!("gosched-{name}-{who:?}"));
    let _ = std::fs::remove_file(&path);
    path
}

/// A listener, and the address to reach it at.
fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn tcp_pair() -> (TcpStream, TcpStream) {
    let (listener, address) = listen();
    let near = TcpStream::connect(address).unwrap();
    (near, listener.accept().unwrap().0)
}

fn a_tcp_stream_connects() {
    let (listener, address) = listen();
    let several = [SocketAddr::from(([127, 0, 0, 1], 1)), address];
    let stream = TcpStream::connect(&several[..]).expect("the second answers");
    assert_eq!(stream.peer_addr().unwrap(), address);
    assert_eq!(stream.local_addr().unwrap().ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert_eq!(listener.accept().unwrap().1, stream.local_addr().unwrap());
    let in_time = TcpStream::connect_timeout(&address, Duration::from_secs(9)).unwrap();
    assert_eq!(in_time.peer_addr().unwrap(), address);
    let zero = TcpStream::connect_timeout(&address, Duration::ZERO).unwrap_err();
    assert_eq!(zero.kind(), ErrorKind::InvalidInput);
    let addresses = address.to_socket_addrs().unwrap().collect::<Vec<_>>();
    assert_eq!(addresses, [address]);
    assert!(TcpStream::connect("nonsense").is_err());
}

fn a_tcp_stream_has_options() {
    let (stream, _far) = tcp_pair();
    stream.set_nodelay(true).unwrap();
    assert!(stream.nodelay().unwrap());
    stream.set_nodelay(false).unwrap();
    assert!(!stream.nodelay().unwrap());
    stream.set_ttl(100).unwrap();
    assert_eq!(stream.ttl().unwrap(), 100);
    stream.set_quickack(true).unwrap();
    assert!(stream.quickack().unwrap());
    assert!(stream.take_error().unwrap().is_none());
    for timeout in [Some(SOON), None] {
        stream.set_read_timeout(timeout).unwrap();
        assert_eq!(stream.read_timeout().unwrap().is_some(), timeout.is_some());
        stream.set_write_timeout(timeout).unwrap();
        assert_eq!(stream.write_timeout().unwrap().is_some(), timeout.is_some());
    }
    let zero = Some(Duration::ZERO);
    let refused = [stream.set_read_timeout(zero), stream.set_write_timeout(zero)];
    assert!(refused.iter().all(|set| set.as_ref().unwrap_err().kind() == ErrorKind::InvalidInput));
}

/// The end of a stream, of either kind.
fn a_stream_carries_bytes<S: Read + Write>(
    mut near: S,
    mut far: S,
    shut: fn(&S, Shutdown) -> io::Result<()>,
) {
    near.write_all(b"hello").unwrap();
    let (mut a, mut b) = ([0; 2], [0; 8]);
    let mut bufs = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
    assert_eq!(far.read_vectored(&mut bufs).unwrap(), 5);
    assert_eq!((&a, &b[..3]), (b"he", &b"llo"[..]));
    let n = far.write_vectored(&[IoSlice::new(b"an"), IoSlice::new(b"swer")]).unwrap();
    assert_eq!(n, 6);
    far.flush().unwrap();
    let mut answer = [0; 6];
    near.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"answer");
    assert_eq!(near.write(&[]).unwrap(), 0);
    far.write_all(b"last").unwrap();
    shut(&far, Shutdown::Write).unwrap();
    assert_eq!(near.read(&mut []).unwrap(), 0);
    let mut text = String::new();
    near.read_to_string(&mut text).unwrap();
    assert_eq!(text, "last");
    shut(&near, Shutdown::Both).unwrap();
    assert_eq!(far.read(&mut [0; 1]).unwrap(), 0);
    assert!(near.write(b"x").is_err());
}

fn a_tcp_stream_carries_bytes() {
    let (near, far) = tcp_pair();
    a_stream_carries_bytes(near, far, TcpStream::shutdown);
    let (near, far) = tcp_pair();
    (&near).write_all(b"peeked").unwrap();
    let mut buf = [0; 6];
    assert_eq!(far.peek(&mut buf).unwrap(), 6);
    let mut other = far.try_clone().unwrap();
    drop(far);
    other.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"peeked");
    other.set_read_timeout(Some(SOON)).unwrap();
    let began = Instant::now();
    assert_eq!(other.read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(began.elapsed() >= SOON);
    other.set_read_timeout(None).unwrap();
    let mut late = near.try_clone().unwrap();
    let began = Instant::now();
    thread::spawn(move || {
        thread::sleep(SOON);
        late.write_all(b"x").unwrap();
    });
    assert_eq!(other.read(&mut []).unwrap(), 0);
    assert!(began.elapsed() >= SOON, "it waits for bytes all the same");
    other.read_exact(&mut buf[..1]).unwrap();
    other.set_nonblocking(true).unwrap();
    assert_eq!(other.read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
}

fn a_tcp_listener_accepts() {
    let (listener, address) = listen();
    assert_eq!(TcpListener::bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
    listener.set_ttl(99).unwrap();
    assert_eq!(listener.ttl().unwrap(), 99);
    assert!(listener.take_error().unwrap().is_none());
    let clients: Vec<_> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mine = |stream: &TcpStream| stream.local_addr().unwrap();
    let peers: Vec<_> =
        listener.incoming().take(2).map(|s| s.unwrap().peer_addr().unwrap()).collect();
    assert_eq!(peers, [mine(&clients[0]), mine(&clients[1])]);
    let other = listener.try_clone().unwrap();
    assert_eq!(other.accept().unwrap().1, mine(&clients[2]));
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let refused = listener.incoming().next().unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::WouldBlock);
}

fn a_udp_socket_sends_and_receives() {
    let (a, b) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (of_a, of_b) = (a.local_addr().unwrap(), b.local_addr().unwrap());
    assert_eq!(a.send_to(b"one", of_b).unwrap(), 3);
    let mut buf = [0; 8];
    assert_eq!(b.peek_from(&mut buf).unwrap(), (3, of_a));
    assert_eq!(b.recv_from(&mut buf).unwrap(), (3, of_a));
    assert_eq!(a.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    a.connect(of_b).unwrap();
    b.connect(of_a).unwrap();
    assert_eq!((a.peer_addr().unwrap(), a.send(b"two").unwrap()), (of_b, 3));
    let c = b.try_clone().unwrap();
    assert_eq!((c.peek(&mut buf).unwrap(), c.recv(&mut buf).unwrap()), (3, 3));
    assert_eq!(&buf[..3], b"two");
    b.set_read_timeout(Some(SOON)).unwrap();
    assert_eq!(b.recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    b.set_nonblocking(true).unwrap();
    assert_eq!(b.recv_from(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(UdpSocket::bind(of_a).is_err());
    assert!(b.take_error().unwrap().is_none());
}

fn a_udp_socket_has_options() {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    for is_on in [true, false] {
        socket.set_broadcast(is_on).unwrap();
        assert_eq!(socket.broadcast().unwrap(), is_on);
        socket.set_multicast_loop_v4(is_on).unwrap();
        assert_eq!(socket.multicast_loop_v4().unwrap(), is_on);
    }
    socket.set_multicast_ttl_v4(42).unwrap();
    assert_eq!(socket.multicast_ttl_v4().unwrap(), 42);
    socket.set_ttl(43).unwrap();
    assert_eq!(socket.ttl().unwrap(), 43);
    socket.set_write_timeout(Some(SOON)).unwrap();
    assert!(socket.write_timeout().unwrap().is_some() && socket.read_timeout().unwrap().is_none());
    let (group, here) = (Ipv4Addr::new(224, 0, 0, 99), Ipv4Addr::LOCALHOST);
    if socket.join_multicast_v4(&group, &here).is_ok() {
        socket.leave_multicast_v4(&group, &here).unwrap();
    }
    socket.leave_multicast_v4(&group, &here).unwrap_err();
    if let Ok(socket) = UdpSocket::bind("[::1]:0") {
        socket.set_multicast_loop_v6(false).unwrap();
        assert!(!socket.multicast_loop_v6().unwrap());
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 99);
        if socket.join_multicast_v6(&group, 1).is_ok() {
            socket.leave_multicast_v6(&group, 1).unwrap();
        }
    }
}

fn unix_streams_and_listeners() {
    let (near, far) = UnixStream::pair().unwrap();
    assert!(near.local_addr().unwrap().is_unnamed() && near.peer_addr().unwrap().is_unnamed());
    a_stream_carries_bytes(near, far, UnixStream::shutdown);
    let at = path("listener");
    assert_eq!(UnixStream::connect(&at).unwrap_err().kind(), ErrorKind::NotFound);
    let listener = UnixListener::bind(&at).unwrap();
    assert_eq!(UnixListener::bind(&at).unwrap_err().kind(), ErrorKind::AddrInUse);
    assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*at));
    let near = UnixStream::connect(&at).unwrap();
    assert_eq!(near.peer_addr().unwrap().as_pathname(), Some(&*at));
    let (far, address) = listener.accept().unwrap();
    assert!(address.is_unnamed());
    assert_eq!(far.local_addr().unwrap().as_pathname(), Some(&*at));
    let _second = UnixStream::connect_addr(&listener.local_addr().unwrap()).unwrap();
    let _third = UnixStream::connect(&at).unwrap();
    let other = listener.try_clone().unwrap();
    assert!(other.incoming().next().unwrap().is_ok());
    assert!((&listener).into_iter().next().unwrap().is_ok());
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(listener.take_error().unwrap().is_none());
    let mut clone = far.try_clone().unwrap();
    clone.set_read_timeout(Some(SOON)).unwrap();
    clone.set_write_timeout(Some(SOON)).unwrap();
    assert!(clone.read_timeout().unwrap().is_some() && clone.write_timeout().unwrap().is_some());
    assert_eq!(clone.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(clone.set_read_timeout(Some(Duration::ZERO)).is_err());
    clone.set_nonblocking(true).unwrap();
    assert_eq!(clone.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(clone.take_error().unwrap().is_none());
    std::fs::remove_file(&at).unwrap();
    assert!(UnixListener::bind("x".repeat(500)).is_err());
}

fn unix_datagrams() {
    let (a, b) = UnixDatagram::pair().unwrap();
    a.send(b"pair").unwrap();
    let mut buf = [0; 8];
    assert_eq!(b.recv(&mut buf).unwrap(), 4);
    b.set_read_timeout(Some(SOON)).unwrap();
    assert_eq!(b.recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    let (at, from) = (path("to"), path("from"));
    let to = UnixDatagram::bind(&at).unwrap();
    let address = to.local_addr().unwrap();
    let sender = UnixDatagram::bind(&from).unwrap();
    sender.send_to(b"path", &at).unwrap();
    let (n, who) = to.recv_from(&mut buf).unwrap();
    assert_eq!((&buf[..n], who.as_pathname()), (&b"path"[..], Some(&*from)));
    let unbound = UnixDatagram::unbound().unwrap();
    assert_eq!(unbound.send(b"x").unwrap_err().kind(), ErrorKind::NotConnected);
    unbound.send_to_addr(b"addr", &address).unwrap();
    let (n, who) = to.recv_from(&mut buf).unwrap();
    assert!(&buf[..n] == b"addr" && who.is_unnamed());
    unbound.connect(&at).unwrap();
    assert_eq!(unbound.peer_addr().unwrap().as_pathname(), Some(&*at));
    sender.connect_addr(&address).unwrap();
    for socket in [unbound.try_clone().unwrap(), sender] {
        socket.send(b"connected").unwrap();
        assert_eq!(to.recv(&mut buf).unwrap(), 8, "the rest is lost");
    }
    to.set_nonblocking(true).unwrap();
    assert_eq!(to.recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(to.take_error().unwrap().is_none());
    unbound.shutdown(Shutdown::Both).unwrap();
    assert!(unbound.send(b"x").is_err());
    std::fs::remove_file(&at).unwrap();
    std::fs::remove_file(&from).unwrap();
    assert!(unbound.send_to(b"x", &at).is_err());
}

#[test]
fn streams_do_what_std_documents() {
    run(a_tcp_stream_connects);
    run(a_tcp_stream_has_options);
    run(a_tcp_stream_carries_bytes);
    run(a_tcp_listener_accepts);
    run(unix_streams_and_listeners);
}

#[test]
fn datagrams_do_what_std_documents() {
    run(a_udp_socket_sends_and_receives);
    run(a_udp_socket_has_options);
    run(unix_datagrams);
}
