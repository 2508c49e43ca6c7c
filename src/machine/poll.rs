//! The kernel's queue of events (epoll), and sleeping until there are some.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// What the kernel may say of a descriptor, each time that it becomes true (edge-triggered).
const ALL: i32 = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLPRI | libc::EPOLLET;

/// An event: the mask is the kernel's, the word is what [`watch`] was given.
pub(crate) use libc::epoll_event as Event;

fn checked(rc: i32) -> io::Result<i32> {
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(rc) }
}

/// A descriptor that a call has just returned.
fn owned(rc: i32) -> io::Result<OwnedFd> {
    // SAFETY: new, and nobody else's.
    checked(rc).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A new queue, from which events can be taken.
pub(crate) fn queue() -> io::Result<OwnedFd> {
    // SAFETY: passes a number.
    let queue = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    try_take(queue.as_fd(), &mut [Event { events: 0, u64: 0 }])?;
    Ok(queue)
}

/// Has a queue say what becomes of `fd`.
pub(crate) fn watch(queue: BorrowedFd<'_>, fd: RawFd, word: u64) -> io::Result<()> {
    add(queue, fd, ALL, word)
}

fn add(queue: BorrowedFd<'_>, fd: RawFd, what: i32, word: u64) -> io::Result<()> {
    let mut event = Event { events: what.cast_unsigned(), u64: word };
    // SAFETY: `event` is one.
    let rc = unsafe { libc::epoll_ctl(queue.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &raw mut event) };
    checked(rc).map(drop)
}

/// Has a queue say no more of `fd`.
pub(crate) fn forget(queue: BorrowedFd<'_>, fd: RawFd) {
    let none = core::ptr::null_mut();
    // SAFETY: no event is needed to delete.
    unsafe { libc::epoll_ctl(queue.as_raw_fd(), libc::EPOLL_CTL_DEL, fd, none) };
}

/// Takes events out of a queue, as many as are there and have room. Does not wait.
pub(crate) fn take(queue: BorrowedFd<'_>, room: &mut [Event]) -> usize {
    try_take(queue, room).map_or(0, |n| usize::try_from(n).unwrap_or(0))
}

fn try_take(queue: BorrowedFd<'_>, room: &mut [Event]) -> io::Result<i32> {
    let most = i32::try_from(room.len()).unwrap_or(i32::MAX);
    // SAFETY: the kernel writes so many events at most.
    checked(unsafe { libc::epoll_wait(queue.as_raw_fd(), room.as_mut_ptr(), most, 0) })
}

/// Takes events as [`take`] does, and waits for some: for `at_most_ns` at most, or for no reason at all. Fails
/// where the kernel is older than 5.11.
pub(crate) fn wait(
    queue: BorrowedFd<'_>,
    room: &mut [Event],
    at_most_ns: Option<u64>,
) -> io::Result<usize> {
    let most = i32::try_from(room.len()).unwrap_or(i32::MAX);
    let limit = at_most_ns.map(timespec);
    let limit = limit.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let (queue, first) = (queue.as_raw_fd(), room.as_mut_ptr());
    let no_mask = core::ptr::null::<libc::sigset_t>();
    // SAFETY: the kernel writes so many events at most, and reads `limit`.
    let rc = unsafe {
        libc::syscall(libc::SYS_epoll_pwait2, queue, first, most, limit, no_mask, 0_usize)
    };
    match usize::try_from(rc) {
        Ok(count) => Ok(count),
        Err(_) => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            error => Err(error),
        },
    }
}

fn timespec(ns: u64) -> libc::timespec {
    libc::timespec {
        tv_sec: (ns / 1_000_000_000).cast_signed(),
        tv_nsec: (ns % 1_000_000_000).cast_signed(),
    }
}

/// Has a queue say that a bell rings, as long as it does: who takes that event takes it from nobody.
pub(crate) fn watch_bell(queue: BorrowedFd<'_>, bell: BorrowedFd<'_>, word: u64) -> io::Result<()> {
    add(queue, bell.as_raw_fd(), libc::EPOLLIN, word)
}

/// A new bell, which ends [`sleep`] once it was rung.
pub(crate) fn bell() -> io::Result<OwnedFd> {
    // SAFETY: passes numbers.
    let bell = owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
    sleep(&mut [input(bell.as_raw_fd())], Some(0))?; // nobody can sleep if this is refused
    Ok(bell)
}

