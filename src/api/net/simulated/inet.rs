//! TCP and UDP.

use std::io;
use std::net::{self, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::os::linux::net::TcpStreamExt as _;

use super::address::{Name, Space, check};
use super::choice::Choice::{self, Real, Simulated};
use super::choice::{Setting, alike, options};
use super::handle::Handle;
use super::stream::Take;
use crate::facade::directed;

alike! { net::TcpStream:
    local_addr() -> SocketAddr, Handle::local_addr;
    peer_addr() -> SocketAddr, Handle::peer_addr;
    shutdown(how: Shutdown) -> (), Handle::shutdown;
    peek(room: &mut [u8]) -> usize, |s: &Handle, room| s.receive(room, Take::No);
}
options! { net::TcpStream:
    set_nodelay, nodelay: bool = false;
    set_quickack, quickack: bool = true;
    set_ttl, ttl: u32 = 64;
}

alike! { net::TcpListener:
    local_addr() -> SocketAddr, Handle::local_addr;
}
options! { net::TcpListener:
    set_ttl, ttl: u32 = 64;
}

impl Choice<net::TcpListener> {
    #[track_caller]
    pub(in crate::api::net) fn bind(address: &SocketAddr) -> io::Result<Self> {
        if directed::is_on() {
            check("TcpListener::bind", address)?;
            return Self::simulated(Handle::listener(Space::Tcp, &address.address()));
        }
        net::TcpListener::bind(address).map(Real)
    }
}

alike! { net::UdpSocket:
    local_addr() -> SocketAddr, Handle::local_addr;
    peer_addr() -> SocketAddr, Handle::peer_addr;
    recv_from(room: &mut [u8]) -> (usize, SocketAddr), |s: &Handle, room| s.receive_post(room, Take::Yes);
    peek_from(room: &mut [u8]) -> (usize, SocketAddr), |s: &Handle, room| s.receive_post(room, Take::No);
    recv(room: &mut [u8]) -> usize, |s: &Handle, room| s.receive_post_of::<SocketAddr>(room, Take::Yes);
    peek(room: &mut [u8]) -> usize, |s: &Handle, room| s.receive_post_of::<SocketAddr>(room, Take::No);
    send(bytes: &[u8]) -> usize, |s: &Handle, bytes| s.post_to(bytes, None);
    join_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> (), |_, _, _| no_multicast();
    join_multicast_v6(group: &Ipv6Addr, interface: u32) -> (), |_, _, _| no_multicast();
    leave_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> (), |_, _, _| no_multicast();
    leave_multicast_v6(group: &Ipv6Addr, interface: u32) -> (), |_, _, _| no_multicast();
}
options! { net::UdpSocket:
    set_broadcast, broadcast: bool = false;
    set_multicast_loop_v4, multicast_loop_v4: bool = true;
    set_multicast_ttl_v4, multicast_ttl_v4: u32 = 1;
    set_multicast_loop_v6, multicast_loop_v6: bool = true;
    set_ttl, ttl: u32 = 64;
}

fn no_multicast() -> io::Result<()> {
    panic!("gosched::check: multicast groups are not simulated")
}

impl Choice<net::UdpSocket> {
    #[track_caller]
    pub(in crate::api::net) fn bind(address: &SocketAddr) -> io::Result<Self> {
        if directed::is_on() {
            check("UdpSocket::bind", address)?;
            return Self::simulated(Handle::bound(Space::Udp, &address.address()));
        }
        net::UdpSocket::bind(address).map(Real)
    }

    #[track_caller]
    pub(in crate::api::net) fn connect(&self, address: &SocketAddr) -> io::Result<()> {
        match self {
            Real(socket) => socket.connect(address),
            Simulated(socket) => {
                check("UdpSocket::connect", address)?;
                socket.connect_post(&address.address())
            }
        }
    }

    #[track_caller]
    pub(in crate::api::net) fn send_to(
        &self,
        bytes: &[u8],
        address: SocketAddr,
    ) -> io::Result<usize> {
        match self {
            Real(socket) => socket.send_to(bytes, address),
            Simulated(socket) => {
                check("UdpSocket::send_to", &address)?;
                socket.post_to(bytes, Some(&address.address()))
            }
        }
    }
}
