//! The watcher's deep sleep beside the scheduler, under shuttle.

crate::cells::watcher::suite!();
