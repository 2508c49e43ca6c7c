//! Facts about the whole process, and about others.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// How many threads the process has now, its own and everybody's; `None` if the kernel won't say.
pub(crate) fn thread_count() -> Option<usize> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold anything; the number of
    // threads is the 18th field after it.
    let after_name = &stat[stat.rfind(')')? + 2..];
    after_name.split(' ').nth(17)?.parse().ok()
}

/// The kernel's number of this thread.
pub(crate) fn thread_id() -> u32 {
    // SAFETY: asks only.
    unsafe { libc::gettid() }.cast_unsigned()
}

/// A descriptor of a process, which is ready for input once that has ended.
pub(crate) fn pidfd(process: u32) -> io::Result<OwnedFd> {
    // SAFETY: passes numbers.
    let rc = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
    match i32::try_from(rc) {
        // SAFETY: new, and nobody else's.
        Ok(fd @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether the process has such a thread, which may be about to end.
pub(crate) fn has_thread(thread: u32) -> bool {
    let process = std::process::id();
    // SAFETY: asks only, for signal 0 is none.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, 0) == 0 }
}

/// Whether a thread of this process sleeps in the kernel at this moment.
pub(crate) fn is_asleep(thread: u32) -> bool {
    let Ok(stat) = std::fs::read(format!("/proc/self/task/{thread}/stat")) else { return false };
    // The state is the letter after the name in parentheses, which may hold anything.
    let state = stat.iter().rposition(|&byte| byte == b')').and_then(|end| stat.get(end + 2));
    matches!(state, Some(b'S' | b'D'))
}

/// What [`at_fork`] calls.
pub(crate) type AtFork = extern "C" fn();

/// Has these called by the thread that forks, from now on: before, and then in each of the two
/// processes. The one in the child may do only what a signal handler may.
pub(crate) fn at_fork(before: AtFork, in_parent: AtFork, in_child: AtFork) {
    // SAFETY: the functions are there as long as the program.
    let rc = unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    crate::base::throw_unless!(rc == 0, "no memory for the handlers of fork");
}

#[cfg(test)]
mod tests {
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a thread of the kernel's")]
    fn a_thread_that_sleeps_is_seen_asleep() {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            tell.send(super::thread_id()).unwrap();
            let _ = ended.recv();
        });
        let id = told.recv().unwrap();
        while !super::is_asleep(id) {
            std::thread::yield_now();
        }
        assert!(!super::is_asleep(super::thread_id()));
        assert!(super::has_thread(id));
        drop(end);
        thread.join().unwrap();
        // The kernel wakes who joins before the thread's number is gone.
        while super::has_thread(id) {
            std::thread::yield_now();
        }
        assert!(!super::is_asleep(id));
    }

    #[test]
    fn the_thread_that_asks_is_counted() {
        assert!(super::thread_count().is_some_and(|n| n >= 1));
    }
}
