//! Connections of a simulated network.

use std::io;
use std::net::Shutdown;
use std::os::fd::RawFd;

use super::address::{Address, Space};
use super::mishap::{is_reset, part};
use super::network::{Kind, Network, Stream, os};
use crate::api::net::wire::{Found, Pipe};
use crate::sched::pd::Way;

/// Whether bytes are taken, or left for the next read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    Yes,
    No,
}

impl Stream {
    fn to(other: usize, connected_ns: u64) -> Self {
        Self {
            incoming: Pipe::default(),
            other: Some(other),
            connected_ns,
            receives: true,
            sends: true,
            has_sent_in_vain: false,
        }
    }
}

fn refused() -> io::Error {
    io::ErrorKind::WouldBlock.into()
}

impl Network {
    /// Connects a socket to a listener, which accepts the connection later.
    fn connect(&mut self, number: RawFd, address: &Address) -> io::Result<()> {
        let (near, space) = (self.id(number), self.of(number).space);
        let address = address.reached();
        let listener = self.find(space, &address)?;
        let local = self.near(space, &address);
        let at_ns = self.arrival(&local, &address);
        let far = self.add(space, Kind::Stream(Stream::to(near, at_ns)));
        (self.socket(far).local, self.socket(far).peer) = (address.clone(), Some(local.clone()));
        let socket = self.socket(near);
        (socket.local, socket.peer) = (local, Some(address));
        socket.kind = Kind::Stream(Stream::to(far, at_ns));
        if let Kind::Listener(waiting) = &mut self.socket(listener).kind {
            waiting.push_back((far, at_ns));
        }
        self.tell(listener, Way::Input);
        Ok(())
    }

    /// Connects a socket, if that is not done; refused until the other end has answered.
    pub(super) fn connected(&mut self, number: RawFd) -> io::Result<()> {
        let now_ns = self.now_ns;
        if let Kind::Fresh(to) = &mut self.of(number).kind
            && let Some(to) = to.take()
        {
            self.connect(number, &to)?;
        }
        match self.stream(self.id(number)) {
            Some(stream) if stream.connected_ns > now_ns => Err(refused()),
            Some(_) => Ok(()),
            None => Err(os(libc::ENOTCONN)),
        }
    }

    pub(super) fn pair(&mut self) -> (RawFd, RawFd) {
        let near = self.add(Space::Unix, Kind::Fresh(None));
        let far = self.add(Space::Unix, Kind::Stream(Stream::to(near, self.now_ns)));
        self.socket(near).kind = Kind::Stream(Stream::to(far, self.now_ns));
        for id in [near, far] {
            self.socket(id).peer = Some(Address::Unnamed);
        }
        (self.open(near), self.open(far))
    }

    /// Accepts the connection that has come first.
    pub(super) fn accept(&mut self, number: RawFd) -> io::Result<RawFd> {
        let now_ns = self.now_ns;
        let Kind::Listener(waiting) = &mut self.of(number).kind else {
            return Err(os(libc::EINVAL));
        };
        let place = waiting.iter().position(|(_, at_ns)| *at_ns <= now_ns).ok_or_else(refused)?;
        let (far, _) = waiting.remove(place).ok_or_else(refused)?;
        Ok(self.open(far))
    }

    pub(super) fn receive(
        &mut self,
        number: RawFd,
        room: &mut [u8],
        take: Take,
    ) -> io::Result<usize> {
        let (id, now_ns) = (self.id(number), self.now_ns);
        if room.is_empty() {
            return Ok(0);
        }
        self.may_break(id)?;
        let stream = self.stream(id).ok_or_else(|| os(libc::ENOTCONN))?;
        match stream.incoming.look(now_ns) {
            Found::Bytes(n) => {
                let n = part(n.min(room.len()));
                stream.incoming.copy(&mut room[..n], now_ns);
                if take == Take::Yes {
                    stream.incoming.consume(n);
                    let other = stream.other;
                    other.into_iter().for_each(|other| self.tell(other, Way::Output));
                }
                Ok(n)
            }
            found @ (Found::End | Found::Nothing) => {
                let is_over = found == Found::End || !stream.receives;
                self.failure(id)?;
                if is_over { Ok(0) } else { Err(refused()) }
            }
        }
    }

