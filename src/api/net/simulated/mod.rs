//! The sockets of builds that check users' programs: those of a check are simulated, all others are the kernel's.
//! Who uses them sees std's names (`kernel` has the same).

mod address;
mod choice;
mod handle;
mod inet;
mod mishap;
mod network;
mod post;
mod stream;
mod unix;

use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net as std_unix;

use self::address::{Name, check};
use self::choice::Choice::{self, Real, Simulated};
use self::choice::no_descriptor;
use self::handle::Handle;
use crate::facade::directed;
use crate::machine::{poll, socket};

pub(super) type TcpStream = Choice<net::TcpStream>;
pub(super) type TcpListener = Choice<net::TcpListener>;
pub(super) type UdpSocket = Choice<net::UdpSocket>;
pub(super) type UnixStream = Choice<std_unix::UnixStream>;
pub(super) type UnixListener = Choice<std_unix::UnixListener>;
pub(super) type UnixDatagram = Choice<std_unix::UnixDatagram>;

/// What a socket of std's is here.
pub(super) fn of_std<R>(socket: R) -> Choice<R> {
    Real(socket)
}

/// What one of these is in std.
///
/// # Panics
///
/// If it is simulated.
#[track_caller]
pub(super) fn into_std<R>(socket: Choice<R>) -> R {
    match socket {
        Real(socket) => socket,
        Simulated(_) => no_descriptor("the conversion into a type of std"),
    }
}

/// A socket for a stream to such an address.
#[track_caller]
pub(super) fn stream_for(address: &SocketAddr) -> io::Result<TcpStream> {
    if directed::is_on() {
        check("TcpStream::connect", address)?;
        return Ok(Simulated(Handle::stream()));
    }
    socket::stream_for(address).map(|stream| Real(stream.into()))
}

/// Begins to connect.
pub(super) fn connect(stream: &TcpStream, address: &SocketAddr) -> io::Result<()> {
    match stream {
        Real(stream) => socket::connect(stream.as_fd(), address),
        Simulated(stream) => {
            stream.connect_to(&address.address());
            Ok(())
        }
    }
}

/// Tells how connecting ended; refused as long as it has not.
pub(super) fn connected(stream: &TcpStream) -> io::Result<()> {
    match stream {
        Real(stream) if poll::sleep(&mut [poll::output(stream.as_raw_fd())], Some(0))? => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Real(stream) => stream.take_error()?.map_or(Ok(()), Err),
        Simulated(stream) => stream.connected(),
    }
}

/// Accepts a connection.
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Real(listener) => {
            let (stream, address) = socket::accept(listener.as_fd())?;
            Ok((Real(stream.into()), address))
        }
        Simulated(listener) => listener.accept().map(|(stream, from)| (Simulated(stream), from)),
    }
}

/// The same.
pub(super) fn accept_unix(listener: &UnixListener) -> io::Result<UnixStream> {
    match listener {
        Real(listener) => socket::accept_any(listener.as_fd()).map(|stream| Real(stream.into())),
        Simulated(listener) => {
            listener.accept::<std_unix::SocketAddr>().map(|(stream, _)| Simulated(stream))
        }
    }
}

/// Whether nothing more will come to a socket: somebody has shut down receiving.
pub(super) fn is_over(socket: &UnixDatagram) -> io::Result<bool> {
    match socket {
        Real(socket) => poll::is_over(socket.as_raw_fd()),
        Simulated(socket) => Ok(socket.is_over()),
    }
}
