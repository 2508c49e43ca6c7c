//! What the programs over channels send.

use crate::facade::Cell;

/// What is sent: loom sees who touches it.
pub(super) struct Parcel(Box<Cell<u32>>);

impl Parcel {
    pub(super) fn new(value: u32) -> Self {
        Self(Box::new(Cell::new(value)))
    }

    pub(super) fn open(self) -> u32 {
        // SAFETY: whoever has the parcel alone has it.
        self.0.with_mut(|value| unsafe { core::mem::take(&mut *value) })
    }
}