    pub(super) fn send(&mut self, number: RawFd, bytes: &[u8]) -> io::Result<usize> {
        let id = self.id(number);
        self.failure(id)?;
        self.may_break(id)?;
        let is_inet = self.socket(id).space == Space::Tcp;
        let stream = self.stream(id).ok_or_else(|| os(libc::ENOTCONN))?;
        if !stream.sends {
            return Err(os(libc::EPIPE));
        }
        let Some(other) = stream.other else {
            // The first is on its way before the answer comes that nobody is there.
            let is_first = is_inet && !std::mem::replace(&mut stream.has_sent_in_vain, true);
            return if is_first { Ok(bytes.len()) } else { Err(os(libc::EPIPE)) };
        };
        let far = self.stream(other).ok_or_else(|| os(libc::EPIPE))?;
        if !far.receives && !is_inet {
            return Err(os(libc::EPIPE));
        }
        let most = bytes.len().min(far.incoming.room());
        if most == 0 {
            return Err(refused());
        }
        let n = part(most);
        let (from, to) = (self.socket(id).local.clone(), self.socket(other).local.clone());
        let at_ns = self.arrival(&from, &to);
        if let Some(far) = self.stream(other) {
            far.incoming.send(&bytes[..n], at_ns);
        }
        self.tell(other, Way::Input);
        Ok(n)
    }

    pub(super) fn shutdown(&mut self, number: RawFd, how: Shutdown) -> io::Result<()> {
        let (id, now_ns) = (self.id(number), self.now_ns);
        let stream = self.stream(id).ok_or_else(|| os(libc::ENOTCONN))?;
        let other = stream.other.ok_or_else(|| os(libc::ENOTCONN))?;
        stream.receives &= how == Shutdown::Write;
        if how != Shutdown::Read && std::mem::take(&mut stream.sends) {
            if let Some(far) = self.stream(other) {
                far.incoming.end(now_ns);
            }
            self.tell(other, Way::Input);
        }
        self.tell(other, Way::Output); // who writes to one that reads no more is refused
        self.tell(id, Way::Input);
        self.tell(id, Way::Output);
        Ok(())
    }

    /// The last handle of an end goes. If there was something to read, the other end is reset, as by the kernel.
    pub(super) fn hang_up(&mut self, id: usize) {
        let now_ns = self.now_ns;
        let Some(stream) = self.stream(id) else { return };
        if !stream.incoming.is_empty() {
            self.break_off(id);
        } else if let Some(other) = stream.other.take()
            && let Some(far) = self.stream(other)
        {
            far.other = None;
            far.incoming.end(now_ns);
            self.tell(other, Way::Input);
            self.tell(other, Way::Output);
        }
    }

    /// Breaks a connection. The other end learns it, after what has arrived there.
    pub(super) fn break_off(&mut self, id: usize) {
        let other = self.stream(id).and_then(|stream| stream.other);
        self.cut(id);
        if let Some(other) = other {
            self.cut(other);
            self.socket(other).error = Some(libc::ECONNRESET);
            self.tell(other, Way::Input);
            self.tell(other, Way::Output);
        }
    }

    fn cut(&mut self, id: usize) {
        let now_ns = self.now_ns;
        if let Some(stream) = self.stream(id) {
            (stream.other, stream.sends) = (None, false);
            stream.incoming.break_off(now_ns);
        }
    }

    /// The network may break a connection at each of its operations.
    fn may_break(&mut self, id: usize) -> io::Result<()> {
        if self.stream(id).is_none_or(|stream| stream.other.is_none()) || !is_reset() {
            return Ok(());
        }
        self.break_off(id);
        self.tell(id, Way::Input);
        self.tell(id, Way::Output);
        Err(os(libc::ECONNRESET))
    }

    /// The failure that a socket keeps.
    pub(super) fn failure(&mut self, id: usize) -> io::Result<()> {
        self.socket(id).error.take().map_or(Ok(()), |error| Err(os(error)))
    }

    fn stream(&mut self, id: usize) -> Option<&mut Stream> {
        match &mut self.socket(id).kind {
            Kind::Stream(stream) => Some(stream),
            Kind::Fresh(_) | Kind::Listener(_) | Kind::Closed | Kind::Post(_) => None,
        }
    }
}