/// Rings a bell. It rings until it is hushed.
pub(crate) fn ring(bell: BorrowedFd<'_>) {
    let once = 1_u64;
    // SAFETY: eight bytes are read. A bell that cannot count any further rings already.
    unsafe { libc::write(bell.as_raw_fd(), (&raw const once).cast(), size_of::<u64>()) };
}

/// Hushes a bell.
pub(crate) fn hush(bell: BorrowedFd<'_>) {
    let mut rings = 0_u64;
    // SAFETY: eight bytes are written, or none.
    unsafe { libc::read(bell.as_raw_fd(), (&raw mut rings).cast(), size_of::<u64>()) };
}

/// What to wait for with [`sleep`].
pub(crate) fn input(fd: RawFd) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}

/// The same for output.
pub(crate) fn output(fd: RawFd) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLOUT, revents: 0 }
}

/// Whether nothing more will come to `fd`: the peer has ended, or somebody has shut down receiving.
pub(crate) fn is_over(fd: RawFd) -> io::Result<bool> {
    let mut what = [libc::pollfd { fd, events: libc::POLLRDHUP, revents: 0 }];
    sleep(&mut what, Some(0))?;
    Ok(what[0].revents & libc::POLLRDHUP != 0)
}

/// Sleeps until one of `fds` is ready, for `at_most_ns` at most, or for no reason at all. Says whether the
/// time was up.
pub(crate) fn sleep(fds: &mut [libc::pollfd], at_most_ns: Option<u64>) -> io::Result<bool> {
    let limit = at_most_ns.map(timespec);
    let limit = limit.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let (first, count) = (fds.as_mut_ptr(), fds.len() as libc::nfds_t);
    // SAFETY: the kernel writes into `fds` and reads `limit`.
    match checked(unsafe { libc::ppoll(first, count, limit, core::ptr::null()) }) {
        Ok(ready) => Ok(ready == 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_ends_a_sleep_until_it_is_hushed() {
        let bell = bell().unwrap();
        let mut fds = [input(bell.as_raw_fd())];
        assert!(sleep(&mut fds, Some(1_000)).unwrap(), "nobody rang");
        ring(bell.as_fd());
        ring(bell.as_fd());
        assert!(!sleep(&mut fds, None).unwrap());
        hush(bell.as_fd());
        assert!(sleep(&mut fds, Some(0)).unwrap(), "it was hushed");
    }

    #[test]
    fn a_queue_says_once_what_happened() {
        let (queue, bell) = (queue().unwrap(), bell().unwrap());
        watch(queue.as_fd(), bell.as_raw_fd(), 7).unwrap();
        let mut room = [Event { events: 0, u64: 0 }; 4];
        let of = |event: Event| (event.u64, event.events & libc::EPOLLIN.cast_unsigned() != 0);
        assert_eq!(take(queue.as_fd(), &mut room), 1, "it has room");
        assert_eq!(of(room[0]), (7, false));
        ring(bell.as_fd());
        assert_eq!(take(queue.as_fd(), &mut room), 1);
        assert_eq!(of(room[0]), (7, true));
        assert_eq!(take(queue.as_fd(), &mut room), 0, "once is enough");
        forget(queue.as_fd(), bell.as_raw_fd());
        ring(bell.as_fd());
        assert_eq!(take(queue.as_fd(), &mut room), 0);
    }

    #[test]
    fn nobody_takes_a_bell_from_its_sleeper() {
        let (queue, bell) = (queue().unwrap(), bell().unwrap());
        watch_bell(queue.as_fd(), bell.as_fd(), 7).unwrap();
        let mut room = [Event { events: 0, u64: 0 }; 4];
        let mut wait = |at_most_ns| wait(queue.as_fd(), &mut room, Some(at_most_ns)).unwrap();
        assert_eq!(wait(1_000), 0, "nobody rang");
        ring(bell.as_fd());
        assert_eq!([wait(u64::MAX), wait(u64::MAX)], [1, 1]);
        hush(bell.as_fd());
        assert_eq!(wait(0), 0, "it was hushed");
    }
}
