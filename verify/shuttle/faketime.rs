//! `faketime` under shuttle.

crate::cells::faketime::suite!();
