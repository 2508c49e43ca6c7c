//! What goes wrong in a simulated network: the check decides, and is told.

use std::net::SocketAddr;

use super::address::Address;
use super::network::Network;
use crate::facade::directed::mishap;
use crate::facade::news::{Mishap, Upset};
use crate::sched::step::upset;

const MS: u64 = 1_000_000;
/// So late may something arrive,
const DELAYS_NS: [u64; 4] = [0, MS, 100 * MS, 10_000 * MS];
/// and for so long may an address be cut off.
const OUTAGES_NS: [u64; 2] = [1_000 * MS, 60_000 * MS];
/// At so many places may a transfer be cut.
const CUTS: usize = 8;

/// How many of some bytes a read or a write moves.
pub(super) fn part(of: usize) -> usize {
    let places = of.min(CUTS);
    let n = match mishap(Mishap::Part, places) {
        0 => return of,
        1 => 1,
        last if last == places - 1 => of - 1,
        place => place * of / places,
    };
    upset(Upset::Part { n, of });
    n
}

/// Whether the connection breaks.
pub(super) fn is_reset() -> bool {
    let is = mishap(Mishap::Reset, 2) == 1;
    if is {
        upset(Upset::Reset);
    }
    is
}

impl Network {
    /// When what is sent now arrives; within the machine, at once.
    pub(super) fn arrival(&mut self, from: &Address, to: &Address) -> u64 {
        let (Some(from), Some(to)) = (from.inet(), to.inet()) else { return self.now_ns };
        let by_ns = DELAYS_NS[mishap(Mishap::Delay, DELAYS_NS.len())];
        if by_ns > 0 {
            upset(Upset::Late { by_ns });
        }
        self.up_again(from, to).max(self.now_ns + by_ns)
    }

    /// Whether a datagram is lost.
    pub(super) fn is_lost(&mut self, from: &Address, to: &Address) -> bool {
        let (Some(from), Some(to)) = (from.inet(), to.inet()) else { return false };
        let is = self.up_again(from, to) > self.now_ns || mishap(Mishap::Loss, 2) == 1;
        if is {
            upset(Upset::Lost);
        }
        is
    }

    /// From when on two addresses reach each other: now, or after an outage.
    fn up_again(&mut self, from: SocketAddr, to: SocketAddr) -> u64 {
        if let Some(way) = mishap(Mishap::Outage, 1 + 2 * OUTAGES_NS.len()).checked_sub(1) {
            let address = if way % 2 == 0 { to } else { from };
            let for_ns = OUTAGES_NS[way / 2];
            self.outages.insert(address, self.now_ns + for_ns);
            upset(Upset::Outage { address, for_ns });
        }
        let end = |address| self.outages.get(&address).copied().unwrap_or(0);
        end(from).max(end(to)).max(self.now_ns)
    }
}
