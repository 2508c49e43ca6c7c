//! A handle of a simulated socket: what std's descriptor is for the kernel's.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::RawFd;
use std::{fmt, ptr};

use super::address::{Address, Name, Space};
use super::network::{Kind, Network, network, os};
use super::stream::Take;
use crate::api::descriptor::Source;
use crate::facade::news::Call;
use crate::proto::note::Sleep;
use crate::sched::pd::Way;
use crate::sched::step::{step, step_of_drop};

const CONNECT: Call = Call::new("connect", "socket");
const BIND: Call = Call::new("bind", "socket");
const LISTEN: Call = Call::new("listen with", "listener");
const ACCEPT: Call = Call::new("accept from", "listener");
const READ: Call = Call::new("read from", "socket");
const WRITE: Call = Call::new("write to", "socket");
const RECEIVE: Call = Call::new("receive at", "socket");
const SEND: Call = Call::new("send from", "socket");
const SHUT_DOWN: Call = Call::new("shut down", "socket");
const END: Call = Call::new("close", "listener");
const CLOSE: Call = Call::new("close", "socket");

/// Dropping the last one of a socket closes it.
pub(in crate::api::net) struct Handle(RawFd);

impl Handle {
    pub(super) fn new(space: Space, kind: Kind) -> Self {
        Self(network(|network| {
            let id = network.add(space, kind);
            network.open(id)
        }))
    }

    pub(super) fn stream() -> Self {
        Self::new(Space::Tcp, Kind::Fresh(None))
    }

    pub(super) fn post(space: Space) -> Self {
        Self(network(|network| {
            let id = network.post(space);
            network.open(id)
        }))
    }

    pub(super) fn pair(make: impl FnOnce(&mut Network) -> (RawFd, RawFd)) -> (Self, Self) {
        let (near, far) = network(make);
        (Self(near), Self(far))
    }

    #[track_caller]
    pub(super) fn listener(space: Space, address: &Address) -> io::Result<Self> {
        let listener = Self::new(space, Kind::Listener(VecDeque::new()));
        step(LISTEN, listener.object());
        listener.name(address)?;
        Ok(listener)
    }

    #[track_caller]
    pub(super) fn bound(space: Space, address: &Address) -> io::Result<Self> {
        let socket = Self::post(space);
        step(BIND, socket.object());
        socket.name(address)?;
        Ok(socket)
    }

    fn name(&self, address: &Address) -> io::Result<()> {
        network(|network| network.bind(network.id(self.0), address))
    }

    /// What tells the socket from others, whatever the handle.
    fn object(&self) -> *const () {
        ptr::without_provenance(network(|network| network.id(self.0)))
    }

    #[track_caller]
    fn does(&self, call: Call) {
        step(call, self.object());
    }

    /// Says where to connect to. It is connected in [`connected`](Self::connected).
    pub(super) fn connect_to(&self, address: &Address) {
        let to = Some(address.clone());
        network(|network| network.of(self.0).kind = Kind::Fresh(to));
    }

    pub(super) fn connected(&self) -> io::Result<()> {
        network(|network| network.connected(self.0))
    }

    pub(super) fn accept<A: Name>(&self) -> io::Result<(Self, A)> {
        let stream = network(|network| network.accept(self.0)).map(Self)?;
        let address = stream.peer_addr()?;
        Ok((stream, address))
    }

    pub(super) fn receive(&self, room: &mut [u8], take: Take) -> io::Result<usize> {
        network(|network| network.receive(self.0, room, take))
    }

    pub(super) fn send_bytes(&self, bytes: &[u8]) -> io::Result<usize> {
        network(|network| network.send(self.0, bytes))
    }

    pub(super) fn connect_post(&self, address: &Address) -> io::Result<()> {
        network(|network| network.connect_post(self.0, address))
    }

    pub(super) fn receive_post<A: Name>(
        &self,
        room: &mut [u8],
        take: Take,
    ) -> io::Result<(usize, A)> {
        let (n, from) = network(|network| network.receive_post(self.0, room, take))?;
        A::of(&from).map(|from| (n, from))
    }

    pub(super) fn receive_post_of<A: Name>(
        &self,
        room: &mut [u8],
        take: Take,
    ) -> io::Result<usize> {
        self.receive_post::<A>(room, take).map(|(n, _)| n)
    }

    pub(super) fn post_to(&self, bytes: &[u8], to: Option<&Address>) -> io::Result<usize> {
        network(|network| network.post_to(self.0, bytes, to))
    }

    pub(super) fn is_over(&self) -> bool {
        network(|network| network.is_over(self.0))
    }

    #[track_caller]
    pub(super) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.does(SHUT_DOWN);
        network(|network| match network.of(self.0).kind {
            Kind::Post(_) => network.shutdown_post(self.0, how),
            Kind::Fresh(_) | Kind::Listener(_) | Kind::Closed | Kind::Stream(_) => {
                network.shutdown(self.0, how)
            }
        })
    }

    pub(super) fn local_addr<A: Name>(&self) -> io::Result<A> {
        A::of(&network(|network| network.of(self.0).local.clone()))
    }

    pub(super) fn peer_addr<A: Name>(&self) -> io::Result<A> {
        let peer = network(|network| network.of(self.0).peer.clone());
        A::of(&peer.ok_or_else(|| os(libc::ENOTCONN))?)
    }

    pub(super) fn try_clone(&self) -> Self {
        Self(network(|network| network.dup(self.0)))
    }

    pub(super) fn take_error(&self) -> Option<io::Error> {
        network(|network| network.of(self.0).error.take()).map(os)
    }

    /// Options do nothing, and are there to be read.
    pub(super) fn set_option(&self, name: &'static str, value: u32) {
        network(|network| network.of(self.0).options.insert(name, value));
    }

    pub(super) fn option(&self, name: &'static str) -> Option<u32> {
        network(|network| network.of(self.0).options.get(name).copied())
    }
}

impl Source for Handle {
    fn number(&self) -> RawFd {
        self.0
    }

    #[track_caller]
    fn begin(&self, way: Way) {
        self.does(network(|network| match (&network.of(self.0).kind, way) {
            (Kind::Fresh(_), _) => CONNECT,
            (Kind::Listener(_) | Kind::Closed, _) => ACCEPT,
            (Kind::Stream(_), Way::Input) => READ,
            (Kind::Stream(_), Way::Output) => WRITE,
            (Kind::Post(_), Way::Input) => RECEIVE,
            (Kind::Post(_), Way::Output) => SEND,
        }));
    }

    fn set_nonblocking(&self, _: bool) -> io::Result<()> {
        Ok(())
    }

    #[track_caller]
    fn end(&self) {
        self.does(END);
        network(|network| network.end(self.0));
    }

    fn ripe_ns(&self, way: Way) -> u64 {
        network(|network| network.ripe_ns(self.0, way))
    }

    fn block(&self, _: Way, _: u64) -> io::Result<Sleep> {
        Err(io::Error::new(
            ErrorKind::Unsupported,
            "gosched::check: a goroutine that panics, or an ordinary thread, waits for a simulated socket",
        ))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let id = |network: &mut Network| network.last_of(self.0);
        if let Some(id) = network(id) {
            step_of_drop(CLOSE, ptr::without_provenance::<()>(id));
        }
        network(|network| network.close(self.0));
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = |network: &mut Network| {
            let socket = network.of(self.0);
            (socket.local.clone(), socket.peer.clone())
        };
        let (local, peer) = network(ends);
        f.debug_struct("Simulated").field("addr", &local).field("peer", &peer).finish()
    }
}
