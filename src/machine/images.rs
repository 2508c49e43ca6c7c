//! What the dynamic loader knows: where the program and its libraries lie, and their thread-locals.

use core::ffi::{CStr, c_int, c_void};
use core::ops::Range;

/// The memory of the program and of its libraries.
#[derive(Default)]
pub(crate) struct Images {
    /// Code, constants and statics.
    pub(crate) images: Vec<Range<usize>>,
    /// The calling thread's thread-locals, but for those of libc and of the loader.
    pub(crate) thread_locals: Vec<Range<usize>>,
}

impl Images {
    /// As the calling thread sees them. A library whose thread-locals this thread has not touched may
    /// have none yet.
    pub(crate) fn of_this_thread() -> Self {
        let mut found = Self::default();
        // SAFETY: `add` is called with the pointer that is passed here, before this returns.
        unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut found).cast()) };
        found
    }

    /// Whether an address lies in code, a constant or a static.
    pub(crate) fn has(&self, address: usize) -> bool {
        self.images.iter().any(|image| image.contains(&address))
    }

    /// Whether an address lies in a thread-local.
    pub(crate) fn has_thread_local(&self, address: usize) -> bool {
        self.thread_locals.iter().any(|block| block.contains(&address))
    }
}

/// Adds one image; called by the loader for each.
unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _: usize, found: *mut c_void) -> c_int {
    // SAFETY: the loader passes a record that is there during the call.
    let info = unsafe { &*info };
    // SAFETY: `of_this_thread` passes this, and waits.
    let found = unsafe { &mut *found.cast::<Images>() };
    for i in 0..usize::from(info.dlpi_phnum) {
        // SAFETY: the record says how many headers there are.
        let header = unsafe { info.dlpi_phdr.add(i) };
        // SAFETY: a header of an image that is loaded.
        let header = unsafe { &*header };
        let size = word(header.p_memsz);
        match header.p_type {
            libc::PT_LOAD => {
                let begin = word(info.dlpi_addr).wrapping_add(word(header.p_vaddr));
                found.images.push(begin..begin + size);
            }
            libc::PT_TLS if !info.dlpi_tls_data.is_null() && !is_libc(info) => {
                let begin = info.dlpi_tls_data.addr();
                found.thread_locals.push(begin..begin + size);
            }
            _ => {}
        }
    }
    0
}

/// An address or a length, on a machine of 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the crate is for 64 bits only")]
fn word(n: u64) -> usize {
    n as usize
}

/// Whether an image is the C library or the loader: their thread-locals (`errno`, the allocator's
/// cache) are met everywhere and mean nothing.
fn is_libc(info: &libc::dl_phdr_info) -> bool {
    if info.dlpi_name.is_null() {
        return false;
    }
    // SAFETY: the loader's text, which ends with a zero.
    let path = unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes();
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    [&b"libc."[..], b"libc-", b"ld-", b"libpthread"].iter().any(|known| name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statics_lie_in_an_image_and_the_heap_does_not() {
        static IN_IMAGE: u32 = 5;
        let found = Images::of_this_thread();
        assert!(found.has((&raw const IN_IMAGE).addr()));
        let boxed = Box::new(3);
        assert!(!found.has((&raw const *boxed).addr()));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a thread that is no goroutine's")]
    fn each_thread_has_its_own_thread_locals() {
        let mine = Images::of_this_thread();
        let other = std::thread::spawn(Images::of_this_thread).join().expect("it returns");
        assert!(!mine.thread_locals.is_empty());
        assert_eq!(mine.thread_locals.len(), other.thread_locals.len());
        for block in other.thread_locals {
            assert!(!mine.has_thread_local(block.start) && !mine.has(block.start));
        }
    }
}
