//! A memory barrier on every running thread of the process at once (`membarrier(2)`).

const REGISTER_PRIVATE_EXPEDITED: i32 = 1 << 4;
const PRIVATE_EXPEDITED: i32 = 1 << 3;

fn membarrier(command: i32) -> bool {
    // SAFETY: the call takes numbers only.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Asks for the barrier; false where the kernel lacks it or forbids it.
pub(crate) fn register() -> bool {
    membarrier(REGISTER_PRIVATE_EXPEDITED)
}

/// A full barrier on this thread and on every other thread of the process that is running.
pub(crate) fn all_threads() {
    if !membarrier(PRIVATE_EXPEDITED) {
        crate::base::throw!(
            "the kernel refuses membarrier, which it granted when the first runtime started; if a \
             seccomp filter was installed since, let it allow membarrier, or install it before the first \
             runtime starts"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lets a child of fork go on with the fences that its parent has learnt of.
    #[test]
    fn a_child_of_fork_is_registered_if_its_parent_was() {
        if !register() {
            return;
        }
        // SAFETY: the child makes a system call and ends.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let code = i32::from(!membarrier(PRIVATE_EXPEDITED));
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) };
        }
        let mut status = -1;
        // SAFETY: waits for the child just made.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((waited, status), (pid, 0));
    }
}
