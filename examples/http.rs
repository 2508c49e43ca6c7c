//! An HTTP/1.1 server with a goroutine for each connection. Its heads are parsed by `httparse`.
//!
//! A handler may sleep, compute, or call a library that blocks: the other requests do not wait for it. The
//! server bounds what a client can cost: the sizes of head and body, the time that each may take to arrive
//! (however slowly the bytes drip), the time that a client takes to read, and the time between two requests.
//! On Ctrl-C it accepts no more, answers what it has read, and ends; a second Ctrl-C ends it at once.
//!
//! ```text
//! cargo run --release --example http                     # serves itself
//! cargo run --release --example http -- 127.0.0.1:8080   # serves others, until Ctrl-C
//! curl -d hello http://127.0.0.1:8080/echo               # also: /, /slow, /compute
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::panic;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::net::{TcpListener, TcpStream};
use gosched::sync::{Mutex, MutexGuard, WaitGroup};
use gosched::{JoinHandle, Runtime, go, signal, time};

/// A head has so many bytes and headers at most, and a body so many bytes.
const HEAD: usize = 8 * 1024;
const HEADERS: usize = 64;
const BODY: usize = 64 * 1024;
/// A connection may wait so long for its next request.
const IDLE: Duration = Duration::from_secs(30);
/// A request may take so long to arrive as a whole, and an answer until some of it is read.
const TRANSFER: Duration = Duration::from_secs(2);
/// At the end, open requests get so long.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { Runtime::builder().start()? };
    let result = rt.run(|| match std::env::args().nth(1) {
        Some(address) => serve_others(&address),
        None => serve_ourselves(),
    });
    rt.shutdown_timeout(Duration::ZERO); // does not wait for a handler that still computes
    result
}

struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

struct Response {
    status: &'static str,
    body: Vec<u8>,
}

impl Response {
    fn new(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into() }
    }
}

/// What the server does. Each call is in the goroutine of its connection.
fn handle(request: Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => Response::new("200 OK", "hello\n"),
        ("POST", "/echo") => Response::new("200 OK", request.body),
        ("GET", "/slow") => {
            time::sleep(Duration::from_millis(300)); // or a query to a database, or std::fs::read
            Response::new("200 OK", "slow\n")
        }
        ("GET", "/compute") => Response::new("200 OK", format!("{}\n", primes_below(500_000))),
        (_, "/" | "/echo" | "/slow" | "/compute") => {
            Response::new("405 Method Not Allowed", "no such method here\n")
        }
        _ => Response::new("404 Not Found", "no such page\n"),
    }
}

/// A handler that panics ends nothing but its request.
fn handle_or_fail(request: Request) -> Response {
    panic::catch_unwind(|| handle(request))
        .unwrap_or_else(|_| Response::new("500 Internal Server Error", "this is our fault\n"))
}

fn primes_below(end: u32) -> usize {
    let is_prime = |n: &u32| (2..=n.isqrt()).all(|d| !n.is_multiple_of(d));
    (2..end).filter(is_prime).count()
}

