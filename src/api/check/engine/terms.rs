//! How executions are run.

use super::net::Net;
use super::trace::Site;
use super::watchdog::Pulse;

#[derive(Clone)]
pub(super) struct Terms {
    pub(super) most_steps: usize,
    pub(super) may_leak: bool,
    pub(super) procs: usize,
    /// Where the check was called: there the program's first goroutine is started.
    pub(super) at: Site,
    pub(super) net: Net,
    pub(super) pulse: Pulse,
}
