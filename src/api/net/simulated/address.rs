//! Addresses of simulated sockets.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net;
use std::path::PathBuf;

/// Who may have the same address as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Space {
    Tcp,
    Udp,
    Unix,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Address {
    Inet(SocketAddr),
    Path(PathBuf),
    Abstract(Vec<u8>),
    Unnamed,
}

/// A type of std's for them.
pub(super) trait Name: Sized {
    fn address(&self) -> Address;
    fn of(address: &Address) -> io::Result<Self>;
}

impl Name for SocketAddr {
    fn address(&self) -> Address {
        Address::Inet(*self)
    }

    fn of(address: &Address) -> io::Result<Self> {
        match address {
            Address::Inet(address) => Ok(*address),
            Address::Path(_) | Address::Abstract(_) | Address::Unnamed => Err(not_connected()),
        }
    }
}

impl Name for net::SocketAddr {
    fn address(&self) -> Address {
        match (self.as_pathname(), self.as_abstract_name()) {
            (Some(path), _) => Address::Path(path.to_owned()),
            (None, Some(name)) => Address::Abstract(name.to_owned()),
            (None, None) => Address::Unnamed,
        }
    }

    fn of(address: &Address) -> io::Result<Self> {
        match address {
            Address::Path(path) => Self::from_pathname(path),
            Address::Abstract(name) => Self::from_abstract_name(name),
            Address::Unnamed => Self::from_pathname(""),
            Address::Inet(_) => Err(not_connected()),
        }
    }
}

fn not_connected() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOTCONN)
}

impl Address {
    pub(super) fn inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            Self::Path(_) | Self::Abstract(_) | Self::Unnamed => None,
        }
    }

    /// Where one who sends to this address sends to: the machine itself, if it names no machine.
    pub(super) fn reached(&self) -> Self {
        match self.inet() {
            Some(SocketAddr::V4(v4)) if v4.ip().is_unspecified() => {
                Self::Inet((Ipv4Addr::LOCALHOST, v4.port()).into())
            }
            Some(SocketAddr::V6(v6)) if v6.ip().is_unspecified() => {
                Self::Inet((Ipv6Addr::LOCALHOST, v6.port()).into())
            }
            _ => self.clone(),
        }
    }

    /// Where one is bound who is reached by this address by way of all.
    pub(super) fn wildcards(&self) -> Vec<Self> {
        match self.inet() {
            Some(SocketAddr::V4(v4)) => {
                let (all, dual) = (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED);
                vec![Self::Inet((all, v4.port()).into()), Self::Inet((dual, v4.port()).into())]
            }
            Some(SocketAddr::V6(v6)) => {
                vec![Self::Inet((Ipv6Addr::UNSPECIFIED, v6.port()).into())]
            }
            None => Vec::new(),
        }
    }
}

/// Nothing is simulated but this machine itself.
///
/// # Errors
///
/// If an address is not of it.
pub(super) fn check(call: &str, address: &SocketAddr) -> io::Result<()> {
    let ip = address.ip();
    if ip.is_loopback() || ip.is_unspecified() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        format!(
            "gosched::check: {call} with the address {address}, which is not of this machine; only addresses in \
             127.0.0.0/8 and ::1 are simulated"
        ),
    ))
}
