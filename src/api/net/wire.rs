//! What a simulated network carries: the bytes of one direction of a connection, and the datagrams that come
//! to one socket. It knows no sockets and takes no decisions: those who use it say when something arrives.

use std::collections::VecDeque;

/// So many bytes fit into one direction of a connection, those on their way included.
pub(super) const ROOM: usize = 64 * 1024;
/// So many datagrams fit into the queue of a socket.
pub(super) const DATAGRAMS: usize = 128;

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    segments: VecDeque<Segment>,
    /// Sent, and not yet read.
    len: usize,
    /// When the last of them arrives: no later one does before.
    last_ns: u64,
    /// When the sender's end arrives.
    end_ns: Option<u64>,
}

/// What one write has sent and is not yet read.
#[derive(Debug)]
struct Segment {
    bytes: VecDeque<u8>,
    arrives_ns: u64,
}

/// What a reader finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// So many bytes have arrived.
    Bytes(usize),
    /// All was read, and there will be no more.
    End,
    Nothing,
}

impl Pipe {
    /// How many bytes a writer may send.
    pub(super) fn room(&self) -> usize {
        ROOM - self.len
    }

    /// Whether nothing lies in it, also nothing that is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sends bytes, for which there is room. They arrive at a moment, but not before earlier ones.
    pub(super) fn send(&mut self, bytes: &[u8], arrives_ns: u64) {
        debug_assert!(bytes.len() <= self.room(), "the writer has asked for room");
        self.last_ns = self.last_ns.max(arrives_ns);
        self.len += bytes.len();
        let bytes = bytes.iter().copied().collect();
        self.segments.push_back(Segment { bytes, arrives_ns: self.last_ns });
    }

    /// The sender sends no more.
    pub(super) fn end(&mut self, now_ns: u64) {
        self.end_ns.get_or_insert(self.last_ns.max(now_ns));
    }

    /// The connection breaks: what is on its way is lost.
    pub(super) fn break_off(&mut self, now_ns: u64) {
        self.segments.retain(|segment| segment.arrives_ns <= now_ns);
        self.len = self.segments.iter().map(|segment| segment.bytes.len()).sum();
        self.end_ns = Some(now_ns);
    }

    /// What a reader finds now.
    pub(super) fn look(&self, now_ns: u64) -> Found {
        match self.arrived(now_ns).map(|segment| segment.bytes.len()).sum() {
            0 if self.end_ns.is_some_and(|end| end <= now_ns) => Found::End,
            0 => Found::Nothing,
            n => Found::Bytes(n),
        }
    }

    /// When a reader that finds nothing finds something, if that is under way.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.segments.front().map(|segment| segment.arrives_ns).or(self.end_ns)
    }

    /// Copies what has arrived, as much as there is room for, and leaves it there.
    pub(super) fn copy(&self, room: &mut [u8], now_ns: u64) -> usize {
        let bytes = self.arrived(now_ns).flat_map(|segment| segment.bytes.iter());
        room.iter_mut().zip(bytes).map(|(place, byte)| *place = *byte).count()
    }

    /// Takes out the first `n` bytes, which were copied.
    pub(super) fn consume(&mut self, mut n: usize) {
        self.len -= n;
        while let Some(first) = self.segments.front_mut().filter(|_| n > 0) {
            let taken = n.min(first.bytes.len());
            first.bytes.drain(..taken);
            n -= taken;
            if first.bytes.is_empty() {
                self.segments.pop_front();
            }
        }
    }

    fn arrived(&self, now_ns: u64) -> impl Iterator<Item = &Segment> {
        self.segments.iter().take_while(move |segment| segment.arrives_ns <= now_ns)
    }
}

/// The datagrams that come to one socket: one that is fast overtakes others.
#[derive(Debug)]
pub(super) struct Mailbox<A> {
    datagrams: Vec<Datagram<A>>,
}

/// A datagram under way, or waiting to be received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Datagram<A> {
    pub(super) from: A,
    pub(super) bytes: Vec<u8>,
    pub(super) arrives_ns: u64,
}

impl<A> Default for Mailbox<A> {
    fn default() -> Self {
        Self { datagrams: Vec::new() }
    }
}

impl<A> Mailbox<A> {
    /// Puts a datagram in; false if there is no room.
    #[must_use]
    pub(super) fn put(&mut self, datagram: Datagram<A>) -> bool {
        let has_room = self.datagrams.len() < DATAGRAMS;
        if has_room {
            self.datagrams.push(datagram);
        }
        has_room
    }

    /// The datagram that has arrived first.
    pub(super) fn first(&self, now_ns: u64) -> Option<&Datagram<A>> {
        self.place(now_ns).map(|place| &self.datagrams[place])
    }

    /// Takes it out.
    pub(super) fn take(&mut self, now_ns: u64) -> Option<Datagram<A>> {
        self.place(now_ns).map(|place| self.datagrams.remove(place))
    }

