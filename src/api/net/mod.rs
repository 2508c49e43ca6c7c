//! Sockets that goroutines wait for without a thread: the names and behaviour of [`std::net`] and
//! [`std::os::unix::net`].
//!
//! An operation tries first. If the kernel refuses it for now, the goroutine waits, and other goroutines run
//! on its thread. So a library that is written for [`std::io::Read`] and [`std::io::Write`] serves many
//! connections without a change. On an ordinary thread an operation blocks the thread, as std's does.
//!
//! The sockets never block a thread of the runtime. So a descriptor that is made of one
//! ([`AsFd`](std::os::fd::AsFd)) has `O_NONBLOCK` set; one that is converted into std's type blocks again.
//!
//! # Time-outs
//!
//! `set_read_timeout` and `set_write_timeout` bound each wait, as in std, and an operation whose time is up
//! fails with [`ErrorKind::WouldBlock`](std::io::ErrorKind::WouldBlock), as std's does on Linux. They count
//! for operations that begin later, and for all sockets that were made by `try_clone`.
//!
//! A client that sends a byte now and then is never late for such a time-out. `set_read_deadline` and
//! `set_write_deadline`, as in Go, bound all operations until a moment: a server sets one for the head of a
//! request, and takes it away when the head has come.
//!
//! Under [virtual time](crate::time#virtual-time) they go by the runtime's clock, and that does not stand still
//! while a goroutine waits for a socket. A server that waits for a connection holds the clock up no more than any
//! other waiting goroutine. On one processor, what one goroutine has written to a Unix socket or a pipe comes to its
//! reader before the clock moves on. What an ordinary thread or another process sends, or what another processor
//! was just taking from the kernel, may come after a time-out that is over at once; it is there for the next read.
//!
//! # What can go wrong
//!
//! Errors are std's. Beyond them:
//!
//! - If the process or the machine has no descriptors or no memory left, an accept waits for 10 ms before it
//!   says so. A loop that passes over errors does not spin then, and a connection waits in the kernel until
//!   it can be accepted.
//! - If the kernel does not tell of events, because it refuses epoll or has no room for another descriptor, a
//!   goroutine that waits holds a thread. Its operations are the same, and others run. The process says once
//!   on standard error that this is so, and why. If the process had no descriptor left when a runtime started, this
//!   lasts as long as that runtime; otherwise each wait tries again.
//! - A socket belongs to no runtime. After the runtime in which it was made has ended, it can be used on a
//!   thread or in another one.
//! - Whoever closes the descriptor that a socket owns, by its number, breaks std's rule for such. Whoever waits
//!   for that socket is not told, but a time-out still ends the wait. Others are not harmed, as long as the
//!   socket is not dropped while something else has that number.
//! - After a fork, parent and child have an epoll queue each, and none takes the other's events. The child may
//!   use the sockets with std's types, or with a runtime of its own. Goroutines of the parent do not run in it.
//!
//! # Names
//!
//! Names are looked up by std, which calls the system's resolver, inside [`blocking`](crate::blocking). That
//! holds a thread and delays no other goroutine.
//!
//! # Files
//!
//! Linux has no way to wait for a file, so there are no files here. A goroutine that reads one blocks its
//! thread for so long; wrap the call in [`blocking`](crate::blocking), so that others get its processor soon.
//! The example `files` does this a thousand times at once.
//!
//! # Ending a server
//!
//! `close` of a listener ends its accepts, and [`shutdown`](TcpStream::shutdown) for reading ends the wait for the
//! next request of a client that keeps its connection. Both are called by another goroutine: one that waits for
//! a [signal](crate::signal), or for a [context](crate::context::Context::done) to be cancelled. Then
//! [`WaitGroup::wait_timeout`](crate::sync::WaitGroup::wait_timeout) waits for the connections, and
//! [`Runtime::shutdown_timeout`](crate::Runtime::shutdown_timeout) does not wait for those that still compute. The
//! examples `http` and `proxy` end in this way.
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! use gosched::net::{TcpListener, TcpStream};
//! use std::io::{Read, Write};
//!
//! rt.run(|| {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let address = listener.local_addr()?;
//!     gosched::go(move || {
//!         for stream in listener.incoming() {
//!             let mut stream = stream?;
//!             gosched::go(move || std::io::copy(&mut stream.try_clone()?, &mut stream));
//!         }
//!         std::io::Result::Ok(())
//!     });
//!     let mut stream = TcpStream::connect(address)?;
//!     stream.write_all(b"hello")?;
//!     stream.shutdown(std::net::Shutdown::Write)?;
//!     let mut echo = String::new();
//!     stream.read_to_string(&mut echo)?;
//!     assert_eq!(echo, "hello");
//!     std::io::Result::Ok(())
//! })?;
//! # std::io::Result::Ok(())
//! ```

mod common;
#[cfg(not(all(feature = "shuttle", not(feature = "loom"), not(test))))]
mod kernel;
#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
#[path = "simulated/mod.rs"]
mod kernel;
mod listener;
mod tcp;
mod udp;
mod unix;
mod unix_datagram;
#[cfg(any(test, all(feature = "shuttle", not(feature = "loom"))))]
mod wire;

pub use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
    ToSocketAddrs,
};

pub use tcp::{Incoming, TcpListener, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixIncoming, UnixListener, UnixStream};
pub use unix_datagram::UnixDatagram;
