//! The programs that serve: the command line, and the handlers for whatever reads and writes as in std.
//! `go/net/main.go` says the same in Go, where every constant here has its twin.
//!
//! ```text
//! prog CASE PROCS   ->   PORT
//! ```
//!
//! A server ends when its input does.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::exit;
use std::thread::spawn;

use crate::http::{RESPONSE, Requests};
use crate::{LARGE, SMALL, UNSUPPORTED, USAGE_ERROR, Unsupported, end_in_one_line};

/// Where a server listens: at a port that the kernel chooses.
pub const ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// What is served.
#[derive(Clone, Copy)]
pub enum Case {
    /// What comes is sent back, with the small buffer.
    Echo,
    /// The same with the large buffer.
    Bulk,
    /// A connection is accepted, given to a task, and closed.
    Close,
    /// HTTP with httparse.
    Http,
    /// HTTP with httparse; requests that compute or block are marked as the runtime's documents advise.
    HttpApart,
    /// HTTP with hyper.
    Hyper,
}

/// Reads the command line and starts a server with `start(case, procs)`, which never ends.
pub fn main(start: impl FnOnce(Case, usize) -> Result<(), Unsupported>) -> ! {
    let Some((case, procs)) = parse(std::env::args().skip(1)) else {
        eprintln!("usage: CASE PROCS");
        exit(USAGE_ERROR);
    };
    std::panic::set_hook(Box::new(end_in_one_line));
    raise_descriptors();
    match start(case, procs) {
        Ok(()) => unreachable!("a server ends with its input"),
        Err(why) => {
            eprintln!("{why}");
            exit(UNSUPPORTED)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<(Case, usize)> {
    let case = match words.next()?.as_str() {
        "echo" => Case::Echo,
        "bulk" => Case::Bulk,
        "close" => Case::Close,
        "http" => Case::Http,
        "http_apart" => Case::HttpApart,
        "hyper" => Case::Hyper,
        _ => return None,
    };
    let procs = words.next()?.parse().ok().filter(|&procs| procs > 0)?;
    words.next().is_none().then_some((case, procs))
}

/// Allows as many descriptors as the system does.
pub fn raise_descriptors() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is one to write to.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: `limit` is one.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
}

/// Says where the server listens, and has it end with its input.
pub fn listening(address: io::Result<SocketAddr>) {
    println!("{}", address.expect("a listener has an address").port());
    spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        exit(0)
    });
}

/// Serves one connection until it ends.
pub fn serve(case: Case, stream: impl Read + Write) -> io::Result<()> {
    match case {
        Case::Echo => echo::<SMALL>(stream),
        Case::Bulk => echo::<LARGE>(stream),
        Case::Http => http(stream),
        Case::Close | Case::HttpApart | Case::Hyper => Ok(()),
    }
}

/// Not inlined: a handler's pages are its own, and not those of the largest.
#[inline(never)]
fn echo<const N: usize>(mut stream: impl Read + Write) -> io::Result<()> {
    let mut buf = [0; N];
    loop {
        match stream.read(&mut buf)? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n])?,
        }
    }
}

/// As above.
#[inline(never)]
fn http(mut stream: impl Read + Write) -> io::Result<()> {
    let mut requests = Requests::new();
    loop {
        match stream.read(requests.room())? {
            0 => return Ok(()),
            n => requests.fill(n),
        }
        while let Some(work) = requests.take()? {
            work.run();
            stream.write_all(RESPONSE)?;
        }
    }
}