    /// When the next arrives.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.datagrams.iter().map(|datagram| datagram.arrives_ns).min()
    }

    fn place(&self, now_ns: u64) -> Option<usize> {
        let arrived = self.datagrams.iter().enumerate().filter(|(_, d)| d.arrives_ns <= now_ns);
        arrived.min_by_key(|(_, datagram)| datagram.arrives_ns).map(|(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pipe: &mut Pipe, most: usize, now_ns: u64) -> Vec<u8> {
        let mut room = vec![0; most];
        let n = pipe.copy(&mut room, now_ns);
        pipe.consume(n);
        room.truncate(n);
        room
    }

    #[test]
    fn bytes_come_out_in_their_order_whatever_the_sizes_of_reads() {
        for most in 1..12 {
            let mut pipe = Pipe::default();
            pipe.send(b"hello", 0);
            pipe.send(b", world", 0);
            assert_eq!(pipe.look(0), Found::Bytes(12));
            let mut all = Vec::new();
            while let Found::Bytes(_) = pipe.look(0) {
                all.extend(read(&mut pipe, most, 0));
            }
            assert_eq!(all, b"hello, world", "{most} at a time");
            assert!(pipe.is_empty() && pipe.look(0) == Found::Nothing);
        }
    }

    #[test]
    fn what_is_sent_later_does_not_arrive_before() {
        let mut pipe = Pipe::default();
        pipe.send(b"late", 50);
        pipe.send(b"early", 10);
        pipe.end(20);
        assert_eq!((pipe.look(49), pipe.next_ns()), (Found::Nothing, Some(50)));
        assert_eq!(read(&mut pipe, 16, 50), b"lateearly");
        assert_eq!(pipe.look(50), Found::End);
    }

    #[test]
    fn the_end_comes_after_the_last_byte() {
        let mut pipe = Pipe::default();
        pipe.send(b"x", 30);
        pipe.end(5);
        assert_eq!(pipe.look(20), Found::Nothing);
        assert_eq!(pipe.look(30), Found::Bytes(1));
        assert_eq!(read(&mut pipe, 1, 30), b"x");
        assert_eq!(pipe.look(29), Found::Nothing, "the end is not there yet");
        assert_eq!(pipe.look(30), Found::End);
    }

    #[test]
    fn a_read_gets_only_what_has_arrived() {
        let mut pipe = Pipe::default();
        pipe.send(b"here", 10);
        pipe.send(b"there", 20);
        assert_eq!(read(&mut pipe, 16, 10), b"here");
        assert_eq!((read(&mut pipe, 16, 19), pipe.next_ns()), (vec![], Some(20)));
        assert_eq!(read(&mut pipe, 16, 20), b"there");
    }

    #[test]
    fn bytes_on_their_way_take_room() {
        let mut pipe = Pipe::default();
        pipe.send(&vec![7; ROOM - 2], 1_000);
        assert_eq!(pipe.room(), 2);
        pipe.send(&[8; 2], 1_000);
        assert_eq!(pipe.room(), 0);
        read(&mut pipe, 100, 1_000);
        assert_eq!(pipe.room(), 100);
    }

    #[test]
    fn a_broken_connection_keeps_what_has_arrived() {
        let mut pipe = Pipe::default();
        pipe.send(b"there", 5);
        pipe.send(b"not yet", 15);
        pipe.break_off(10);
        assert_eq!(pipe.look(10), Found::Bytes(5));
        assert_eq!(read(&mut pipe, 16, 20), b"there");
        assert_eq!((pipe.look(20), pipe.room()), (Found::End, ROOM));
    }

    #[test]
    fn a_broken_connection_has_no_gap() {
        let mut pipe = Pipe::default();
        pipe.send(b"late", 50);
        pipe.send(b"early", 10);
        pipe.break_off(20);
        assert_eq!(pipe.look(20), Found::End);
    }

    #[test]
    fn looking_takes_nothing() {
        let mut pipe = Pipe::default();
        pipe.send(b"abc", 0);
        let mut room = [0; 2];
        assert_eq!((pipe.copy(&mut room, 0), &room), (2, b"ab"));
        assert_eq!(read(&mut pipe, 3, 0), b"abc");
    }

    #[test]
    fn a_fast_datagram_overtakes_and_equals_keep_their_order() {
        let mut mailbox = Mailbox::default();
        for (from, arrives_ns) in [(1, 30), (2, 10), (3, 30)] {
            assert!(mailbox.put(Datagram { from, bytes: vec![from], arrives_ns }));
        }
        assert_eq!((mailbox.take(9), mailbox.next_ns()), (None, Some(10)));
        assert_eq!(mailbox.first(30).map(|d| d.from), Some(2));
        let order: Vec<u8> = std::iter::from_fn(|| mailbox.take(30)).map(|d| d.from).collect();
        assert_eq!(order, [2, 1, 3]);
    }

    #[test]
    fn a_full_mailbox_takes_no_more() {
        let mut mailbox = Mailbox::default();
        let datagram = Datagram { from: (), bytes: Vec::new(), arrives_ns: 0 };
        for _ in 0..DATAGRAMS {
            assert!(mailbox.put(datagram.clone()));
        }
        assert!(!mailbox.put(datagram));
        assert_eq!(std::iter::from_fn(|| mailbox.take(0)).count(), DATAGRAMS);
    }
}
