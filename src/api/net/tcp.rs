//! TCP.

use std::io;
use std::net::{self, SocketAddr, ToSocketAddrs};
#[allow(unused_imports, reason = "a simulated stream has these methods by itself")]
use std::os::linux::net::TcpStreamExt as _;
use std::time::Duration;

use super::common::{incoming, pass_on, socket, stream, timeouts, with_each};
use super::{kernel, listener};
use crate::api::descriptor::{Descriptor, Rest};
use crate::sched::pd::Way;

/// The address of a socket.
type Addr = SocketAddr;

/// A TCP connection, as [`std::net::TcpStream`].
///
/// Several goroutines may use one at a time, by `&`: each direction has its own waiters.
pub struct TcpStream(Descriptor<kernel::TcpStream>);

/// A socket that accepts TCP connections, as [`std::net::TcpListener`].
pub struct TcpListener(Descriptor<kernel::TcpListener>);

socket!(TcpStream, net::TcpStream);
timeouts!(TcpStream);
stream!(TcpStream, Rest::of_stream);
socket!(TcpListener, net::TcpListener);
incoming!(Incoming, TcpListener, TcpStream);

pass_on! { TcpStream:
    /// Returns the address of the other end.
    fn peer_addr(&self) -> SocketAddr;
    /// Has small writes sent at once, or joined for a while (Nagle's algorithm, the default).
    fn set_nodelay(&self, nodelay: bool) -> ();
    /// Returns what [`set_nodelay`](Self::set_nodelay) has set.
    fn nodelay(&self) -> bool;
    /// Has the peer's segments acknowledged at once, or together, until the kernel decides anew.
    fn set_quickack(&self, quickack: bool) -> ();
    /// Returns whether they are acknowledged at once.
    fn quickack(&self) -> bool;
    /// Sets how many routers a packet may pass.
    fn set_ttl(&self, ttl: u32) -> ();
    /// Returns what [`set_ttl`](Self::set_ttl) has set.
    fn ttl(&self) -> u32;
}

pass_on! { TcpListener:
    /// Sets how many routers a packet may pass.
    fn set_ttl(&self, ttl: u32) -> ();
    /// Returns what [`set_ttl`](Self::set_ttl) has set.
    fn ttl(&self) -> u32;
}

impl TcpStream {
    /// Connects to an address, or to the first that answers of those that a name has.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// As in std: the error of the last address.
    #[track_caller]
    pub fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        with_each!(address, |address| Self::connect_within(address, None))
    }

    /// Connects to an address, and waits no longer than `timeout`.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// As in std: [`TimedOut`](io::ErrorKind::TimedOut) if the time is up, and
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it is zero.
    #[track_caller]
    pub fn connect_timeout(address: &SocketAddr, timeout: Duration) -> io::Result<Self> {
        if timeout.is_zero() {
            let message = "cannot set a 0 duration timeout";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Self::connect_within(address, Some(timeout))
    }

    #[track_caller]
    fn connect_within(address: &SocketAddr, timeout: Option<Duration>) -> io::Result<Self> {
        let stream = Descriptor::new(kernel::stream_for(address)?);
        kernel::connect(&stream.inner, address)?;
        let connected = stream.run_within(Way::Output, timeout, |stream| {
            Ok((kernel::connected(stream)?, Rest::Unknown))
        });
        match connected {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "connection timed out"))
            }
            Err(error) => Err(error),
            Ok(()) => Ok(Self(stream)),
        }
    }

    /// Reads without taking: the next read gets the same bytes.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there are bytes. On an ordinary thread it
    /// blocks the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.run(Way::Input, |socket| Ok((socket.peek(buf)?, Rest::Unknown)))
    }
}

impl TcpListener {
    /// Makes a socket that accepts connections at an address, or at the first that is free of those that a
    /// name has.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        with_each!(address, |address| kernel::TcpListener::bind(address)).map(Self::of)
    }

    /// Waits for a connection.
    ///
    /// Where the process or the machine has no descriptors or no memory left, it waits for 10 ms and then
    /// says so: who tries again at once does not spin, and the connection waits meanwhile.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is a connection. On an ordinary thread
    /// it blocks the thread.
    ///
    /// # Errors
    ///
    /// As in std; [`NotConnected`](io::ErrorKind::NotConnected) once the listener was
    /// [closed](Self::close).
    #[track_caller]
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = listener::accept(&self.0, kernel::accept)?;
        Ok((TcpStream(Descriptor::new(stream)), address))
    }
}
