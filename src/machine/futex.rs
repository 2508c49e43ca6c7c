//! The futex system call, for words of this process only.

/// Sleeps while `*word == expected`, until `deadline_ns` of `CLOCK_MONOTONIC` at the latest; says whether
/// the time was up.
///
/// May return at any time without a reason.
pub(crate) fn wait(word: *const u32, expected: u32, deadline_ns: Option<u64>) -> bool {
    let limit = deadline_ns.map(|ns| libc::timespec {
        tv_sec: (ns / 1_000_000_000).cast_signed(),
        tv_nsec: (ns % 1_000_000_000).cast_signed(),
    });
    let limit = limit.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: the kernel reads `word` (a bad address is an error, not a fault) and `limit`.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG, // unlike FUTEX_WAIT: until a moment
            expected,
            limit,
            core::ptr::null::<u32>(),
            libc::FUTEX_BITSET_MATCH_ANY,
        )
    };
    rc == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ETIMEDOUT)
}

/// Wakes up to `n` threads that sleep on `word`. The word may be gone already: only its address is
/// used.
pub(crate) fn wake(word: *const u32, n: i32) {
    // SAFETY: the kernel does not dereference the address to wake.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, n) };
}
