//! `faketime` under loom.

crate::cells::faketime::suite!();
