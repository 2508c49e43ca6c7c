//! Datagrams of a simulated network.

use std::io;
use std::net::Shutdown;
use std::os::fd::RawFd;

use super::address::{Address, Space};
use super::network::{Kind, Network, Post, os};
use super::stream::Take;
use crate::api::net::wire::{Datagram, Mailbox};
use crate::sched::pd::Way;

/// The longest datagram of UDP.
const LONGEST: usize = 65_507;

impl Network {
    pub(super) fn post(&mut self, space: Space) -> usize {
        let mailbox = Mailbox::default();
        self.add(space, Kind::Post(Post { mailbox, other: None, receives: true, sends: true }))
    }

    pub(super) fn pair_of_posts(&mut self) -> (RawFd, RawFd) {
        let (near, far) = (self.post(Space::Unix), self.post(Space::Unix));
        for (id, other) in [(near, far), (far, near)] {
            self.socket(id).peer = Some(Address::Unnamed);
            self.of_post(id).other = Some(other);
        }
        (self.open(near), self.open(far))
    }

    /// Sets where a socket sends to; it then receives from there only.
    pub(super) fn connect_post(&mut self, number: RawFd, address: &Address) -> io::Result<()> {
        let (id, space) = (self.id(number), self.of(number).space);
        let address = address.reached();
        if space == Space::Unix {
            self.of_post(id).other = Some(self.find(space, &address)?);
        }
        self.socket(id).peer = Some(address);
        Ok(())
    }

    /// Sends a datagram to an address, or to where the socket is connected to.
    pub(super) fn post_to(
        &mut self,
        number: RawFd,
        bytes: &[u8],
        to: Option<&Address>,
    ) -> io::Result<usize> {
        let id = self.id(number);
        self.failure(id)?;
        if !self.of_post(id).sends {
            return Err(os(libc::EPIPE));
        }
        let space = self.socket(id).space;
        if space == Space::Udp && bytes.len() > LONGEST {
            return Err(os(libc::EMSGSIZE));
        }
        match self.receiver(id, to)? {
            Some(far) => self.bring(id, far, bytes)?,
            None if to.is_none() => self.socket(id).error = Some(libc::ECONNREFUSED),
            None => {}
        }
        Ok(bytes.len())
    }

    /// Who gets a datagram. A UDP socket learns later that nobody does.
    fn receiver(&mut self, id: usize, to: Option<&Address>) -> io::Result<Option<usize>> {
        let socket = self.socket(id);
        let space = socket.space;
        let to = to.map(Address::reached).or_else(|| socket.peer.clone());
        let to = to.ok_or_else(|| os(libc::EDESTADDRREQ))?;
        if to == Address::Unnamed {
            return self.of_post(id).other.map(Some).ok_or_else(|| os(libc::ECONNREFUSED));
        }
        let found = self.find(space, &to).and_then(|far| match &self.socket(far).kind {
            Kind::Post(_) => Ok(far),
            Kind::Fresh(_) | Kind::Listener(_) | Kind::Closed | Kind::Stream(_) => {
                Err(os(libc::EPROTOTYPE))
            }
        });
        if space == Space::Udp { Ok(found.ok()) } else { found.map(Some) }
    }

    fn bring(&mut self, id: usize, far: usize, bytes: &[u8]) -> io::Result<()> {
        let is_inet = self.socket(id).space == Space::Udp;
        let (from, to) = (self.socket(id).local.reached(), self.socket(far).local.reached());
        if self.socket(far).peer.as_ref().is_some_and(|peer| *peer != from) {
            return if is_inet { Ok(()) } else { Err(os(libc::EPERM)) };
        }
        if self.is_lost(&from, &to) {
            return Ok(());
        }
        let arrives_ns = self.arrival(&from, &to);
        let datagram = Datagram { from, bytes: bytes.to_owned(), arrives_ns };
        if self.of_post(far).mailbox.put(datagram) {
            self.tell(far, Way::Input);
        } else if !is_inet {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    }

    /// Receives a datagram: how much of it there is room for, and where it is from.
    pub(super) fn receive_post(
        &mut self,
        number: RawFd,
        room: &mut [u8],
        take: Take,
    ) -> io::Result<(usize, Address)> {
        let (id, now_ns) = (self.id(number), self.now_ns);
        let post = self.of_post(id);
        let Some(first) = post.mailbox.first(now_ns) else {
            self.failure(id)?;
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let n = first.bytes.len().min(room.len());
        room[..n].copy_from_slice(&first.bytes[..n]);
        let from = first.from.clone();
        if take == Take::Yes {
            drop(post.mailbox.take(now_ns));
            for sender in self.senders(id) {
                self.tell(sender, Way::Output);
            }
        }
        Ok((n, from))
    }

    pub(super) fn shutdown_post(&mut self, number: RawFd, how: Shutdown) -> io::Result<()> {
        let id = self.id(number);
        if self.socket(id).peer.is_none() {
            return Err(os(libc::ENOTCONN));
        }
        let post = self.of_post(id);
        post.receives &= how == Shutdown::Write;
        post.sends &= how == Shutdown::Read;
        self.tell(id, Way::Input);
        self.tell(id, Way::Output);
        Ok(())
    }

    /// Whether receiving was shut down.
    pub(super) fn is_over(&mut self, number: RawFd) -> bool {
        let id = self.id(number);
        !self.of_post(id).receives
    }

    /// A socket goes: who is connected to it sends to nobody.
    pub(super) fn forget_peer(&mut self, id: usize) {
        for sender in self.senders(id) {
            self.of_post(sender).other = None;
            self.tell(sender, Way::Output);
        }
    }

    fn of_post(&mut self, id: usize) -> &mut Post {
        match &mut self.socket(id).kind {
            Kind::Post(post) => post,
            Kind::Fresh(_) | Kind::Listener(_) | Kind::Closed | Kind::Stream(_) => {
                unreachable!("only a socket for datagrams is asked for one")
            }
        }
    }
}
