//! The kernel's queue of events, as plainly as it goes.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const ROOM: usize = 256;

pub struct Epoll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
}

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: passes a number.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: new, and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd, events: vec![libc::epoll_event { events: 0, u64: 0 }; ROOM] })
    }

    /// Has it say when there is input, or the peer has ended, under a number of the caller's.
    pub fn add(&self, fd: i32, number: usize) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: number as u64 };
        // SAFETY: `event` is one.
        let rc = unsafe {
            libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &raw mut event)
        };
        if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// The numbers of those that have something, after a tenth of a second at most.
    pub fn wait(&mut self) -> impl Iterator<Item = usize> + use<'_> {
        let (at, room) = (self.events.as_mut_ptr(), self.events.len() as i32);
        // SAFETY: the kernel writes so many events at most.
        let n = unsafe { libc::epoll_wait(self.fd.as_raw_fd(), at, room, 100) };
        self.events[..n.max(0) as usize].iter().map(|event| event.u64 as usize)
    }
}
