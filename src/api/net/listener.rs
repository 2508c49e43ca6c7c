//! Accepting connections.

use std::io;
use std::time::Duration;

use crate::api::descriptor::{Descriptor, Rest, Source};
use crate::api::time::sleep;
use crate::sched::pd::Way;

/// How long an accept waits before it says that there are no descriptors or no memory left: who tries again
/// at once does not spin.
const PAUSE: Duration = Duration::from_millis(10);

/// Accepts a connection by `accept`; waits for one.
#[track_caller]
pub(super) fn accept<T: Source, R>(
    listener: &Descriptor<T>,
    mut accept: impl FnMut(&T) -> io::Result<R>,
) -> io::Result<R> {
    let accepted = listener.run_within(Way::Input, None, |socket| match accept(socket) {
        Err(_) if listener.is_closed() => Err(closed()),
        accepted => Ok((accepted?, Rest::Unknown)),
    });
    match accepted {
        Err(error) if is_shortage(&error) && listener.waits() => {
            sleep(PAUSE);
            Err(error)
        }
        accepted => accepted,
    }
}

/// Whether the connection is still there to be accepted, once the process or the machine has room for it.
fn is_shortage(error: &io::Error) -> bool {
    let shortages = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error.raw_os_error().is_some_and(|code| shortages.contains(&code))
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the listener was closed")
}
