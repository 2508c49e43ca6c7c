//! Waiting for any descriptor that the kernel can tell of: pipes, eventfds, signalfds, pidfds, inotify.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use super::descriptor::{Descriptor, Rest};
use crate::machine::socket;
use crate::sched::pd::Way;

/// A descriptor whose operations wait as goroutines wait, and hold no thread meanwhile.
///
/// It is what the types of [`net`](crate::net) are for sockets, for anything else: pipes, eventfds, signalfds,
/// pidfds, inotify. The kernel does not tell of files and directories; [`Async::new`] refuses them.
///
/// If the value inside implements [`Read`] or [`Write`] by reference, so does this. For everything else there
/// are [`read_with`](Self::read_with) and [`write_with`](Self::write_with).
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::io::Async;
/// use std::io::{Read, Write, pipe};
///
/// rt.run(|| {
///     let (reader, mut writer) = pipe()?;
///     let reader = Async::new(reader)?;
///     let other = gosched::go(move || {
///         let mut text = String::new();
///         (&reader).read_to_string(&mut text).map(|_| text)
///     });
///     writer.write_all(b"hello")?;
///     drop(writer);
///     assert_eq!(other.join().unwrap()?, "hello");
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
pub struct Async<T: AsFd>(Descriptor<T>);

impl<T: AsFd> Async<T> {
    /// Takes a descriptor, and sets `O_NONBLOCK` for it: for all descriptors that share its description, too.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) if the kernel cannot tell of it, as of a file, or tells another
    /// value of it already. The kernel's error if it refuses for another reason, such as a process that has no
    /// descriptors left, or if `O_NONBLOCK` cannot be set. A descriptor that is refused stays as it was.
    pub fn new(inner: T) -> io::Result<Self> {
        let descriptor = Descriptor::new(inner);
        descriptor.register().map_err(refusal)?;
        socket::set_nonblocking(descriptor.inner.as_fd(), true)?;
        Ok(Self(descriptor))
    }

    /// Like [`new`](Self::new), but if the kernel does not tell of it, operations hold a thread.
    pub(super) fn new_or_with_thread(inner: T) -> io::Result<Self> {
        socket::set_nonblocking(inner.as_fd(), true)?;
        Ok(Self(Descriptor::new(inner)))
    }

    /// Returns what is inside.
    pub fn get_ref(&self) -> &T {
        &self.0.inner
    }

    /// Returns what was inside. Its calls block again.
    pub fn into_inner(self) -> T {
        self.0.into_blocking()
    }

    /// Bounds how long an operation waits for input; `None` is for ever. An operation whose time is up fails
    /// with [`WouldBlock`](ErrorKind::WouldBlock).
    ///
    /// # Errors
    ///
    /// If the time-out is zero.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_timeout(Way::Input, timeout)
    }

    /// Bounds how long an operation waits until it can write; `None` is for ever.
    ///
    /// # Errors
    ///
    /// If the time-out is zero.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_timeout(Way::Output, timeout)
    }

    /// Bounds when waits for input end, however many operations there are; `None` takes the deadline away. An
    /// operation that begins after it fails with [`TimedOut`](ErrorKind::TimedOut), also if there is input.
    /// Does not wait.
    pub fn set_read_deadline(&self, deadline: Option<Instant>) {
        self.0.set_deadline(Way::Input, deadline);
    }

    /// Like [`set_read_deadline`](Self::set_read_deadline), for writing. Does not wait.
    pub fn set_write_deadline(&self, deadline: Option<Instant>) {
        self.0.set_deadline(Way::Output, deadline);
    }

    /// Calls `f` until it does not fail with [`WouldBlock`](ErrorKind::WouldBlock), and waits for input in
    /// between.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// Those of `f`.
    #[track_caller]
    pub fn read_with<R>(&self, mut f: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.0.run(Way::Input, |inner| Ok((f(inner)?, Rest::Unknown)))
    }

    /// Calls `f` until it does not fail with [`WouldBlock`](ErrorKind::WouldBlock), and waits in between until
    /// the descriptor can be written to.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// Those of `f`.
    #[track_caller]
    pub fn write_with<R>(&self, mut f: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.0.run(Way::Output, |inner| Ok((f(inner)?, Rest::Unknown)))
    }
}

/// The error of [`Async::new`], by the kernel's.
fn refusal(error: io::Error) -> io::Error {
    let message = match error.raw_os_error() {
        Some(libc::EPERM) => {
            "the kernel does not tell of such a descriptor, as it does not of files"
        }
        Some(libc::EEXIST) => {
            "another socket or Async waits for this descriptor already; use that one, or a clone"
        }
        _ => return error,
    };
    io::Error::new(ErrorKind::Unsupported, message)
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Async<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Async").field(&self.0.inner).finish()
    }
}

impl<T: AsFd> AsFd for Async<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.inner.as_fd()
    }
}

impl<T: AsFd> AsRawFd for Async<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.inner.as_fd().as_raw_fd()
    }
}

/// May wait: a [switch point](crate#switch-points).
impl<T: AsFd> Read for &Async<T>
where
    for<'a> &'a T: Read,
{
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read_with(|mut inner| inner.read(buf))
    }

    #[track_caller]
    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.read_with(|mut inner| inner.read_vectored(bufs))
    }
}

/// May wait: a [switch point](crate#switch-points).
impl<T: AsFd> Write for &Async<T>
where
    for<'a> &'a T: Write,
{
    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_with(|mut inner| inner.write(buf))
    }

    #[track_caller]
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_with(|mut inner| inner.write_vectored(bufs))
    }

    #[track_caller]
    fn flush(&mut self) -> io::Result<()> {
        self.write_with(|mut inner| inner.flush())
    }
}

/// As for `&`.
impl<T: AsFd> Read for Async<T>
where
    for<'a> &'a T: Read,
{
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }

    #[track_caller]
    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(bufs)
    }
}

/// As for `&`.
impl<T: AsFd> Write for Async<T>
where
    for<'a> &'a T: Write,
{
    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    #[track_caller]
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(bufs)
    }

    #[track_caller]
    fn flush(&mut self) -> io::Result<()> {
        (&*self).flush()
    }
}
