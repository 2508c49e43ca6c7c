//! What a descriptor owns: something of the kernel's, or of the network that a check simulates.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use crate::machine::socket;
use crate::proto::note::Sleep;
use crate::proto::timers::NEVER;
use crate::sched::pd::Way;
use crate::sched::polled;
use crate::sched::step::refuse_descriptors;

/// Something whose operations may be refused for now, and who tells when it is worth trying again.
pub(in crate::api) trait Source {
    /// Its number, for who tells.
    fn number(&self) -> RawFd;

    /// An operation begins: a step of the goroutine, in a check of its program.
    fn begin(&self, way: Way);

    /// Has its operations be refused where they would block, or block.
    fn set_nonblocking(&self, is_on: bool) -> io::Result<()>;

    /// Ends a listener: whoever waits for a connection is told, and nobody connects any more.
    fn end(&self);

    /// When an operation that was refused is worth trying again though nobody tells; the end of time, if never.
    fn ripe_ns(&self, way: Way) -> u64;

    /// Waits with the thread until an operation is worth trying, until `deadline_ns`.
    fn block(&self, way: Way, deadline_ns: u64) -> io::Result<Sleep>;
}

/// What is the kernel's.
impl<T: AsFd> Source for T {
    fn number(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }

    #[inline]
    #[track_caller]
    fn begin(&self, _: Way) {
        refuse_descriptors();
    }

    fn set_nonblocking(&self, is_on: bool) -> io::Result<()> {
        socket::set_nonblocking(self.as_fd(), is_on)
    }

    fn end(&self) {
        socket::end(self.as_fd());
    }

    #[inline]
    fn ripe_ns(&self, _: Way) -> u64 {
        NEVER
    }

    fn block(&self, way: Way, deadline_ns: u64) -> io::Result<Sleep> {
        polled::block(self.number(), way, deadline_ns)
    }
}
