//! The core of an HTTP server with keep-alive, a time-out for each request, and a graceful end. A request whose
//! body does not come in time is refused; but the connection is kept, and what is late of the body is taken for the
//! next request (request smuggling).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gosched::net::{TcpListener, TcpStream};
use gosched::sync::{Mutex, WaitGroup};
use gosched::{go, time};

const IDLE: Duration = Duration::from_secs(30);
const TRANSFER: Duration = Duration::from_secs(2);

/// What came of a request.
enum Arrived {
    Request {
        path: String,
        body: Vec<u8>,
    },
    /// Its body did not, in time.
    Late,
    /// The client asks for nothing more.
    Nothing,
}

struct Connection<'a> {
    stream: &'a TcpStream,
    /// What was read and not used.
    buf: Vec<u8>,
    closes_if_late: bool,
}

impl Connection<'_> {
    fn serve(mut self, handle: impl Fn(&str, &[u8]) -> String) -> io::Result<()> {
        loop {
            match self.next_request()? {
                Arrived::Request { path, body } => {
                    self.answer("200 OK", &handle(&path, &body))?;
                }
                Arrived::Late => {
                    self.answer("408 Request Timeout", "")?;
                    if self.closes_if_late {
                        return self.stream.shutdown(Shutdown::Both);
                    }
                }
                Arrived::Nothing => return Ok(()),
            }
        }
    }

    fn next_request(&mut self) -> io::Result<Arrived> {
        self.set_deadline(IDLE);
        let head_len = loop {
            if let Some(end) = self.buf.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            match self.fill() {
                Ok(0) => return Ok(Arrived::Nothing),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(Arrived::Nothing),
                Err(error) => return Err(error),
            }
        };
        let head: Vec<u8> = self.buf.drain(..head_len).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        self.read_body(content_length(&head)).map(|body| match body {
            Some(body) => Arrived::Request { path, body },
            None => Arrived::Late,
        })
    }

    /// The body; `None` if it is late.
    fn read_body(&mut self, len: usize) -> io::Result<Option<Vec<u8>>> {
        self.set_deadline(TRANSFER);
        while self.buf.len() < len {
            match self.fill() {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    self.buf.clear();
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(self.buf.drain(..len).collect()))
    }

    fn set_deadline(&self, from_now: Duration) {
        self.stream.set_read_deadline(Some(time::now() + from_now));
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut more = [0; 256];
        let n = (&*self.stream).read(&mut more)?;
        self.buf.extend_from_slice(&more[..n]);
        Ok(n)
    }

    fn answer(&self, status: &str, body: &str) -> io::Result<()> {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        (&*self.stream).write_all(answer.as_bytes())
    }
}

fn content_length(head: &str) -> usize {
    let mut lines = head.lines().filter_map(|line| line.strip_prefix("Content-Length: "));
    lines.next().and_then(|len| len.parse().ok()).unwrap_or(0)
}

/// The server: its listener, its open connections, and what it was asked for.
struct Server {
    listener: TcpListener,
    open: Mutex<Vec<Arc<TcpStream>>>,
    connections: WaitGroup,
    asked: Mutex<Vec<String>>,
    closes_if_late: bool,
}

impl Server {
    fn run(self: &Arc<Self>) {
        for stream in self.listener.incoming() {
            let Ok(stream) = stream else { continue };
            let stream = Arc::new(stream);
            self.open.lock().unwrap().push(stream.clone());
            let server = self.clone();
            drop(self.connections.go(move || server.serve(&stream)));
        }
    }

    fn serve(&self, stream: &TcpStream) {
        let closes_if_late = self.closes_if_late;
        let connection = Connection { stream, buf: Vec::new(), closes_if_late };
        // A client that is gone ends its connection, and nothing else.
        let _ = connection.serve(|path, body| {
            self.asked.lock().unwrap().push(path.to_owned());
            format!("{path}: {} bytes", body.len())
        });
        let _ = stream.shutdown(Shutdown::Both); // the list still has it
    }

    /// Accepts no more, answers what has come, and waits for the connections.
    fn end(&self) {
        self.listener.close();
        for stream in &*self.open.lock().unwrap() {
            let _ = stream.shutdown(Shutdown::Read);
        }
        self.connections.wait();
    }
}

/// Posts twice on one connection. The body of the first is the text of a request.
fn client(address: SocketAddr) -> io::Result<()> {
    let stream = TcpStream::connect(address)?;
    for body in ["GET /admin HTTP/1.1\r\n\r\n", "hello"] {
        let head = format!("POST /upload HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
        (&stream).write_all(head.as_bytes())?;
        (&stream).write_all(body.as_bytes())?;
        if !status(&stream)?.contains("200 OK") {
            return Ok(());
        }
    }
    Ok(())
}

/// The first line of an answer, which is then read to its end.
fn status(mut stream: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    stream.read_exact(&mut vec![0; content_length(&head)])?;
    Ok(head.lines().next().unwrap_or_default().to_owned())
}

pub fn kernel(fixed: bool) {
    let server = Arc::new(Server {
        listener: TcpListener::bind("127.0.0.1:80").unwrap(),
        open: Mutex::default(),
        connections: WaitGroup::new(),
        asked: Mutex::default(),
        closes_if_late: fixed,
    });
    let accepts = go({
        let server = server.clone();
        move || server.run()
    });
    let address = server.listener.local_addr().unwrap();
    // It may be refused, or told that it is late.
    let _ = go(move || client(address)).join().unwrap();
    server.end();
    accepts.join().unwrap();
    for path in &*server.asked.lock().unwrap() {
        assert_eq!(path, "/upload", "nobody has asked for this");
    }
}
