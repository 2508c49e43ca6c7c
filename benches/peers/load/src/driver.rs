//! A thread of the load, and the time that is measured.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::connection::{Connection, Kind, Protocol};
use crate::epoll::Epoll;
use crate::histogram::Histogram;
use crate::server::{Numbers, own_cpu_ns, read};

pub const WARM_UP: Duration = Duration::from_millis(300);

/// What is to be done now.
#[derive(Clone)]
pub struct Phase(Arc<AtomicU8>);

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

impl Phase {
    pub fn is_measured(&self) -> bool {
        self.0.load(Relaxed) == MEASURING
    }

    pub fn is_over(&self) -> bool {
        self.0.load(Relaxed) == OVER
    }
}

/// What is known at the begin and at the end of the measured time.
pub struct Moment {
    pub ns: u64,
    pub own_cpu_ns: u64,
    pub server: Numbers,
}

impl Moment {
    pub fn now(pid: u32) -> Self {
        Self { ns: now_ns(), own_cpu_ns: own_cpu_ns(), server: Numbers::of(pid) }
    }
}

pub fn now_ns() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// Runs threads of the load, and measures after they have warmed up.
pub fn measure<T: Send + 'static>(
    pid: u32,
    time: Duration,
    threads: Vec<T>,
    run: fn(T, &Phase) -> io::Result<T>,
) -> (Moment, Moment, Vec<T>) {
    let phase = Phase(Arc::new(AtomicU8::new(WARMING_UP)));
    let start = |thread: T| {
        let phase = phase.clone();
        spawn(move || run(thread, &phase).expect("the server answers"))
    };
    let running: Vec<_> = threads.into_iter().map(start).collect();
    sleep(WARM_UP);
    let begin = Moment::now(pid);
    phase.0.store(MEASURING, Relaxed);
    sleep(time);
    phase.0.store(OVER, Relaxed);
    let end = Moment::now(pid);
    let ended = running.into_iter().map(|thread| thread.join().expect("no thread panics"));
    (begin, end, ended.collect())
}

/// Keeps one request under way on each of its connections.
pub struct Driver {
    connections: Vec<Connection>,
    protocol: Protocol,
    /// Of so many requests one is marked.
    every: u64,
    epoll: Epoll,
    pub asked: u64,
    /// In the measured time.
    pub done: u64,
    /// Of the requests that are not marked.
    pub times: Histogram,
}

impl Driver {
    pub fn new(connections: Vec<Connection>, protocol: Protocol, every: u64) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        for (i, connection) in connections.iter().enumerate() {
            epoll.add(connection.fd(), i)?;
        }
        let times = Histogram::default();
        Ok(Self { connections, protocol, every, epoll, asked: 0, done: 0, times })
    }

    pub fn run(mut self, phase: &Phase) -> io::Result<Self> {
        (0..self.connections.len()).try_for_each(|i| self.ask(i))?;
        while !phase.is_over() {
            let ready: Vec<usize> = self.epoll.wait().collect();
            for i in ready {
                if self.connections[i].receive(&self.protocol)? {
                    self.count(i, phase);
                    self.ask(i)?;
                }
            }
        }
        Ok(self)
    }

    fn ask(&mut self, i: usize) -> io::Result<()> {
        self.asked += 1;
        let kind = if self.asked.is_multiple_of(self.every) { Kind::Marked } else { Kind::Plain };
        self.connections[i].sent_ns = now_ns();
        self.connections[i].send(&self.protocol, kind)
    }

    fn count(&mut self, i: usize, phase: &Phase) {
        if phase.is_measured() {
            self.done += 1;
            if self.connections[i].kind == Kind::Plain {
                self.times.add(now_ns() - self.connections[i].sent_ns);
            }
        }
    }
}
