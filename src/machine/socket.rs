//! Sockets that never block: what std has no call for.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// An address as the kernel has it, and its length.
#[repr(C)]
union Address {
    storage: libc::sockaddr_storage,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
    any: libc::sockaddr,
}

const ROOM: libc::socklen_t = length_of::<libc::sockaddr_storage>();
const V4: libc::socklen_t = length_of::<libc::sockaddr_in>();
const V6: libc::socklen_t = length_of::<libc::sockaddr_in6>();

#[expect(clippy::cast_possible_truncation, reason = "some 128 bytes at most")]
const fn length_of<T>() -> libc::socklen_t {
    size_of::<T>() as libc::socklen_t
}

#[expect(clippy::cast_possible_truncation, reason = "a small number")]
const fn family(family: i32) -> libc::sa_family_t {
    family.cast_unsigned() as libc::sa_family_t
}

fn empty() -> Address {
    // SAFETY: zeros are an address of no family.
    Address { storage: unsafe { core::mem::zeroed() } }
}

fn to_kernel(address: &SocketAddr) -> (Address, libc::socklen_t) {
    let mut room = empty();
    match address {
        SocketAddr::V4(address) => {
            room.v4 = libc::sockaddr_in {
                sin_family: family(libc::AF_INET),
                sin_port: address.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.ip().octets()) },
                sin_zero: [0; 8],
            };
            (room, V4)
        }
        SocketAddr::V6(address) => {
            room.v6 = libc::sockaddr_in6 {
                sin6_family: family(libc::AF_INET6),
                sin6_port: address.port().to_be(),
                sin6_flowinfo: address.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: address.ip().octets() },
                sin6_scope_id: address.scope_id(),
            };
            (room, V6)
        }
    }
}

fn from_kernel(room: &Address) -> io::Result<SocketAddr> {
    // SAFETY: every address begins with its family.
    match i32::from(unsafe { room.any.sa_family }) {
        libc::AF_INET => {
            // SAFETY: the family says so.
            let v4 = unsafe { room.v4 };
            let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Ok(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: the family says so.
            let v6 = unsafe { room.v6 };
            let (ip, port) = (Ipv6Addr::from(v6.sin6_addr.s6_addr), u16::from_be(v6.sin6_port));
            Ok(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "the address is of no known family")),
    }
}

/// A descriptor that a call has just returned.
fn owned(rc: i32) -> io::Result<OwnedFd> {
    if rc == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(rc) })
}

/// A socket for a stream to such an address.
pub(crate) fn stream_for(address: &SocketAddr) -> io::Result<OwnedFd> {
    let domain = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: passes numbers.
    owned(unsafe { libc::socket(domain, kind, 0) })
}

/// Begins to connect. Once the socket is ready for output, its error tells how that ended.
pub(crate) fn connect(socket: BorrowedFd<'_>, address: &SocketAddr) -> io::Result<()> {
    let (room, length) = to_kernel(address);
    // SAFETY: the address is as long as it says.
    let rc = unsafe { libc::connect(socket.as_raw_fd(), (&raw const room).cast(), length) };
    match if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) } {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()), // it goes on
        ended => ended,
    }
}

/// Accepts a connection, which never blocks.
pub(crate) fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, SocketAddr)> {
    let (mut room, mut length) = (empty(), ROOM);
    let at = (&raw mut room).cast();
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: the kernel writes an address that fits.
    let stream = owned(unsafe { libc::accept4(listener.as_raw_fd(), at, &raw mut length, flags) })?;
    Ok((stream, from_kernel(&room)?))
}

/// The same where nobody asks for the address.
pub(crate) fn accept_any(listener: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let (none, flags) = (core::ptr::null_mut(), libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    // SAFETY: no address is wanted.
    owned(unsafe { libc::accept4(listener.as_raw_fd(), none, core::ptr::null_mut(), flags) })
}

/// Ends a listener: whoever waits for a connection is told, and nobody connects any more.
pub(crate) fn end(listener: BorrowedFd<'_>) {
    // SAFETY: passes numbers.
    unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RDWR) };
}

/// Has calls on a descriptor not block, or block.
pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>, is_on: bool) -> io::Result<()> {
    let mut on = libc::c_int::from(is_on);
    // SAFETY: the kernel reads one number.
    let rc = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw mut on) };
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_went() {
        for text in ["127.0.0.1:80", "255.1.2.3:65535", "[::1]:7", "[fe80::1:2%3]:1024"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(from_kernel(&to_kernel(&address).0).unwrap(), address);
        }
        assert!(from_kernel(&empty()).is_err());
    }
}
