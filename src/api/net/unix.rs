//! Unix sockets that are streams.

use std::io;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use super::common::{incoming, pass_on, socket, stream, timeouts};
use super::{kernel, listener};
use crate::api::descriptor::{Descriptor, Rest};
use crate::sched::blocking::blocking;

/// The address of a socket.
type Addr = SocketAddr;

/// A connection within this machine, as [`std::os::unix::net::UnixStream`].
///
/// Several goroutines may use one at a time, by `&`: each direction has its own waiters.
pub struct UnixStream(Descriptor<kernel::UnixStream>);

/// A socket that accepts connections within this machine, as [`std::os::unix::net::UnixListener`].
pub struct UnixListener(Descriptor<kernel::UnixListener>);

socket!(UnixStream, net::UnixStream);
timeouts!(UnixStream);
stream!(UnixStream, unknown);
socket!(UnixListener, net::UnixListener);
incoming!(UnixIncoming, UnixListener, UnixStream);

#[expect(clippy::into_iter_without_iter, reason = "as in std, it is called `incoming`")]
impl<'a> IntoIterator for &'a UnixListener {
    type Item = io::Result<UnixStream>;
    type IntoIter = UnixIncoming<'a>;

    fn into_iter(self) -> UnixIncoming<'a> {
        self.incoming()
    }
}

pass_on! { UnixStream:
    /// Returns the address of the other end.
    fn peer_addr(&self) -> SocketAddr;
}

/// A read ends early where descriptors were sent along, with more behind them.
fn unknown(_: usize, _: usize) -> Rest {
    Rest::Unknown
}

impl UnixStream {
    /// Connects to the socket at a path.
    ///
    /// The kernel can wait for room at the listener in no other way than with a thread; so this call may
    /// block its thread for so long, as in [`blocking`](crate::blocking).
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        blocking(|| kernel::UnixStream::connect(path)).map(Self::of)
    }

    /// Like [`connect`](Self::connect), to an address.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn connect_addr(address: &SocketAddr) -> io::Result<Self> {
        blocking(|| kernel::UnixStream::connect_addr(address)).map(Self::of)
    }

    /// Makes two sockets that are connected to each other.
    ///
    /// # Errors
    ///
    /// As in std.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = kernel::UnixStream::pair()?;
        Ok((Self::of(a), Self::of(b)))
    }
}

impl UnixListener {
    /// Makes a socket that accepts connections at a path.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        kernel::UnixListener::bind(path).map(Self::of)
    }

    /// Like [`bind`](Self::bind), at an address.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn bind_addr(address: &SocketAddr) -> io::Result<Self> {
        kernel::UnixListener::bind_addr(address).map(Self::of)
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
    pub fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let stream = listener::accept(&self.0, kernel::accept_unix)?;
        let address = stream.peer_addr()?;
        Ok((UnixStream(Descriptor::new(stream)), address))
    }
}
