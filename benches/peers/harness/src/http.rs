//! As much of HTTP as the servers need that have no library for it.

use std::hint::black_box;
use std::io::{self, ErrorKind};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::SMALL;

/// The answer to every request.
pub const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!";
/// The same, for those who have a library.
pub const BODY: &[u8] = b"Hello, world!";

/// How long a request computes that does.
const COMPUTES: Duration = Duration::from_millis(20);
/// How long a request blocks that does.
const BLOCKS: Duration = Duration::from_millis(5);
/// Header fields of a request.
const FIELDS: usize = 16;

/// What a request is about, besides its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Work {
    None,
    /// `/compute`: as much as takes 20 ms of a processor that does nothing else.
    Compute,
    /// `/block`: sleeps for 5 ms in the kernel.
    Block,
}

impl Work {
    pub fn of_path(path: &str) -> Self {
        match path {
            "/compute" => Self::Compute,
            "/block" => Self::Block,
            _ => Self::None,
        }
    }

    /// On this thread, of which no runtime is told.
    pub fn run(self) {
        match self {
            Self::None => {}
            Self::Compute => (0..steps()).for_each(|_| compute()),
            Self::Block => sleep(BLOCKS),
        }
    }
}

/// How many steps take as long as a request is to compute. Called first before anybody connects.
pub fn steps() -> u64 {
    static STEPS: OnceLock<u64> = OnceLock::new();
    *STEPS.get_or_init(|| {
        const PROBE: u64 = 1_000;
        let probe = || {
            let start = Instant::now();
            (0..PROBE).for_each(|_| compute());
            start.elapsed()
        };
        let least = (0..20).map(|_| probe()).min().expect("there are 20");
        (PROBE as f64 * COMPUTES.as_secs_f64() / least.as_secs_f64()) as u64
    })
}

fn compute() {
    let mut x = 1_u64;
    for _ in 0..1_000 {
        x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// The requests that have come on a connection. They have no bodies.
pub struct Requests {
    buf: [u8; SMALL],
    begin: usize,
    end: usize,
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

impl Requests {
    pub fn new() -> Self {
        Self { buf: [0; SMALL], begin: 0, end: 0 }
    }

    /// Where to read to; empty if a request is too long.
    pub fn room(&mut self) -> &mut [u8] {
        self.buf.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        &mut self.buf[self.end..]
    }

    /// So many bytes were read.
    pub fn fill(&mut self, n: usize) {
        self.end += n;
    }

    /// Takes the next request, if it is complete.
    pub fn take(&mut self) -> io::Result<Option<Work>> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        let parsed = request.parse(&self.buf[self.begin..self.end]);
        match parsed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))? {
            httparse::Status::Partial => Ok(None),
            httparse::Status::Complete(length) => {
                let work = Work::of_path(request.path.unwrap_or("/"));
                self.begin += length;
                Ok(Some(work))
            }
        }
    }
}
