//! The network of one execution of a check: its sockets, their names, and who is told. As a kernel, it knows sockets
//! by numbers. All goroutines of a check share one thread, and so its network.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::RawFd;

use super::address::{Address, Space};
use crate::api::net::wire::{Mailbox, Pipe};
use crate::facade::Event;
use crate::facade::directed::{self, kept};
use crate::facade::process::Global;
use crate::proto::timers::NEVER;
use crate::sched::g::Waker;
use crate::sched::pd::{Pd, Way};
use crate::sched::virtually;

/// Ports that nobody asked for begin here, as the kernel's do.
const FIRST_PORT: u16 = 49_152;

#[derive(Default)]
pub(super) struct Network {
    execution: usize,
    pub(super) now_ns: u64,
    /// Whose each handle is.
    handles: HashMap<RawFd, usize>,
    sockets: HashMap<usize, Socket>,
    /// How many sockets there were, and ports that nobody asked for.
    made: usize,
    ports: u16,
    names: HashMap<(Space, Address), usize>,
    /// Those that were ever bound: a path stays in the file system.
    bound: HashSet<Address>,
    /// Until when addresses are cut off.
    pub(super) outages: HashMap<SocketAddr, u64>,
    /// Who is to be told.
    told: Vec<(RawFd, Way)>,
}

pub(super) struct Socket {
    handles: Vec<RawFd>,
    pub(super) space: Space,
    pub(super) kind: Kind,
    pub(super) local: Address,
    pub(super) peer: Option<Address>,
    /// What the next operation fails with.
    pub(super) error: Option<i32>,
    pub(super) options: HashMap<&'static str, u32>,
}

pub(super) enum Kind {
    /// A stream that is not connected yet, and what it is to be connected to.
    Fresh(Option<Address>),
    /// The connections that come to a listener, and when.
    Listener(VecDeque<(usize, u64)>),
    /// A listener that was closed.
    Closed,
    Stream(Stream),
    Post(Post),
}

/// An end of a connection.
pub(super) struct Stream {
    pub(super) incoming: Pipe,
    /// The other end, as long as it is there.
    pub(super) other: Option<usize>,
    pub(super) connected_ns: u64,
    pub(super) receives: bool,
    pub(super) sends: bool,
    /// It has sent something to an end that is gone.
    pub(super) has_sent_in_vain: bool,
}

/// A socket for datagrams.
pub(super) struct Post {
    pub(super) mailbox: Mailbox<Address>,
    /// The Unix socket that it is connected to.
    pub(super) other: Option<usize>,
    pub(super) receives: bool,
    pub(super) sends: bool,
}

kept! {
    fn here: RefCell<Network> = RefCell::default()
}

/// Uses this thread's network, and tells afterwards who is to be told.
pub(super) fn network<R>(use_it: impl FnOnce(&mut Network) -> R) -> R {
    let now_ns = virtually::now_ns();
    let (result, told) = here(|network| {
        let mut network = network.borrow_mut();
        network.begin(now_ns);
        (use_it(&mut network), std::mem::take(&mut network.told))
    });
    for (number, way) in told {
        tell(number, way);
    }
    result
}

fn tell(number: RawFd, way: Way) {
    if let Some(whose) = directed::watcher(number) {
        let (input, output) = (way == Way::Input, way == Way::Output);
        Pd::tell(Event { whose, input, output, is_end: false }, Waker::wake);
    }
}

/// A number that no other handle of this process had: one of an earlier execution is told from all others. The
/// kernel has no negative ones, and -1 is none.
fn new_number() -> RawFd {
    static LAST: Global<RawFd> = Global::new();
    LAST.init(|| -1);
    let new = LAST.with(|last| {
        *last = last.checked_sub(1).unwrap_or(-2);
        *last
    });
    new.expect("it was made in the line before")
}

pub(super) fn os(error: i32) -> io::Error {
    io::Error::from_raw_os_error(error)
}

impl Network {
    fn begin(&mut self, now_ns: u64) {
        if self.execution != directed::execution() {
            *self = Self { execution: directed::execution(), ..Self::default() };
        }
        self.now_ns = now_ns;
    }

    /// Makes a socket that nobody has.
    pub(super) fn add(&mut self, space: Space, kind: Kind) -> usize {
        self.made += 1;
        let socket = Socket {
            handles: Vec::new(),
            space,
            kind,
            local: Address::Unnamed,
            peer: None,
            error: None,
            options: HashMap::new(),
        };
        self.sockets.insert(self.made, socket);
        self.made
    }

    /// Makes a handle of a socket.
    pub(super) fn open(&mut self, id: usize) -> RawFd {
        let number = new_number();
        self.handles.insert(number, id);
        self.socket(id).handles.push(number);
        number
    }

    /// Another handle of the same socket.
    pub(super) fn dup(&mut self, number: RawFd) -> RawFd {
        let id = self.id(number);
        self.open(id)
    }

    /// The socket of a handle.
    ///
    /// # Panics
    ///
    /// If it is of another execution.
    #[track_caller]
    pub(super) fn id(&self, number: RawFd) -> usize {
        match self.handles.get(&number) {
            Some(id) => *id,
            None => panic!(
                "gosched::check: a socket of an earlier execution is used: it was kept in a static, or the check is over"
            ),
        }
    }

    pub(super) fn socket(&mut self, id: usize) -> &mut Socket {
        self.sockets.get_mut(&id).expect("a socket is there as long as others name it")
    }

