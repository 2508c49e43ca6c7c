//! Unix sockets.

use std::io;
use std::net::Shutdown;
use std::os::unix::net as unix;
use std::path::Path;

use super::address::{Name, Space};
use super::choice::Choice::{self, Real, Simulated};
use super::choice::alike;
use super::handle::Handle;
use super::network::{Kind, Network};
use super::stream::Take;
use crate::api::descriptor::Source;
use crate::facade::directed;
use crate::sched::pd::Way;

alike! { unix::UnixStream:
    local_addr() -> unix::SocketAddr, Handle::local_addr;
    peer_addr() -> unix::SocketAddr, Handle::peer_addr;
    shutdown(how: Shutdown) -> (), Handle::shutdown;
}

impl Choice<unix::UnixStream> {
    #[track_caller]
    pub(in crate::api::net) fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::connect_addr(&unix::SocketAddr::from_pathname(path)?)
    }

    #[track_caller]
    pub(in crate::api::net) fn connect_addr(address: &unix::SocketAddr) -> io::Result<Self> {
        if !directed::is_on() {
            return unix::UnixStream::connect_addr(address).map(Real);
        }
        let stream = Handle::new(Space::Unix, Kind::Fresh(None));
        stream.connect_to(&address.address());
        stream.begin(Way::Output);
        stream.connected()?;
        Ok(Simulated(stream))
    }

    pub(in crate::api::net) fn pair() -> io::Result<(Self, Self)> {
        if directed::is_on() {
            let (near, far) = Handle::pair(Network::pair);
            return Ok((Simulated(near), Simulated(far)));
        }
        unix::UnixStream::pair().map(Self::pair_of)
    }
}

alike! { unix::UnixListener:
    local_addr() -> unix::SocketAddr, Handle::local_addr;
}

impl Choice<unix::UnixListener> {
    #[track_caller]
    pub(in crate::api::net) fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        if directed::is_on() {
            return Self::bind_addr(&unix::SocketAddr::from_pathname(path)?);
        }
        unix::UnixListener::bind(path).map(Real)
    }

    #[track_caller]
    pub(in crate::api::net) fn bind_addr(address: &unix::SocketAddr) -> io::Result<Self> {
        if directed::is_on() {
            return Self::simulated(Handle::listener(Space::Unix, &address.address()));
        }
        unix::UnixListener::bind_addr(address).map(Real)
    }
}

alike! { unix::UnixDatagram:
    local_addr() -> unix::SocketAddr, Handle::local_addr;
    peer_addr() -> unix::SocketAddr, Handle::peer_addr;
    shutdown(how: Shutdown) -> (), Handle::shutdown;
    recv_from(room: &mut [u8]) -> (usize, unix::SocketAddr), |s: &Handle, room| s.receive_post(room, Take::Yes);
    recv(room: &mut [u8]) -> usize, |s: &Handle, room| s.receive_post_of::<unix::SocketAddr>(room, Take::Yes);
    send(bytes: &[u8]) -> usize, |s: &Handle, bytes| s.post_to(bytes, None);
    send_to_addr(bytes: &[u8], to: &unix::SocketAddr) -> usize, |s: &Handle, bytes, to: &unix::SocketAddr| {
        s.post_to(bytes, Some(&to.address()))
    };
    connect_addr(to: &unix::SocketAddr) -> (), |s: &Handle, to: &unix::SocketAddr| s.connect_post(&to.address());
}

impl Choice<unix::UnixDatagram> {
    #[track_caller]
    pub(in crate::api::net) fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_addr(&unix::SocketAddr::from_pathname(path)?)
    }

    #[track_caller]
    pub(in crate::api::net) fn bind_addr(address: &unix::SocketAddr) -> io::Result<Self> {
        if directed::is_on() {
            return Self::simulated(Handle::bound(Space::Unix, &address.address()));
        }
        unix::UnixDatagram::bind_addr(address).map(Real)
    }

    pub(in crate::api::net) fn unbound() -> io::Result<Self> {
        if directed::is_on() {
            return Ok(Simulated(Handle::post(Space::Unix)));
        }
        unix::UnixDatagram::unbound().map(Real)
    }

    pub(in crate::api::net) fn pair() -> io::Result<(Self, Self)> {
        if directed::is_on() {
            let (near, far) = Handle::pair(Network::pair_of_posts);
            return Ok((Simulated(near), Simulated(far)));
        }
        unix::UnixDatagram::pair().map(Self::pair_of)
    }

    pub(in crate::api::net) fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.connect_addr(&unix::SocketAddr::from_pathname(path)?)
    }

    pub(in crate::api::net) fn send_to(&self, bytes: &[u8], path: &Path) -> io::Result<usize> {
        self.send_to_addr(bytes, &unix::SocketAddr::from_pathname(path)?)
    }
}
