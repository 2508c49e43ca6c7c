//! What several kinds of sockets have alike.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::sched::blocking::blocking;

/// The addresses that something names. A name is looked up, which blocks.
pub(super) fn resolve(address: impl ToSocketAddrs) -> io::Result<Vec<SocketAddr>> {
    blocking(|| address.to_socket_addrs()).map(Iterator::collect)
}

/// What is said if a name has no address.
pub(super) fn nowhere() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "could not resolve to any addresses")
}

/// Tries each address that something names, and returns the first success or the last error. A macro, so that what it
/// tries sees the caller's place.
macro_rules! with_each {
    ($named:expr, |$address:ident| $tries:expr) => {{
        let mut last = Err($crate::api::net::common::nowhere());
        for $address in &$crate::api::net::common::resolve($named)? {
            last = $tries;
            if last.is_ok() {
                break;
            }
        }
        last
    }};
}
pub(super) use with_each;

/// Conversions, and what only passes a call on, for a socket that is one [`Descriptor`] of std's type.
macro_rules! socket {
    ($name:ident, $std:ty) => {
        impl $name {
            fn own(socket: $std) -> Self {
                Self::of($crate::api::net::kernel::of_std(socket))
            }

            fn of(socket: $crate::api::net::kernel::$name) -> Self {
                Self($crate::api::descriptor::Descriptor::from_blocking(socket))
            }

            /// Returns the address of this end.
            ///
            /// # Errors
            ///
            /// As in std.
            pub fn local_addr(&self) -> std::io::Result<Addr> {
                self.0.inner.local_addr()
            }

            /// Makes another handle of the same socket. The options of both are the same, also those that
            /// are set later.
            ///
            /// # Errors
            ///
            /// As in std.
            pub fn try_clone(&self) -> std::io::Result<Self> {
                self.0.try_clone($crate::api::net::kernel::$name::try_clone).map(Self)
            }

            /// Returns the error that the socket keeps, and clears it.
            ///
            /// # Errors
            ///
            /// As in std.
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                self.0.inner.take_error()
            }

            /// Has operations that would wait fail with
            /// [`ErrorKind::WouldBlock`](std::io::ErrorKind::WouldBlock) instead, or wait again.
            ///
            /// # Errors
            ///
            /// Never.
            pub fn set_nonblocking(&self, nonblocking: bool) -> std::io::Result<()> {
                self.0.set_nonblocking(nonblocking);
                Ok(())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0.inner, f)
            }
        }

        /// Has its calls not block any more.
        impl From<$std> for $name {
            fn from(socket: $std) -> Self {
                Self::own(socket)
            }
        }

        /// Has its calls block again, unless they must not wait ([`set_nonblocking`]($name::set_nonblocking)).
        impl From<$name> for $std {
            #[track_caller]
            fn from(socket: $name) -> Self {
                $crate::api::net::kernel::into_std(socket.0.into_blocking())
            }
        }

        impl From<std::os::fd::OwnedFd> for $name {
            fn from(fd: std::os::fd::OwnedFd) -> Self {
                Self::own(fd.into())
            }
        }

        impl From<$name> for std::os::fd::OwnedFd {
            #[track_caller]
            fn from(socket: $name) -> Self {
                <$std>::from(socket).into()
            }
        }

        impl std::os::fd::AsFd for $name {
            #[track_caller]
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.0.inner.as_fd()
            }
        }

        impl std::os::fd::AsRawFd for $name {
            #[track_caller]
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.0.inner.as_raw_fd()
            }
        }

        impl std::os::fd::IntoRawFd for $name {
            #[track_caller]
            fn into_raw_fd(self) -> std::os::fd::RawFd {
                <$std>::from(self).into_raw_fd()
            }
        }

        impl std::os::fd::FromRawFd for $name {
            unsafe fn from_raw_fd(fd: std::os::fd::RawFd) -> Self {
                // SAFETY: as the caller says.
                Self::own(unsafe { <$std as std::os::fd::FromRawFd>::from_raw_fd(fd) })
            }
        }
    };
}
pub(super) use socket;

