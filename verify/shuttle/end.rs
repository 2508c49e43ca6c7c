//! The end of a runtime under shuttle, over the whole scheduler.

crate::cells::end::suite!();
