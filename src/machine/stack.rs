//! Memory for stacks: reserve a range of addresses, make parts of it usable, guard, give back.

use std::io;

use super::fiber::MOST_ADDRESSES;

/// How a stack's lowest page is made inaccessible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Page-table markers (`MADV_GUARD_INSTALL`, Linux 6.13): no map of their own.
    Marker,
    /// `mprotect`: splits the map, so that `vm.max_map_count` limits the number of stacks.
    Protection,
}

// Not in libc yet.
const MADV_GUARD_INSTALL: i32 = 102;

/// The kernel's page size in bytes.
pub(crate) fn page_size() -> usize {
    // SAFETY: asks for a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

fn check(rc: i32) -> io::Result<()> {
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Reserves `len` bytes of addresses, with no memory behind them.
pub(crate) fn reserve(len: usize) -> io::Result<*mut u8> {
    if len > MOST_ADDRESSES {
        return Err(io::Error::from(io::ErrorKind::OutOfMemory));
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
    // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
    let at = unsafe { libc::mmap(core::ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
    if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(at.cast()) }
}

/// Makes reserved memory readable and writable.
///
/// # Safety
///
/// - `at` and `len` lie in a range from [`reserve`] and are multiples of the page size.
pub(crate) unsafe fn commit(at: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: the caller's range, which nobody uses yet.
    check(unsafe { libc::mprotect(at.cast(), len, libc::PROT_READ | libc::PROT_WRITE) })?;
    // A huge page under a stack would make all of it resident. A kernel without huge pages says
    // no, and then there is nothing to forbid.
    // SAFETY: advice about the same range.
    unsafe { libc::madvise(at.cast(), len, libc::MADV_NOHUGEPAGE) };
    Ok(())
}

/// Makes `len` bytes at `at` inaccessible, by the better way that works.
///
/// # Safety
///
/// - `at` and `len` lie in committed memory, are multiples of the page size, and are unused.
pub(crate) unsafe fn guard(at: *mut u8, len: usize, how: Guard) -> io::Result<()> {
    match how {
        // SAFETY: the caller's unused range.
        Guard::Marker => check(unsafe { libc::madvise(at.cast(), len, MADV_GUARD_INSTALL) }),
        // SAFETY: the caller's unused range.
        Guard::Protection => check(unsafe { libc::mprotect(at.cast(), len, libc::PROT_NONE) }),
    }
}

/// Gives the memory behind a range back to the kernel; it reads as zeros afterwards, and a guard
/// in it stays.
///
/// # Safety
///
/// - `at` and `len` lie in committed memory, are multiples of the page size, and hold nothing that
///   anybody will read.
pub(crate) unsafe fn release(at: *mut u8, len: usize) {
    // SAFETY: the caller's range; where the kernel refuses, the memory just stays resident.
    unsafe { libc::madvise(at.cast(), len, libc::MADV_DONTNEED) };
}
