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
        crate::base::throw!("membarrier failed after it was registered");
    }
}
