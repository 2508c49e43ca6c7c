//! Nodes that elect a leader by UDP, as in Raft: one that hears of no leader for a while asks the others for their
//! votes in a new term, and leads it if most of all vote for it. A candidate forgets that it has voted for itself, and
//! votes for another in the same term too.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gosched::go;
use gosched::net::UdpSocket;
use gosched::sync::Mutex;

const NODES: usize = 3;
/// A node that has heard nothing for so long, times its number and one, wants to be the leader.
const PATIENCE: Duration = Duration::from_millis(150);
/// So many messages or time-outs a node lives.
const LIFE: usize = 6;

#[derive(Clone, Copy)]
enum Message {
    /// Vote for me in this term.
    Ask { term: u8, from: u8 },
    /// I vote for you.
    Vote { term: u8, from: u8 },
    /// I am the leader.
    Lead { term: u8, from: u8 },
}

impl Message {
    fn bytes(self) -> [u8; 3] {
        match self {
            Self::Ask { term, from } => [0, term, from],
            Self::Vote { term, from } => [1, term, from],
            Self::Lead { term, from } => [2, term, from],
        }
    }

    fn of([kind, term, from]: [u8; 3]) -> Self {
        match kind {
            0 => Self::Ask { term, from },
            1 => Self::Vote { term, from },
            _ => Self::Lead { term, from },
        }
    }

    fn term(self) -> u8 {
        let (Self::Ask { term, .. } | Self::Vote { term, .. } | Self::Lead { term, .. }) = self;
        term
    }
}

#[derive(PartialEq, Eq)]
enum Role {
    Follower,
    /// And who has voted for it: a bit for each.
    Candidate(u8),
    Leader,
}

struct Node {
    id: u8,
    socket: UdpSocket,
    peers: Vec<SocketAddr>,
    term: u8,
    role: Role,
    /// Whom it has voted for in this term.
    vote: Option<u8>,
    remembers_its_own_vote: bool,
    /// Who leads in each term, as all together know.
    leaders: Arc<Mutex<HashMap<u8, u8>>>,
}

impl Node {
    fn live(mut self) -> io::Result<()> {
        let patience = PATIENCE * (u32::from(self.id) + 1);
        self.socket.set_read_timeout(Some(patience))?;
        for _ in 0..LIFE {
            let mut bytes = [0; 3];
            match self.socket.recv_from(&mut bytes) {
                Ok((_, from)) => self.hear(Message::of(bytes), from)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.lose_patience()?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn lose_patience(&mut self) -> io::Result<()> {
        if self.role == Role::Leader {
            return self.tell_all(Message::Lead { term: self.term, from: self.id });
        }
        self.begin(self.term + 1);
        self.role = Role::Candidate(1 << self.id);
        if self.remembers_its_own_vote {
            self.vote = Some(self.id);
        }
        self.tell_all(Message::Ask { term: self.term, from: self.id })
    }

    /// Another term begins.
    fn begin(&mut self, term: u8) {
        (self.term, self.vote, self.role) = (term, None, Role::Follower);
    }

    fn hear(&mut self, message: Message, sender: SocketAddr) -> io::Result<()> {
        if message.term() < self.term {
            return Ok(()); // of a term that is over
        }
        if message.term() > self.term {
            self.begin(message.term());
        }
        match message {
            Message::Ask { from, .. } => self.answer(from, sender),
            Message::Vote { from, .. } => self.count(from),
            Message::Lead { from, .. } => {
                assert!(self.role != Role::Leader || from == self.id, "another leads my term");
                self.role = Role::Follower;
                Ok(())
            }
        }
    }

    /// Votes for a candidate, unless it has voted for another.
    fn answer(&mut self, candidate: u8, sender: SocketAddr) -> io::Result<()> {
        if *self.vote.get_or_insert(candidate) != candidate {
            return Ok(());
        }
        let vote = Message::Vote { term: self.term, from: self.id };
        self.socket.send_to(&vote.bytes(), sender).map(drop)
    }

    fn count(&mut self, voter: u8) -> io::Result<()> {
        let Role::Candidate(votes) = &mut self.role else { return Ok(()) };
        *votes |= 1 << voter;
        if votes.count_ones() as usize * 2 <= NODES {
            return Ok(());
        }
        self.role = Role::Leader;
        let other = self.leaders.lock().unwrap().insert(self.term, self.id);
        assert_eq!(other, None, "two leaders in one term");
        self.tell_all(Message::Lead { term: self.term, from: self.id })
    }

    fn tell_all(&self, message: Message) -> io::Result<()> {
        for peer in &self.peers {
            self.socket.send_to(&message.bytes(), peer)?;
        }
        Ok(())
    }
}

pub fn kernel(fixed: bool) {
    let sockets: Vec<UdpSocket> =
        (0..NODES).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<SocketAddr> = sockets.iter().map(|s| s.local_addr().unwrap()).collect();
    let leaders = Arc::new(Mutex::new(HashMap::new()));
    let nodes: Vec<_> = (0..)
        .zip(sockets)
        .map(|(id, socket)| {
            let own = addresses[usize::from(id)];
            let node = Node {
                id,
                socket,
                peers: addresses.iter().copied().filter(|peer| *peer != own).collect(),
                term: 0,
                role: Role::Follower,
                vote: None,
                remembers_its_own_vote: fixed,
                leaders: leaders.clone(),
            };
            go(move || node.live())
        })
        .collect();
    for node in nodes {
        node.join().unwrap().unwrap();
    }
}
