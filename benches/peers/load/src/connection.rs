//! A connection on which one request is under way at a time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;

/// What is sent, and what comes back.
#[derive(Clone)]
pub enum Protocol {
    /// The same bytes.
    Echo(Vec<u8>),
    /// An HTTP response, with a length in its head.
    Http { plain: Vec<u8>, marked: Vec<u8> },
}

impl Protocol {
    pub fn echo(size: usize) -> Self {
        Self::Echo(vec![b'x'; size])
    }

    /// With the path of the requests that are unlike the others.
    pub fn http(path: &str) -> Self {
        let request = |path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
        Self::Http { plain: request("/"), marked: request(path) }
    }

    fn request(&self, kind: Kind) -> &[u8] {
        match (self, kind) {
            (Self::Echo(bytes), _) => bytes,
            (Self::Http { plain, .. }, Kind::Plain) => plain,
            (Self::Http { marked, .. }, Kind::Marked) => marked,
        }
    }

    /// How long the response is that begins so; none if that is not known yet.
    fn length(&self, begin: &[u8]) -> Option<usize> {
        match self {
            Self::Echo(bytes) => Some(bytes.len()),
            Self::Http { .. } => {
                let head = begin.windows(4).position(|end| end == b"\r\n\r\n")?;
                Some(head + 4 + content_length(&begin[..head]))
            }
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length: ";
    let found = head.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME));
    let digits = head[found.map_or(head.len(), |at| at + NAME.len())..].iter();
    digits.take_while(|b| b.is_ascii_digit()).fold(0, |n, b| n * 10 + usize::from(b - b'0'))
}

/// Whether a request is one of the many, or one of the few that compute or block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Marked,
}

pub struct Connection {
    stream: TcpStream,
    buf: Vec<u8>,
    filled: usize,
    pub kind: Kind,
    pub sent_ns: u64,
}

impl Connection {
    /// Connects. Whether the server has accepted is not known before the first answer.
    pub fn open(address: SocketAddr, protocol: &Protocol) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let room = protocol.request(Kind::Plain).len().max(1_024);
        let kind = Kind::Plain;
        Ok(Self { stream, buf: vec![0; room], filled: 0, kind, sent_ns: 0 })
    }

    pub fn fd(&self) -> i32 {
        self.stream.as_raw_fd()
    }

    /// Has room in the socket: nothing else is under way.
    pub fn send(&mut self, protocol: &Protocol, kind: Kind) -> io::Result<()> {
        self.kind = kind;
        self.filled = 0;
        self.stream.write_all(protocol.request(kind))
    }

    /// Takes what is there; says whether the answer is complete. Does not wait.
    pub fn receive(&mut self, protocol: &Protocol) -> io::Result<bool> {
        let room = &mut self.buf[self.filled..];
        let (at, length) = (room.as_mut_ptr().cast(), room.len());
        // SAFETY: the kernel writes so many bytes at most.
        let n = unsafe { libc::recv(self.stream.as_raw_fd(), at, length, libc::MSG_DONTWAIT) };
        match n {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            -1 => {
                let error = io::Error::last_os_error();
                return if error.kind() == ErrorKind::WouldBlock { Ok(false) } else { Err(error) };
            }
            n => self.filled += n as usize,
        }
        Ok(self.is_complete(protocol))
    }

    fn is_complete(&self, protocol: &Protocol) -> bool {
        protocol.length(&self.buf[..self.filled]) == Some(self.filled)
    }

    /// Sends one request and waits for the answer.
    pub fn ask(&mut self, protocol: &Protocol) -> io::Result<()> {
        self.send(protocol, Kind::Plain)?;
        self.wait(protocol)
    }

    /// Waits for the answer.
    pub fn wait(&mut self, protocol: &Protocol) -> io::Result<()> {
        while !self.is_complete(protocol) {
            match self.stream.read(&mut self.buf[self.filled..])? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => self.filled += n,
            }
        }
        Ok(())
    }
}