/// Why a connection ends before its client ends it.
enum Failure {
    /// The client is told, by this status.
    Refused(&'static str),
    Broken(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// What a head says.
struct Head {
    len: usize,
    method: String,
    path: String,
    body_len: usize,
    keeps_alive: bool,
    /// The client sends the body once it was asked for it.
    waits_to_send: bool,
}

impl Head {
    /// The head at the beginning of `buf`, if it is complete.
    fn parse(buf: &[u8]) -> Result<Option<Self>, Failure> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let len = match request.parse(buf) {
            Ok(httparse::Status::Complete(len)) if len <= HEAD => len,
            Ok(httparse::Status::Partial) if buf.len() < HEAD => return Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => {
                return Err(Failure::Refused("431 Request Header Fields Too Large"));
            }
            Err(_) => return Err(Failure::Refused("400 Bad Request")),
        };
        let mut head = Self {
            len,
            method: request.method.unwrap_or_default().to_owned(),
            path: request.path.unwrap_or_default().to_owned(),
            body_len: 0,
            keeps_alive: request.version == Some(1),
            waits_to_send: false,
        };
        let mut lengths = request.headers.iter().filter(|h| is(h.name, "content-length"));
        if let Some(length) = lengths.next() {
            head.body_len = body_len(length.value)?;
        }
        if lengths.next().is_some() {
            return Err(Failure::Refused("400 Bad Request")); // which one is meant?
        }
        for header in &*request.headers {
            head.read(header.name, &String::from_utf8_lossy(header.value))?;
        }
        Ok(Some(head))
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        if is(name, "transfer-encoding") {
            return Err(Failure::Refused("501 Not Implemented"));
        } else if is(name, "expect") {
            self.waits_to_send = is(value, "100-continue");
        } else if is(name, "connection") {
            let mut words = value.split(',').map(str::trim);
            self.keeps_alive = words.all(|word| !is(word, "close"))
                && (self.keeps_alive || is(value, "keep-alive"));
        }
        Ok(())
    }
}

fn is(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Digits only: `parse` takes a sign, too.
fn body_len(value: &[u8]) -> Result<usize, Failure> {
    let text = std::str::from_utf8(value).ok().filter(|text| !text.starts_with('+'));
    match text.map(str::parse) {
        Some(Ok(len)) if len <= BODY => Ok(len),
        Some(Ok(_)) => Err(Failure::Refused("413 Content Too Large")),
        _ => Err(Failure::Refused("400 Bad Request")),
    }
}

struct Connection<'a> {
    stream: &'a TcpStream,
    /// What was read and not used: clients may send their next requests before they have an answer.
    buf: Vec<u8>,
}

impl Connection<'_> {
    /// Answers requests until the client ends the connection, or must be refused.
    fn serve(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_write_timeout(Some(TRANSFER))?;
        loop {
            match self.next_request() {
                Ok(None) => return Ok(()),
                Ok(Some((request, keeps_alive))) => {
                    self.answer(&handle_or_fail(request), keeps_alive)?;
                    if !keeps_alive {
                        return Ok(());
                    }
                }
                Err(Failure::Refused(status)) => {
                    self.answer(&Response::new(status, ""), false)?;
                    return self.let_it_arrive();
                }
                Err(Failure::Broken(error)) => return Err(error),
            }
        }
    }

    /// The next request, and whether another may follow. `None` if there is none.
    fn next_request(&mut self) -> Result<Option<(Request, bool)>, Failure> {
        if self.buf.is_empty() && !self.begins()? {
            return Ok(None);
        }
        self.stream.set_read_deadline(Some(Instant::now() + TRANSFER));
        let head = loop {
            match Head::parse(&self.buf)? {
                Some(head) => break head,
                None => self.fill()?,
            }
        };
        if head.waits_to_send {
            (&*self.stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let len = head.len + head.body_len;
        while self.buf.len() < len {
            self.fill()?;
        }
        let rest = self.buf.split_off(len);
        let body = std::mem::replace(&mut self.buf, rest).split_off(head.len);
        Ok(Some((Request { method: head.method, path: head.path, body }, head.keeps_alive)))
    }

    /// Waits for the first bytes of a request; false if none come.
    fn begins(&mut self) -> io::Result<bool> {
        self.stream.set_read_deadline(Some(Instant::now() + IDLE));
        match self.read() {
            Ok(n) => Ok(n > 0),
            Err(error) if error.kind() == ErrorKind::TimedOut => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads more of a request, which must come before the deadline.
    fn fill(&mut self) -> Result<(), Failure> {
        match self.read() {
            Ok(0) => Err(Failure::Broken(ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                Err(Failure::Refused("408 Request Timeout"))
            }
            Err(error) => Err(Failure::Broken(error)),
        }
    }

    /// Reads once. Fails with `TimedOut` if the deadline has passed.
    fn read(&mut self) -> io::Result<usize> {
        let mut more = [0; 4 * 1024];
        let n = (&*self.stream).read(&mut more)?;
        self.buf.extend_from_slice(&more[..n]);
        Ok(n)
    }

    fn answer(&self, response: &Response, keeps_alive: bool) -> io::Result<()> {
        let Response { status, body } = response;
        let connection = if keeps_alive { "keep-alive" } else { "close" };
        let len = body.len();
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {len}\r\nConnection: {connection}\r\n\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        (&*self.stream).write_all(&bytes)
    }

    /// Reads what a refused client still sends: a connection that is closed before takes the answer with it.
    fn let_it_arrive(mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.stream.set_read_deadline(Some(Instant::now() + TRANSFER));
        while self.read()? > 0 {
            self.buf.clear();
        }
        Ok(())
    }
}

/// A server that runs.
struct Server {
    listener: Arc<TcpListener>,
    open: Arc<Open>,
    accepts: JoinHandle<()>,
}

/// Its connections.
#[derive(Default)]
struct Open {
    streams: Mutex<HashMap<usize, Arc<TcpStream>>>,
    goroutines: WaitGroup,
}

impl Server {
    fn start(address: &str) -> io::Result<Self> {
        let listener = Arc::new(TcpListener::bind(address)?);
        let open = Arc::new(Open::default());
        let accepts = go({
            let (listener, open) = (listener.clone(), open.clone());
            move || accept(&listener, &open)
        });
        Ok(Self { listener, open, accepts })
    }

    /// Accepts no more, and waits until what came is answered, but not for ever.
    fn end(self) {
        self.listener.close();
        self.accepts.join().expect("accepting does not panic");
        for stream in self.open.lock().values() {
            let _ = stream.shutdown(Shutdown::Read); // fails if the client is gone
        }
        if self.open.goroutines.wait_timeout(GRACE).timed_out() {
            eprintln!("http: gives up on {} connections", self.open.lock().len());
        }
    }
}

impl Open {
    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Arc<TcpStream>>> {
        self.streams.lock().expect("nobody panics with the lock")
    }
}

/// Accepts connections until the listener is closed.
fn accept(listener: &TcpListener, open: &Arc<Open>) {
    for (id, stream) in listener.incoming().enumerate() {
        let stream = match stream {
            Ok(stream) => Arc::new(stream),
            Err(error) => {
                eprintln!("http: accept: {error}");
                continue;
            }
        };
        open.lock().insert(id, stream.clone());
        let serve = {
            let open = open.clone();
            move || {
                if let Err(error) = (Connection { stream: &stream, buf: Vec::new() }).serve() {
                    eprintln!("http: connection {id}: {error}");
                }
                open.lock().remove(&id);
            }
        };
        drop(open.goroutines.go(serve));
    }
}

fn serve_others(address: &str) -> io::Result<()> {
    let interrupts = signal::notify(&[signal::INT, signal::TERM])?;
    let server = Server::start(address)?;
    println!("listening at http://{}", server.listener.local_addr()?);
    let _ = interrupts.recv();
    drop(interrupts); // the next one ends the process
    eprintln!("http: ending");
    server.end();
    Ok(())
}

const QUICK: usize = 1_000;

fn serve_ourselves() -> io::Result<()> {
    let server = Server::start("127.0.0.1:0")?;
    let address = server.listener.local_addr()?;
    let start = Instant::now();
    let others = ["/compute", "/slow"]
        .map(|path| go(move || get(address, path).map(|answer| (path, answer, start.elapsed()))));
    for _ in 0..QUICK {
        get(address, "/")?;
    }
    println!("{QUICK} requests in {:?}; beside them", start.elapsed());
    for other in others {
        let (path, answer, took) = other.join().expect("a client does not panic")?;
        println!("{path} answered {:?} after {took:?}", answer.lines().last().unwrap_or_default());
    }
    server.end();
    Ok(())
}

/// The whole answer to a request.
fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
