//! The page below each stack that nobody may touch, and the maps that such pages cost.
//!
//! Linux 6.13 marks a page in its page tables, which costs nothing else. Before, the page's
//! protection is changed, which splits the map that it lies in: two maps more for each stack. A
//! process has `vm.max_map_count` of them (65,530 if nobody changed it), and one that has used them
//! up gets no thread, no library and no large allocation any more, so some are left to it.

use std::io;

use crate::machine::stack::{self, Guard};

/// How guards are made, and how many took maps.
pub(super) struct Guards {
    how: Guard,
    /// So many protected pages there are.
    protected: usize,
    /// So many there may be, when it was last looked at.
    allowed: usize,
}

/// A protected page, and the stack between it and the next.
const MAPS_EACH: usize = 2;
/// So many maps are left to the rest of the process: its libraries, its heap, and two for each
/// thread. Where there are few altogether, half of them.
const MAPS_LEFT: usize = 1_000;

impl Guards {
    pub(super) const fn new() -> Self {
        Self { how: Guard::Marker, protected: 0, allowed: 0 }
    }

    /// As on a kernel without markers.
    #[cfg(test)]
    pub(super) const fn without_markers() -> Self {
        Self { how: Guard::Protection, ..Self::new() }
    }

    /// Makes the lowest page of a slot inaccessible.
    ///
    /// # Safety
    ///
    /// - `bottom` begins a slot of committed memory that nobody uses.
    ///
    /// # Errors
    ///
    /// If there are too few maps, or no memory for the kernel's own tables.
    pub(super) unsafe fn install(&mut self, bottom: *mut u8) -> io::Result<()> {
        if self.how == Guard::Marker {
            // SAFETY: as the caller says.
            match unsafe { stack::guard(bottom, stack::page_size(), Guard::Marker) } {
                Ok(()) => return Ok(()),
                Err(error) if stack::lacks_markers(&error) => self.how = Guard::Protection,
                Err(_) => {} // this one in the other way
            }
        }
        // SAFETY: as the caller says.
        unsafe { self.protect(bottom) }
    }

    /// The same by its protection.
    ///
    /// # Safety
    ///
    /// - As for [`install`](Self::install).
    unsafe fn protect(&mut self, bottom: *mut u8) -> io::Result<()> {
        self.look_at_limit()?;
        // SAFETY: as the caller says.
        unsafe { stack::guard(bottom, stack::page_size(), Guard::Protection) }.map_err(
            |error| {
                let text = format!("cannot guard another stack: {error}; {REMEDY}");
                io::Error::new(error.kind(), text)
            },
        )?;
        self.protected += 1;
        Ok(())
    }

    fn look_at_limit(&mut self) -> io::Result<()> {
        if self.protected < self.allowed {
            return Ok(());
        }
        let maps = stack::max_map_count();
        self.allowed = allowed(maps);
        if self.protected < self.allowed {
            return Ok(());
        }
        let text = format!(
            "cannot guard another stack: {} stacks take as many memory maps as vm.max_map_count = \
             {maps} leaves them; {REMEDY}",
            self.protected
        );
        Err(io::Error::new(io::ErrorKind::OutOfMemory, text))
    }
}

const REMEDY: &str = "raise it with sysctl, or use Linux 6.13 or later, where guards take no maps";

/// So many pages may be protected where the process may have so many maps.
fn allowed(maps: usize) -> usize {
    (maps - MAPS_LEFT.min(maps / 2)) / MAPS_EACH
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is next, when a marker was refused for an address.
    fn after_refusal_at(address: usize) -> Guard {
        let mut guards = Guards::new();
        // SAFETY: nothing is there, so the kernel refuses.
        let refused = unsafe { guards.install(core::ptr::without_provenance_mut(address)) };
        assert!(refused.is_err());
        guards.how
    }

    #[test]
    fn only_a_kernel_without_markers_is_never_asked_for_one_again() {
        let page = stack::page_size();
        assert_eq!(after_refusal_at(page), Guard::Marker, "ENOMEM: nothing is mapped there");
        assert_eq!(after_refusal_at(page + 1), Guard::Protection, "EINVAL: no page begins there");
    }

    #[test]
    fn some_hundred_maps_are_left_to_the_process() {
        assert_eq!(allowed(65_530), 32_265);
        for maps in 0..10_000 {
            assert!(MAPS_EACH * allowed(maps) + MAPS_LEFT.min(maps / 2) <= maps);
        }
    }
}
