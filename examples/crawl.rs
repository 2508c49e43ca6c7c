//! A crawler: a goroutine for each page that is found. A semaphore bounds how many are fetched at once, and each
//! page has so much time.
//!
//! ```text
//! cargo run --release --example crawl                     # crawls a server of its own
//! cargo run --release --example crawl -- 127.0.0.1:8080   # crawls another one, from its page /
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what an example does")]

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gosched::net::{TcpListener, TcpStream, ToSocketAddrs};
use gosched::sync::{Mutex, Semaphore};
use gosched::{Scope, go, scope, time};

/// So many pages are fetched at once,
const AT_ONCE: usize = 16;
/// each within this time,
const TIME: Duration = Duration::from_millis(500);
/// and cut after so many bytes.
const BYTES: u64 = 1024 * 1024;
/// So many pages are enough.
const PAGES: usize = 10_000;

fn main() -> io::Result<()> {
    // SAFETY: nothing here belongs to a thread.
    let rt = unsafe { gosched::Runtime::builder().start()? };
    rt.run(|| {
        let address = match std::env::args().nth(1) {
            Some(address) => {
                address.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?
            }
            None => serve()?,
        };
        let start = Instant::now();
        let crawl = Crawl::new(address);
        scope(|s| crawl.visit(s, "/".to_owned()));
        println!("{} in {:?}", crawl.into_report(), start.elapsed());
        Ok(())
    })
}

struct Crawl {
    address: SocketAddr,
    permits: Semaphore,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    seen: HashSet<String>,
    bytes: usize,
    failed: usize,
}

impl Crawl {
    fn new(address: SocketAddr) -> Self {
        Self { address, permits: Semaphore::new(AT_ONCE), found: Mutex::default() }
    }

    /// Starts a goroutine that fetches a page and visits all that it names, unless somebody has done so.
    fn visit<'scope>(&'scope self, s: &'scope Scope<'scope, '_>, path: String) {
        {
            let mut found = self.found.lock().expect("nobody panics with the lock");
            if found.seen.len() == PAGES || !found.seen.insert(path.clone()) {
                return;
            }
        }
        s.spawn(move || {
            let permit = self.permits.acquire();
            let page = fetch(self.address, &path);
            drop(permit);
            let mut found = self.found.lock().expect("nobody panics with the lock");
            match page {
                Ok(page) => {
                    found.bytes += page.len();
                    drop(found);
                    links(&page).for_each(|path| self.visit(s, path.to_owned()));
                }
                Err(error) => {
                    found.failed += 1;
                    eprintln!("crawl: {path}: {error}");
                }
            }
        });
    }

    fn into_report(self) -> String {
        let Found { seen, bytes, failed } =
            self.found.into_inner().expect("nobody panics with the lock");
        format!("{} pages, {failed} of them failed, {bytes} bytes", seen.len())
    }
}

/// The pages of the same server that a page links to.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    targets.map(|(target, _)| target).filter(|target| target.starts_with('/'))
}

/// Fetches a page. The time that is left bounds each step.
fn fetch(address: SocketAddr, path: &str) -> io::Result<String> {
    let deadline = Instant::now() + TIME;
    let mut stream = TcpStream::connect_timeout(&address, TIME)?;
    stream.set_write_timeout(Some(TIME))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut page, mut part) = (Vec::new(), [0; 4 * 1024]);
    while (page.len() as u64) < BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(n) => page.extend_from_slice(&part[..n]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// The server's pages make a tree; one page never comes.
const TREE: usize = 200;
const NEVER: usize = 77;

/// Serves a tree of pages, until the program ends.
fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    go(move || {
        for stream in listener.incoming().flatten() {
            go(move || answer(&stream));
        }
    });
    Ok(address)
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new(stream).take(1024).read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default();
    let page: usize = path.trim_start_matches('/').parse().unwrap_or(0);
    time::sleep(if page == NEVER { 2 * TIME } else { Duration::from_millis(20) });
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<h1>{page}</h1>\n")?;
    for below in (2 * page + 1..=2 * page + 2).filter(|below| *below < TREE) {
        writeln!(stream, "<a href=\"/{below}\">{below}</a>")?;
    }
    Ok(())
}
