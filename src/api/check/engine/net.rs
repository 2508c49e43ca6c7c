//! What the network of a check may do to a program.

use crate::facade::news::Mishap;

/// What the simulated network of a check may do to a program: see [`check`](crate::check#sockets).
///
/// By default reads and writes are partial, and what is sent takes time: every program must live with that. The
/// rest is switched on for programs that promise to live with it.
///
/// # Examples
///
/// ```ignore
/// use gosched::check::{Checker, Net, Search};
///
/// let checker = Checker::new().net(Net::new().resets(true).partitions(true));
/// checker.check(&Search::Random { schedules: 1_000 }, elect_a_leader);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it is for `Checker::net`"]
pub struct Net {
    /// A bit for each.
    mishaps: u8,
}

impl Default for Net {
    fn default() -> Self {
        Self { mishaps: bit(Mishap::Part) | bit(Mishap::Delay) }
    }
}

const fn bit(of: Mishap) -> u8 {
    1 << of as u8
}

/// All of them.
const ALL: u8 = bit(Mishap::Part)
    | bit(Mishap::Delay)
    | bit(Mishap::Loss)
    | bit(Mishap::Reset)
    | bit(Mishap::Outage);

impl Net {
    /// Creates the default: partial transfers, and delays.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether a read or a write of a stream may move a part of the bytes that it could. On by default.
    pub fn partial(self, may: bool) -> Self {
        self.with(Mishap::Part, may)
    }

    /// Sets whether connections, bytes and datagrams may arrive late: by 1 ms, 100 ms or 10 s. On by default.
    /// Bytes of one connection keep their order; datagrams of UDP may overtake each other. Unix sockets have no
    /// delays.
    pub fn delays(self, may: bool) -> Self {
        self.with(Mishap::Delay, may)
    }

    /// Sets whether datagrams of UDP may be lost. Off by default.
    pub fn losses(self, may: bool) -> Self {
        self.with(Mishap::Loss, may)
    }

    /// Sets whether a connection may be reset while it is read from or written to. Both ends then fail with
    /// [`ConnectionReset`](std::io::ErrorKind::ConnectionReset), and what was under way is lost. Off by default.
    pub fn resets(self, may: bool) -> Self {
        self.with(Mishap::Reset, may)
    }

    /// Sets whether an address may be cut off from all others, for 1 s or 60 s. Connections and bytes to it and
    /// from it then arrive afterwards, and datagrams of UDP are lost. Off by default.
    pub fn partitions(self, may: bool) -> Self {
        self.with(Mishap::Outage, may)
    }

    fn with(self, what: Mishap, may: bool) -> Self {
        let others = self.mishaps & !bit(what);
        Self { mishaps: if may { others | bit(what) } else { others } }
    }

    pub(super) fn has(self, what: Mishap) -> bool {
        self.mishaps & bit(what) != 0
    }

    /// As a number, for a schedule.
    pub(super) fn number(self) -> u64 {
        self.mishaps.into()
    }

    pub(super) fn of(number: u64) -> Option<Self> {
        u8::try_from(number)
            .ok()
            .filter(|mishaps| mishaps & !ALL == 0)
            .map(|mishaps| Self { mishaps })
    }
}