    /// The socket of a handle.
    #[track_caller]
    pub(super) fn of(&mut self, number: RawFd) -> &mut Socket {
        let id = self.id(number);
        self.socket(id)
    }

    /// The socket of a handle, if that is its last.
    pub(super) fn last_of(&self, number: RawFd) -> Option<usize> {
        let id = *self.handles.get(&number)?;
        (self.sockets[&id].handles.len() == 1).then_some(id)
    }

    /// A handle is dropped. The last one closes the socket.
    pub(super) fn close(&mut self, number: RawFd) {
        let Some(id) = self.handles.remove(&number) else { return };
        let socket = self.socket(id);
        socket.handles.retain(|&other| other != number);
        if socket.handles.is_empty() {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: usize) {
        self.end_connections(id);
        self.names.retain(|_, whose| *whose != id);
        self.sockets.remove(&id);
    }

    /// A listener has no name any more, and who waits in it for an accept is reset.
    pub(super) fn end(&mut self, number: RawFd) {
        let id = self.id(number);
        self.end_connections(id);
        self.names.retain(|_, whose| *whose != id);
        self.tell(id, Way::Input);
    }

    fn end_connections(&mut self, id: usize) {
        match &mut self.socket(id).kind {
            Kind::Listener(waiting) => {
                let waiting = std::mem::take(waiting);
                self.socket(id).kind = Kind::Closed;
                for (far, _) in waiting {
                    self.break_off(far);
                    self.sockets.remove(&far);
                }
            }
            Kind::Stream(_) => self.hang_up(id),
            Kind::Post(_) => self.forget_peer(id),
            Kind::Fresh(_) | Kind::Closed => {}
        }
    }

    /// Has those told who wait for a socket.
    pub(super) fn tell(&mut self, id: usize, way: Way) {
        let handles = self.sockets.get(&id).map_or(&[][..], |socket| &socket.handles);
        self.told.extend(handles.iter().map(|&number| (number, way)));
    }

    /// Gives a socket a name.
    pub(super) fn bind(&mut self, id: usize, address: &Address) -> io::Result<()> {
        let space = self.socket(id).space;
        let address = self.with_port(space, address);
        if self.names.contains_key(&(space, address.clone())) {
            return Err(os(libc::EADDRINUSE));
        }
        self.bound.insert(address.clone());
        self.names.insert((space, address.clone()), id);
        self.socket(id).local = address;
        Ok(())
    }

    fn with_port(&mut self, space: Space, address: &Address) -> Address {
        match address.inet() {
            Some(inet) if inet.port() == 0 => self.free(space, inet.ip()),
            _ => address.clone(),
        }
    }

    /// An address that nobody has.
    fn free(&mut self, space: Space, ip: IpAddr) -> Address {
        loop {
            let port = FIRST_PORT + self.ports % (u16::MAX - FIRST_PORT);
            self.ports = self.ports.wrapping_add(1);
            let address = Address::Inet((ip, port).into());
            if !self.names.contains_key(&(space, address.clone())) {
                return address;
            }
        }
    }

    /// Where one sends from who did not bind, to somebody at this address.
    pub(super) fn near(&mut self, space: Space, to: &Address) -> Address {
        match to.inet() {
            Some(SocketAddr::V4(_)) => self.free(space, Ipv4Addr::LOCALHOST.into()),
            Some(SocketAddr::V6(_)) => self.free(space, Ipv6Addr::LOCALHOST.into()),
            None => Address::Unnamed,
        }
    }

    /// Who is at an address.
    ///
    /// # Errors
    ///
    /// If nobody is.
    pub(super) fn find(&self, space: Space, address: &Address) -> io::Result<usize> {
        let all = std::iter::once(address.clone()).chain(address.wildcards());
        let mut found = all.filter_map(|address| self.names.get(&(space, address)));
        found.next().copied().ok_or_else(|| match address {
            Address::Path(_) if !self.bound.contains(address) => os(libc::ENOENT),
            Address::Inet(_) | Address::Path(_) | Address::Abstract(_) | Address::Unnamed => {
                os(libc::ECONNREFUSED)
            }
        })
    }

    /// The Unix sockets that send to a socket.
    pub(super) fn senders(&self, to: usize) -> Vec<usize> {
        let sends = |socket: &Socket| match &socket.kind {
            Kind::Post(post) => post.other == Some(to),
            Kind::Fresh(_) | Kind::Listener(_) | Kind::Closed | Kind::Stream(_) => false,
        };
        let senders = self.sockets.iter().filter(|(_, socket)| sends(socket));
        let mut senders: Vec<usize> = senders.map(|(id, _)| *id).collect();
        senders.sort_unstable(); // the map's order is another in each execution
        senders
    }

    /// When an operation that was refused is worth trying again, though nobody tells.
    pub(super) fn ripe_ns(&mut self, number: RawFd, way: Way) -> u64 {
        let now_ns = self.now_ns;
        let next_ns = match (&self.of(number).kind, way) {
            (Kind::Listener(waiting), Way::Input) => waiting.iter().map(|(_, at)| *at).min(),
            (Kind::Stream(stream), Way::Input) => stream.incoming.next_ns(),
            (Kind::Stream(stream), Way::Output) => Some(stream.connected_ns),
            (Kind::Post(post), Way::Input) => post.mailbox.next_ns(),
            (Kind::Fresh(_) | Kind::Closed | Kind::Listener(_) | Kind::Post(_), _) => None,
        };
        next_ns.filter(|&next| next > now_ns).unwrap_or(NEVER)
    }
}
