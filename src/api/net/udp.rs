//! UDP.

use std::io;
use std::net::{self, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use super::common::{pass_on, resolve, socket, timeouts, with_each};
use super::kernel;
use crate::api::descriptor::{Descriptor, Rest};
use crate::sched::pd::Way;

/// The address of a socket.
type Addr = SocketAddr;

/// A UDP socket, as [`std::net::UdpSocket`].
///
/// What a datagram has more than the buffer has room for is lost, as in std.
pub struct UdpSocket(Descriptor<kernel::UdpSocket>);

socket!(UdpSocket, net::UdpSocket);
timeouts!(UdpSocket);

pass_on! { UdpSocket:
    /// Returns the address that it is connected to.
    fn peer_addr(&self) -> SocketAddr;
    /// Allows to send to broadcast addresses.
    fn set_broadcast(&self, broadcast: bool) -> ();
    /// Returns what [`set_broadcast`](Self::set_broadcast) has set.
    fn broadcast(&self) -> bool;
    /// Has multicast packets come back to this machine.
    fn set_multicast_loop_v4(&self, multicast_loop_v4: bool) -> ();
    /// Returns what [`set_multicast_loop_v4`](Self::set_multicast_loop_v4) has set.
    fn multicast_loop_v4(&self) -> bool;
    /// Sets how many routers a multicast packet may pass.
    fn set_multicast_ttl_v4(&self, multicast_ttl_v4: u32) -> ();
    /// Returns what [`set_multicast_ttl_v4`](Self::set_multicast_ttl_v4) has set.
    fn multicast_ttl_v4(&self) -> u32;
    /// Has multicast packets come back to this machine.
    fn set_multicast_loop_v6(&self, multicast_loop_v6: bool) -> ();
    /// Returns what [`set_multicast_loop_v6`](Self::set_multicast_loop_v6) has set.
    fn multicast_loop_v6(&self) -> bool;
    /// Sets how many routers a packet may pass.
    fn set_ttl(&self, ttl: u32) -> ();
    /// Returns what [`set_ttl`](Self::set_ttl) has set.
    fn ttl(&self) -> u32;
    /// Joins a multicast group.
    fn join_multicast_v4(&self, multiaddr: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Joins a multicast group.
    fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> ();
    /// Leaves a multicast group.
    fn leave_multicast_v4(&self, multiaddr: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Leaves a multicast group.
    fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> ();
}

impl UdpSocket {
    /// Makes a socket at an address, or at the first that is free of those that a name has.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        with_each!(address, |address| kernel::UdpSocket::bind(address)).map(Self::of)
    }

    /// Sets where [`send`](Self::send) sends to, and receives from there only.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn connect(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        with_each!(address, |address| self.0.inner.connect(address))
    }

    /// Receives a datagram; returns its length, and where it is from.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is one. On an ordinary thread it blocks
    /// the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.input(|socket| socket.recv_from(buf))
    }

    /// Like [`recv_from`](Self::recv_from), and leaves the datagram for the next call.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.input(|socket| socket.peek_from(buf))
    }

    /// Receives a datagram from where the socket is connected to; returns its length.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is one. On an ordinary thread it blocks
    /// the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.input(|socket| socket.recv(buf))
    }

    /// Like [`recv`](Self::recv), and leaves the datagram for the next call.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.input(|socket| socket.peek(buf))
    }

    /// Sends a datagram to the first of the addresses that a name has; returns its length.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is room. On an ordinary thread it blocks
    /// the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn send_to(&self, buf: &[u8], address: impl ToSocketAddrs) -> io::Result<usize> {
        let Some(address) = resolve(address)?.into_iter().next() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "no addresses to send data to",
            ));
        };
        self.output(|socket| socket.send_to(buf, address))
    }

    /// Sends a datagram to where the socket is connected to; returns its length.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is room. On an ordinary thread it blocks
    /// the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.output(|socket| socket.send(buf))
    }

    #[track_caller]
    fn input<R>(&self, mut f: impl FnMut(&kernel::UdpSocket) -> io::Result<R>) -> io::Result<R> {
        self.0.run(Way::Input, |socket| Ok((f(socket)?, Rest::Unknown)))
    }

    #[track_caller]
    fn output<R>(&self, mut f: impl FnMut(&kernel::UdpSocket) -> io::Result<R>) -> io::Result<R> {
        self.0.run(Way::Output, |socket| Ok((f(socket)?, Rest::Unknown)))
    }
}
