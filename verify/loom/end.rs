//! The end of a runtime under loom, over the whole scheduler.

crate::cells::end::suite!();
