//! A thread of the load that connects, waits for the server to close, and closes.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;

use crate::driver::{Phase, now_ns};
use crate::epoll::Epoll;
use crate::histogram::Histogram;

pub struct Closer {
    address: SocketAddr,
    /// Each with the time when it began to connect.
    streams: Vec<Option<(TcpStream, u64)>>,
    epoll: Epoll,
    /// In the measured time.
    pub done: u64,
    pub times: Histogram,
}

impl Closer {
    /// Keeps so many connections under way.
    pub fn new(address: SocketAddr, count: usize) -> io::Result<Self> {
        let streams = (0..count).map(|_| None).collect();
        let times = Histogram::default();
        Ok(Self { address, streams, epoll: Epoll::new()?, done: 0, times })
    }

    pub fn run(mut self, phase: &Phase) -> io::Result<Self> {
        (0..self.streams.len()).try_for_each(|i| self.connect(i))?;
        while !phase.is_over() {
            let ready: Vec<usize> = self.epoll.wait().collect();
            for i in ready {
                self.close(i, phase)?;
                self.connect(i)?;
            }
        }
        Ok(self)
    }

    fn connect(&mut self, i: usize) -> io::Result<()> {
        let began = now_ns();
        let stream = TcpStream::connect(self.address)?;
        self.epoll.add(stream.as_raw_fd(), i)?;
        self.streams[i] = Some((stream, began));
        Ok(())
    }

    fn close(&mut self, i: usize, phase: &Phase) -> io::Result<()> {
        let (mut stream, began) = self.streams[i].take().expect("it is told of once");
        let ended = stream.read(&mut [0])?;
        assert_eq!(ended, 0, "the server sends nothing");
        drop(stream);
        if phase.is_measured() {
            self.done += 1;
            self.times.add(now_ns() - began);
        }
        Ok(())
    }
}
