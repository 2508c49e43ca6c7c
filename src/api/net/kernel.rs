//! The sockets of the kernel, which the types of this module are made of. In a build that checks users' programs
//! `simulated` takes the place of this file.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

pub(super) use std::net::{TcpListener, TcpStream, UdpSocket};
pub(super) use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use crate::machine::{poll, socket};

/// What a socket of std's is here.
pub(super) fn of_std<T>(socket: T) -> T {
    socket
}

/// What one of these is in std.
pub(super) fn into_std<T>(socket: T) -> T {
    socket
}

/// A socket for a stream to such an address.
pub(super) fn stream_for(address: &SocketAddr) -> io::Result<TcpStream> {
    socket::stream_for(address).map(TcpStream::from)
}

/// Begins to connect.
pub(super) fn connect(stream: &TcpStream, address: &SocketAddr) -> io::Result<()> {
    socket::connect(stream.as_fd(), address)
}

/// Tells how connecting ended; refused as long as it has not.
pub(super) fn connected(stream: &TcpStream) -> io::Result<()> {
    if poll::sleep(&mut [poll::output(stream.as_raw_fd())], Some(0))? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    stream.take_error()?.map_or(Ok(()), Err)
}

/// Accepts a connection.
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    socket::accept(listener.as_fd()).map(|(stream, address)| (stream.into(), address))
}

/// The same.
pub(super) fn accept_unix(listener: &UnixListener) -> io::Result<UnixStream> {
    socket::accept_any(listener.as_fd()).map(UnixStream::from)
}

/// Whether nothing more will come to a socket: somebody has shut down receiving.
pub(super) fn is_over(socket: &UnixDatagram) -> io::Result<bool> {
    poll::is_over(socket.as_raw_fd())
}
