//! A socket of std's, or one of a check: what both have alike.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use super::handle::Handle;
use super::stream::Take;
use crate::api::descriptor::Source;
use crate::proto::note::Sleep;
use crate::sched::pd::Way;

pub(in crate::api::net) enum Choice<R> {
    Real(R),
    Simulated(Handle),
}

use Choice::{Real, Simulated};

#[track_caller]
pub(super) fn no_descriptor(call: &str) -> ! {
    panic!(
        "gosched::check: {call} needs a descriptor, and a socket of a check has none: it is simulated"
    )
}

impl<R> Choice<R> {
    pub(super) fn simulated(made: io::Result<Handle>) -> io::Result<Self> {
        made.map(Self::Simulated)
    }

    pub(super) fn pair_of((near, far): (R, R)) -> (Self, Self) {
        (Real(near), Real(far))
    }
}

impl<R: AsFd> Choice<R> {
    #[track_caller]
    pub(in crate::api::net) fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Real(socket) => socket.as_fd(),
            Simulated(_) => no_descriptor("as_fd"),
        }
    }

    #[track_caller]
    pub(in crate::api::net) fn as_raw_fd(&self) -> RawFd {
        match self {
            Real(socket) => socket.as_fd().as_raw_fd(),
            Simulated(_) => no_descriptor("as_raw_fd"),
        }
    }
}

impl<R: AsFd> Source for Choice<R> {
    fn number(&self) -> RawFd {
        match self {
            Real(socket) => socket.number(),
            Simulated(socket) => socket.number(),
        }
    }

    #[track_caller]
    fn begin(&self, way: Way) {
        match self {
            Real(socket) => socket.begin(way),
            Simulated(socket) => socket.begin(way),
        }
    }

    fn set_nonblocking(&self, is_on: bool) -> io::Result<()> {
        match self {
            Real(socket) => socket.set_nonblocking(is_on),
            Simulated(socket) => socket.set_nonblocking(is_on),
        }
    }

    #[track_caller]
    fn end(&self) {
        match self {
            Real(socket) => socket.end(),
            Simulated(socket) => socket.end(),
        }
    }

    fn ripe_ns(&self, way: Way) -> u64 {
        match self {
            Real(socket) => socket.ripe_ns(way),
            Simulated(socket) => socket.ripe_ns(way),
        }
    }

    fn block(&self, way: Way, deadline_ns: u64) -> io::Result<Sleep> {
        match self {
            Real(socket) => socket.block(way, deadline_ns),
            Simulated(socket) => socket.block(way, deadline_ns),
        }
    }
}

impl<R: fmt::Debug> fmt::Debug for Choice<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Real(socket) => socket.fmt(f),
            Simulated(socket) => socket.fmt(f),
        }
    }
}

/// Reading and writing. Of several buffers a simulated stream uses the first that is not empty.
impl<R> Read for &Choice<R>
where
    for<'a> &'a R: Read,
{
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Real(stream) => (&*stream).read(room),
            Simulated(stream) => stream.receive(room, Take::Yes),
        }
    }

    fn read_vectored(&mut self, rooms: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        match self {
            Real(stream) => (&*stream).read_vectored(rooms),
            Simulated(stream) => match rooms.iter_mut().find(|room| !room.is_empty()) {
                Some(room) => stream.receive(room, Take::Yes),
                None => Ok(0),
            },
        }
    }
}

impl<R> Write for &Choice<R>
where
    for<'a> &'a R: Write,
{
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Real(stream) => (&*stream).write(bytes),
            Simulated(_) if bytes.is_empty() => Ok(0),
            Simulated(stream) => stream.send_bytes(bytes),
        }
    }

    fn write_vectored(&mut self, all: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Real(stream) => (&*stream).write_vectored(all),
            Simulated(_) => match all.iter().find(|bytes| !bytes.is_empty()) {
                Some(bytes) => self.write(bytes),
                None => Ok(0),
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Methods of std's types that a simulated socket has by the same names.
macro_rules! alike {
    ($std:ty: $($method:ident($($arg:ident: $t:ty),*) -> $result:ty, $simulated:expr;)*) => {
        impl Choice<$std> {
            $(
                #[track_caller]
                pub(in crate::api::net) fn $method(&self $(, $arg: $t)*) -> io::Result<$result> {
                    match self {
                        Real(socket) => socket.$method($($arg),*),
                        Simulated(socket) => ($simulated)(socket $(, $arg)*),
                    }
                }
            )*

            pub(in crate::api::net) fn try_clone(&self) -> io::Result<Self> {
                match self {
                    Real(socket) => socket.try_clone().map(Real),
                    Simulated(socket) => Ok(Simulated(socket.try_clone())),
                }
            }

            pub(in crate::api::net) fn take_error(&self) -> io::Result<Option<io::Error>> {
                match self {
                    Real(socket) => socket.take_error(),
                    Simulated(socket) => Ok(socket.take_error()),
                }
            }
        }
    };
}
pub(super) use alike;

/// Options, each with its default.
macro_rules! options {
    ($std:ty: $($set:ident, $get:ident: $t:ty = $default:expr;)*) => {
        impl Choice<$std> {
            $(
                pub(in crate::api::net) fn $set(&self, value: $t) -> io::Result<()> {
                    match self {
                        Real(socket) => socket.$set(value),
                        Simulated(socket) => {
                            socket.set_option(stringify!($get), value.into());
                            Ok(())
                        }
                    }
                }

                pub(in crate::api::net) fn $get(&self) -> io::Result<$t> {
                    match self {
                        Real(socket) => socket.$get(),
                        Simulated(socket) => Ok(match socket.option(stringify!($get)) {
                            Some(value) => <$t as Setting>::of(value),
                            None => $default,
                        }),
                    }
                }
            )*
        }
    };
}
pub(super) use options;

/// The value of an option.
pub(super) trait Setting {
    fn of(value: u32) -> Self;
}

impl Setting for u32 {
    fn of(value: u32) -> Self {
        value
    }
}

impl Setting for bool {
    fn of(value: u32) -> Self {
        value != 0
    }
}