/// Time-outs, for a socket that is one [`Descriptor`].
macro_rules! timeouts {
    ($name:ident) => {
        impl $name {
            /// Bounds how long an operation waits for input; `None` is for ever.
            ///
            /// # Errors
            ///
            /// If the time-out is zero.
            pub fn set_read_timeout(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> std::io::Result<()> {
                self.0.set_timeout($crate::sched::pd::Way::Input, timeout)
            }

            /// Bounds how long an operation waits until it can write; `None` is for ever.
            ///
            /// # Errors
            ///
            /// If the time-out is zero.
            pub fn set_write_timeout(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> std::io::Result<()> {
                self.0.set_timeout($crate::sched::pd::Way::Output, timeout)
            }

            /// Bounds when reading ends, however many operations it takes (Go's `SetReadDeadline`); `None` takes the
            /// deadline away. An operation that begins after the deadline fails, also if there is something to
            /// read; one that waits then fails unless something has come. One that waits already keeps the
            /// deadline that it began with. Does not wait.
            ///
            /// The error is [`TimedOut`](std::io::ErrorKind::TimedOut), so that it is told from the time-out of one
            /// operation.
            pub fn set_read_deadline(&self, deadline: Option<std::time::Instant>) {
                self.0.set_deadline($crate::sched::pd::Way::Input, deadline);
            }

            /// Bounds when writing ends, as [`set_read_deadline`](Self::set_read_deadline) does for reading (Go's
            /// `SetWriteDeadline`). Does not wait.
            pub fn set_write_deadline(&self, deadline: Option<std::time::Instant>) {
                self.0.set_deadline($crate::sched::pd::Way::Output, deadline);
            }

            /// Returns what [`set_read_timeout`](Self::set_read_timeout) has set.
            ///
            /// # Errors
            ///
            /// Never.
            pub fn read_timeout(&self) -> std::io::Result<Option<std::time::Duration>> {
                Ok(self.0.timeout($crate::sched::pd::Way::Input))
            }

            /// Returns what [`set_write_timeout`](Self::set_write_timeout) has set.
            ///
            /// # Errors
            ///
            /// Never.
            pub fn write_timeout(&self) -> std::io::Result<Option<std::time::Duration>> {
                Ok(self.0.timeout($crate::sched::pd::Way::Output))
            }
        }
    };
}
pub(super) use timeouts;

/// Reading and writing, for a socket that is one [`Descriptor`] of a stream. `rest` tells what is left after so
/// many bytes were moved of so many.
macro_rules! stream {
    ($name:ident, $rest:expr) => {
        impl $name {
            /// Ends reading, writing, or both, as in std. Whoever waits for that is told: a read returns 0
            /// bytes, a write fails.
            ///
            /// # Errors
            ///
            /// As in std.
            #[track_caller]
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                self.0.inner.shutdown(how)
            }
        }

        /// May wait: a [switch point](crate#switch-points), even if there are bytes. On an ordinary thread
        /// it blocks the thread.
        impl std::io::Read for &$name {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.0.run($crate::sched::pd::Way::Input, |mut socket| {
                    let n = socket.read(buf)?;
                    Ok((n, $rest(n, buf.len())))
                })
            }

            #[track_caller]
            fn read_vectored(
                &mut self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                self.0.run($crate::sched::pd::Way::Input, |mut socket| {
                    let n = socket.read_vectored(bufs)?;
                    Ok((n, $crate::api::descriptor::Rest::Unknown)) // the kernel fills 1,024 at most
                })
            }
        }

        /// May wait: a [switch point](crate#switch-points), even if there is room. On an ordinary thread it
        /// blocks the thread.
        impl std::io::Write for &$name {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                if buf.is_empty() {
                    return (&self.0.inner).write(buf);
                }
                self.0.run($crate::sched::pd::Way::Output, |mut socket| {
                    let n = socket.write(buf)?;
                    Ok((n, $rest(n, buf.len())))
                })
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
                if bufs.iter().all(|buf| buf.is_empty()) {
                    return (&self.0.inner).write_vectored(bufs);
                }
                self.0.run($crate::sched::pd::Way::Output, |mut socket| {
                    let n = socket.write_vectored(bufs)?;
                    Ok((n, $crate::api::descriptor::Rest::Unknown))
                })
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        /// As for `&`.
        impl std::io::Read for $name {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                (&*self).read(buf)
            }

            #[track_caller]
            fn read_vectored(
                &mut self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                (&*self).read_vectored(bufs)
            }
        }

        /// As for `&`.
        impl std::io::Write for $name {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                (&*self).write(buf)
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
                (&*self).write_vectored(bufs)
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
    };
}
pub(super) use stream;

/// Methods that only pass a call on to std's type.
macro_rules! pass_on {
    ($name:ident: $($(#[$doc:meta])* fn $method:ident(&self $(, $arg:ident: $t:ty)*) -> $result:ty;)*) => {
        impl $name {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// As in std.
                #[track_caller]
                pub fn $method(&self $(, $arg: $t)*) -> std::io::Result<$result> {
                    self.0.inner.$method($($arg),*)
                }
            )*
        }
    };
}
pub(super) use pass_on;

/// The iterator over the connections that come to a listener.
macro_rules! incoming {
    ($incoming:ident, $listener:ident, $stream:ident) => {
        impl $listener {
            /// Returns an iterator over the connections that come. It ends once the listener was
            /// [closed](Self::close), and until then never, as std's.
            pub fn incoming(&self) -> $incoming<'_> {
                $incoming { listener: self }
            }

            /// Closes the listener, and all that were cloned from it. Nobody connects any more, and whoever
            /// waits for a connection is told. std has no such call. A path in the file system stays.
            #[track_caller]
            pub fn close(&self) {
                self.0.close();
            }
        }

        #[doc = concat!("The connections that come to a [`", stringify!($listener), "`].")]
        #[derive(Debug)]
        pub struct $incoming<'a> {
            listener: &'a $listener,
        }

        impl Iterator for $incoming<'_> {
            type Item = std::io::Result<$stream>;

            #[track_caller]
            fn next(&mut self) -> Option<Self::Item> {
                let accepted = self.listener.accept();
                match accepted {
                    Err(_) if self.listener.0.is_closed() => None,
                    accepted => Some(accepted.map(|(stream, _)| stream)),
                }
            }
        }

        impl std::iter::FusedIterator for $incoming<'_> {}
    };
}
pub(super) use incoming;
