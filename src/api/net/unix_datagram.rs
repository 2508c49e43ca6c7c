//! Unix sockets that are datagrams.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;
use std::time::Duration;

use super::common::{pass_on, socket, timeouts};
use super::kernel;
use crate::api::descriptor::{Descriptor, Rest};
use crate::api::time::{now, sleep};
use crate::sched::pd::Way;

/// How long one that sends to a full socket pauses before it tries again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// The address of a socket.
type Addr = SocketAddr;

/// Datagrams within this machine, as [`std::os::unix::net::UnixDatagram`].
///
/// What a datagram has more than the buffer has room for is lost, as in std.
pub struct UnixDatagram(Descriptor<kernel::UnixDatagram>);

socket!(UnixDatagram, net::UnixDatagram);
timeouts!(UnixDatagram);

pass_on! { UnixDatagram:
    /// Returns the address that it is connected to.
    fn peer_addr(&self) -> SocketAddr;
    /// Ends receiving, sending, or both. Whoever waits for that is told: a receive returns 0 bytes, a send
    /// fails.
    fn shutdown(&self, how: Shutdown) -> ();
    /// Sets where [`send`](Self::send) sends to.
    fn connect_addr(&self, address: &SocketAddr) -> ();
}

impl UnixDatagram {
    /// Makes a socket at a path.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        kernel::UnixDatagram::bind(path).map(Self::of)
    }

    /// Like [`bind`](Self::bind), at an address.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn bind_addr(address: &SocketAddr) -> io::Result<Self> {
        kernel::UnixDatagram::bind_addr(address).map(Self::of)
    }

    /// Makes a socket that has no address.
    ///
    /// # Errors
    ///
    /// As in std.
    pub fn unbound() -> io::Result<Self> {
        kernel::UnixDatagram::unbound().map(Self::of)
    }

    /// Makes two sockets that are connected to each other.
    ///
    /// # Errors
    ///
    /// As in std.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = kernel::UnixDatagram::pair()?;
        Ok((Self::of(a), Self::of(b)))
    }

    /// Sets where [`send`](Self::send) sends to.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.0.inner.connect(path)
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
        match self.input(|socket| socket.recv_from(buf))? {
            Some(received) => Ok(received),
            None => Ok((0, SocketAddr::from_pathname("")?)),
        }
    }

    /// Receives a datagram; returns its length.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is one. On an ordinary thread it blocks
    /// the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.input(|socket| socket.recv(buf))?.unwrap_or(0))
    }

    /// Sends a datagram to the socket at a path; returns its length.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is room. On an ordinary thread it blocks
    /// the thread.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        let path = path.as_ref();
        self.output_to(|socket| socket.send_to(buf, path))
    }

    /// Like [`send_to`](Self::send_to), to an address.
    ///
    /// # Errors
    ///
    /// As in std.
    #[track_caller]
    pub fn send_to_addr(&self, buf: &[u8], address: &SocketAddr) -> io::Result<usize> {
        self.output_to(|socket| socket.send_to_addr(buf, address))
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

    /// Receives by `f`; `None` if receiving was shut down. The kernel says that only to one whose calls block.
    #[track_caller]
    fn input<R>(
        &self,
        mut f: impl FnMut(&kernel::UnixDatagram) -> io::Result<R>,
    ) -> io::Result<Option<R>> {
        self.0.run(Way::Input, |socket| match f(socket) {
            Err(error) if self.is_over(&error)? => Ok((None, Rest::Unknown)),
            received => Ok((Some(received?), Rest::Unknown)),
        })
    }

    /// Whether a wait after such an error would never end.
    fn is_over(&self, error: &io::Error) -> io::Result<bool> {
        let would_wait = error.kind() == ErrorKind::WouldBlock && self.0.waits();
        Ok(would_wait && kernel::is_over(&self.0.inner)?)
    }

    #[track_caller]
    fn output<R>(
        &self,
        mut f: impl FnMut(&kernel::UnixDatagram) -> io::Result<R>,
    ) -> io::Result<R> {
        self.0.run(Way::Output, |socket| Ok((f(socket)?, Rest::Unknown)))
    }

    /// Sends to another than the one that it is connected to. The kernel does not say when that one has room
    /// again, so this looks now and then.
    #[track_caller]
    fn output_to(
        &self,
        f: impl Fn(&kernel::UnixDatagram) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let start = now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.0.deadline(Way::Output)?;
            let sent = self.0.run_now(Way::Output, &f);
            let is_refused = matches!(&sent, Err(error) if error.kind() == ErrorKind::WouldBlock);
            let is_late = self.0.timeout(Way::Output).is_some_and(|most| now() - start >= most);
            if !is_refused || is_late || !self.0.waits() {
                return sent;
            }
            sleep(pause);
            pause = LONGEST_PAUSE.min(2 * pause);
        }
    }
}
